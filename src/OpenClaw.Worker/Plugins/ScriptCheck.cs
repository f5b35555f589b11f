using System.Text;
using System.Text.Json;
using OpenClaw.Abi.Processes;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Plugins;

/// <summary>What the check of a script found.</summary>
/// <param name="Problem">Null when the script is good; else what is wrong, in one line.</param>
/// <param name="Line">Where, counted from 1; null when it is no line's fault.</param>
/// <param name="IsMissing">The file is there, but not the function that its name promises.</param>
public sealed record ScriptVerdict(string? Problem, int? Line, bool IsMissing)
{
    /// <summary>
    /// The check itself did not come to its end (no process could be started, the machine was too slow): it says nothing for good of
    /// the script, and is worth another try.
    /// </summary>
    public bool IsPassing { get; init; }
}

/// <summary>Checks a Lua script with <c>clw-runner --check FILE</c>: the very interpreter that will run it.</summary>
public sealed class ScriptCheck(string runnerPath)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(1);
    private const int MostBytes = 1 << 20;

    /// <summary>What is wrong with the script of a type, if anything.</summary>
    public Task<ScriptVerdict> CheckAsync(TaskHandler handler, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return JudgeAsync(handler.Path, cancellation);
    }

    /// <summary>What is wrong with the script of this path, if anything.</summary>
    public async Task<ScriptVerdict> JudgeAsync(string path, CancellationToken cancellation)
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
                        Arguments = [runnerPath, "--check", path],
                        // The top level of the script runs here: it sees no more than it will see as a task.
                        Environment = RunnerEnvironment.Passing(),
                        Descriptors = [new(1, write)],
                    }
                );
            }
            catch (ChildStartException e)
            {
                read.Dispose();
                return new($"cannot be checked: {e.Message}", null, IsMissing: false) { IsPassing = true };
            }
        }

        await using var output = Pipes.OpenRead(read);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        await using var kill = limit.Token.Register(() => child.SignalGroup(Signals.Kill));
        var text = new MemoryStream();
        var reading = ReadAsync(output, text, () => child.SignalGroup(Signals.Kill));
        await child.Ended;

        // What the script itself said is in the pipe; somebody that it has started and that left its session may hold the pipe for ever.
        await Task.WhenAny(reading, Task.Delay(LeftoverGrace, TimeProvider.System, CancellationToken.None));
        await output.DisposeAsync();
        await reading;

        // Killed because the worker stops: no verdict at all.
        cancellation.ThrowIfCancellationRequested();
        return Verdict(Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length)), limit.IsCancellationRequested);
    }

    private static async Task ReadAsync(PipeStream output, MemoryStream text, Action tooMuch)
    {
        var buffer = new byte[4096];
        try
        {
            while (await output.ReadAsync(buffer) is var count and > 0)
            {
                text.Write(buffer, 0, count);
                if (text.Length > MostBytes)
                {
                    tooMuch();
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed by us after the process had ended.
        }
    }

    private static ScriptVerdict Verdict(string text, bool timedOut)
    {
        if (timedOut)
        {
            return new($"loading it takes longer than {Limit.TotalSeconds:0} s", null, IsMissing: false) { IsPassing = true };
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.TryGetProperty("ok", out var ok) && ok.GetBoolean())
            {
                return new(null, null, IsMissing: false);
            }

            var message = root.TryGetProperty("message", out var m) ? m.GetString() : "unknown problem";
            var missing = root.TryGetProperty("code", out var code) && code.GetString() == "clw-plugin-missing";
            return
                root.TryGetProperty("line", out var line)
                && line.ValueKind == JsonValueKind.Number
                && line.TryGetInt32(out var number)
                && number > 0
                ? new(WithoutPlace(message ?? "", number), number, missing)
                : new(message, null, missing);
        }
        catch (JsonException)
        {
            return new("the check itself failed", null, IsMissing: false) { IsPassing = true };
        }
    }

    // Lua begins its sentence with the place, which is told apart from it.
    private static string WithoutPlace(string message, int line)
    {
        var place = string.Create(System.Globalization.CultureInfo.InvariantCulture, $":{line}: ");
        var at = message.IndexOf(place, StringComparison.Ordinal);
        return at < 0 ? message : message[(at + place.Length)..];
    }
}
