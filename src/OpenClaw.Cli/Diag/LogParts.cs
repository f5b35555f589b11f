using System.Text;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Diag;

/// <summary>A log of this machine.</summary>
internal sealed record LogPart(string Title, Func<IReadOnlyList<string>> Read);

/// <summary>The logs of this machine's programs, read as files: no program has to run for it.</summary>
internal static class LogParts
{
    private const int TailBytes = 512 * 1024;

    /// <param name="paths">Where they are.</param>
    /// <param name="since">Lines since then.</param>
    /// <param name="worker">With the worker's own.</param>
    public static IReadOnlyList<LogPart> Of(PathsPlan paths, DateTimeOffset since, bool worker)
    {
        var parts = new List<LogPart>
        {
            // Every coming and going of the connection to the manager, with its cause.
            new("Link history (worker.reconnect.log)", () => Tail(paths, "worker.reconnect.log", since, all: true)),
        };
        if (worker)
        {
            parts.Add(new("Worker log (worker.log)", () => Tail(paths, "worker.log", since, all: true)));
        }

        foreach (var file in Files(paths.LogDir, "supervisor.*.log"))
        {
            var name = Path.GetFileName(file);
            parts.Add(new($"Supervisor log ({name})", () => Tail(paths, name, since, all: true)));
        }

        parts.Add(new("Trouble in the manager's log (manager.log)", () => Tail(paths, "manager.log", since, all: false)));
        return parts;
    }

    private static string[] Files(string directory, string pattern) =>
        Directory.Exists(directory) ? [.. Directory.GetFiles(directory, pattern).Order(StringComparer.Ordinal)] : [];

    private static IReadOnlyList<string> Tail(PathsPlan paths, string name, DateTimeOffset since, bool all)
    {
        var path = Path.Combine(paths.LogDir, name);
        if (!File.Exists(path))
        {
            return [$"{path} is not there"];
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var from = Math.Max(0, file.Length - TailBytes);
        file.Position = from;
        using var reader = new StreamReader(file, Encoding.UTF8);
        if (from > 0)
        {
            // The rest of a line.
            _ = reader.ReadLine();
        }

        var lines = new List<string>();
        var isRecent = false;
        while (reader.ReadLine() is { } text)
        {
            var line = LogLine.Parse(text);
            // A line without a time belongs to the one before it.
            isRecent = line?.Time is { } at ? at >= since : isRecent;
            if (isRecent && (all || line is null or { Severity: >= LogSeverity.Warn }))
            {
                lines.Add(text);
            }
        }

        return lines.Count > 0 ? lines : [$"nothing since then in {path}"];
    }
}
