using System.Text.Json;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Plugins;

/// <summary>Checks a Lua script with <c>clw-runner --check FILE</c>: the very interpreter that will run it.</summary>
public sealed class ScriptCheck(string runnerPath)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Null when the script is good; else why not, with its line.</summary>
    public async Task<string?> CheckAsync(TaskHandler handler, CancellationToken cancellation)
    {
        var (read, write) = Pipes.Create();
        ChildProcess child;
        using (write)
        {
            try
            {
                child = ChildProcess.Start(
                    new ChildStart
                    {
                        Path = runnerPath,
                        Arguments = [runnerPath, "--check", handler.Path],
                        Environment = ChildStart.InheritedEnvironment(),
                        Descriptors = [new(1, write)],
                    }
                );
            }
            catch (ChildStartException e)
            {
                read.Dispose();
                return $"cannot be checked: {e.Message}";
            }
        }

        await using var output = Pipes.OpenRead(read);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        await using var kill = limit.Token.Register(() => child.SignalGroup(Signals.Kill));
        using var reader = new StreamReader(output);
        var text = await reader.ReadToEndAsync(CancellationToken.None);
        await child.Ended;
        return Verdict(text, limit.IsCancellationRequested);
    }

    private static string? Verdict(string text, bool timedOut)
    {
        if (timedOut)
        {
            return $"loading it takes longer than {Limit.TotalSeconds:0} s";
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.TryGetProperty("ok", out var ok) && ok.GetBoolean())
            {
                return null;
            }

            var message = root.TryGetProperty("message", out var m) ? m.GetString() : "unknown problem";
            return root.TryGetProperty("line", out var line) && line.TryGetInt32(out var number) && number > 0
                ? $"line {number}: {message}"
                : message;
        }
        catch (JsonException)
        {
            return "the check itself failed";
        }
    }
}
