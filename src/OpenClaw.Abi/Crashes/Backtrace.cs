using System.Globalization;
using System.Text;
using OpenClaw.Abi.Files;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Abi.Crashes;

/// <summary>The frames of a core, or why there are none.</summary>
public readonly record struct Frames(IReadOnlyList<string>? Lines, string? Note);

/// <summary>Asks gdb for the backtrace of a core. Nothing of the core or of its program is executed: gdb's own scripts are off.</summary>
public static class Backtrace
{
    private const int MostBytes = 256 * 1024;

    /// <summary>The thread that crashed. Never fails: what went wrong is the note.</summary>
    /// <param name="core">The core.</param>
    /// <param name="program">Its program; null: gdb looks for it.</param>
    /// <param name="limit">gdb is ended after it.</param>
    /// <param name="time">Counts it.</param>
    public static async Task<Frames> OfAsync(string core, string? program, TimeSpan limit, TimeProvider time)
    {
        if (SearchPath.Find("gdb", Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin") is not { } gdb)
        {
            return new(null, "gdb is not installed here");
        }

        string[] quiet = ["-nx", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off", "-iex", "set width 0"];
        string[] ask = ["-ex", string.Create(CultureInfo.InvariantCulture, $"bt {CrashReport.MostFrames}")];
        string[] what = program is not null && File.Exists(program) ? [program, core] : ["-c", core];
        try
        {
            var (read, write) = Pipes.Create();
            await using var output = Pipes.OpenRead(read);
            ChildProcess child;
            using (write)
            using (var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite))
            {
                child = ChildProcess.Start(
                    new ChildStart
                    {
                        Path = gdb,
                        Arguments = ["gdb", .. quiet, .. ask, .. what],
                        Environment = ["PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/"],
                        WorkingDirectory = "/",
                        Descriptors = [new(0, nothing), new(1, write), new(2, nothing)],
                    }
                );
            }

            using var patience = new CancellationTokenSource(limit, time);
            await using var late = patience.Token.Register(() => child.SignalGroup(Signals.Kill));
            var frames = Pick(await ReadAsync(output));
            _ = await child.Ended;
            return frames.Count > 0 ? new(frames, null)
                : patience.IsCancellationRequested
                    ? new(null, string.Create(CultureInfo.InvariantCulture, $"gdb took longer than {limit.TotalSeconds:0} s"))
                : new(null, "gdb found no frames");
        }
        catch (Exception e) when (e is ChildStartException or IOException or UnauthorizedAccessException)
        {
            return new(null, $"gdb could not be asked: {e.Message}");
        }
    }

    /// <summary>The frames among what gdb says.</summary>
    public static IReadOnlyList<string> Pick(string said)
    {
        var frames = said.Split('\n').Where(line => line.StartsWith('#')).ToList();
        // gdb prints the innermost frame when it opens the core, and again at the head of the backtrace.
        var head = frames.Count > 1 ? frames.FindIndex(1, line => line.StartsWith("#0 ", StringComparison.Ordinal)) : -1;
        return
        [
            .. frames
                .Skip(Math.Max(head, 0))
                .Take(CrashReport.MostFrames)
                .Select(line => line.Length > CrashReport.MostFrameChars ? line[..CrashReport.MostFrameChars] : line),
        ];
    }

    private static async Task<string> ReadAsync(PipeStream output)
    {
        var text = new MemoryStream();
        var buffer = new byte[8192];
        while (await output.ReadAsync(buffer) is var count and > 0)
        {
            // Read on to the end, so that gdb is not held up; kept is what counts.
            text.Write(buffer, 0, (int)Math.Min(count, Math.Max(0, MostBytes - text.Length)));
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}
