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
        // Workers that share the directory have files of their own: worker.log, worker-2.log.
        var parts = new List<LogPart>();
        // Every coming and going of the connection to the manager, with its cause.
        Add("Link history", Files(paths.LogDir, "worker*.reconnect.log"));
        if (worker)
        {
            Add("Worker log", Files(paths.LogDir, "worker*.log").Where(f => !f.EndsWith(".reconnect.log", StringComparison.Ordinal)));
        }

        Add("Supervisor log", Files(paths.LogDir, "supervisor.*.log"));
        void Add(string title, IEnumerable<string> files)
        {
            foreach (var name in files.Select(f => Path.GetFileName(f)))
            {
                parts.Add(new($"{title} ({name})", () => Tail(paths, name, since, all: true)));
            }

            if (!files.Any())
            {
                parts.Add(new(title, () => [$"there is none in {paths.LogDir}"]));
            }
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
