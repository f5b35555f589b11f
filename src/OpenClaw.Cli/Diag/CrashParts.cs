using System.Globalization;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;
using OpenClaw.Cli.Rendering;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.Worker;

namespace OpenClaw.Cli.Diag;

/// <summary>Crashes and cores of this machine, from what was left on disk.</summary>
internal static class CrashParts
{
    private const int MostCrashes = 20;
    private const int MostCores = 50;
    private const int MostFramesAsked = 5;
    private static readonly TimeSpan GdbLimit = TimeSpan.FromSeconds(10);

    /// <summary>The newest crash reports; a backtrace that is missing is asked for where there is a core and gdb.</summary>
    public static async Task<IReadOnlyList<string>> CrashesAsync(PathsPlan? paths, DateTimeOffset since, TimeProvider time)
    {
        if (paths is null)
        {
            return ["the settings say where reports are, and cannot be read"];
        }

        var records = new CrashRecords(WorkerProgram.CrashesIn(paths.StateDir));
        var found = records.Since(since, CrashRecords.MostKept);
        var lines = new List<string>
        {
            found.Count == 0
                ? $"none since then, in {records.Directory}"
                : $"{found.Count} since then, in {records.Directory}: {string.Join(", ", found.GroupBy(c => c.Cause, StringComparer.Ordinal).OrderByDescending(g => g.Count()).Select(g => $"{g.Key} {g.Count()}"))}",
        };
        var asked = 0;
        foreach (var crash in found.Take(MostCrashes))
        {
            var shown = crash;
            if (crash is { Backtrace: null, CorePath: { } core } && File.Exists(core) && asked++ < MostFramesAsked)
            {
                var frames = await Backtrace.OfAsync(core, program: null, GdbLimit, time);
                shown = crash with { Backtrace = frames.Lines, BacktraceNote = frames.Note };
            }

            lines.Add("");
            lines.AddRange(Of(shown));
        }

        return lines;
    }

    private static IEnumerable<string> Of(CrashReport crash)
    {
        var about = crash.Task is { } task ? $"task {task} of type {crash.Type}, attempt {crash.Attempt}" : "the program itself";
        yield return Text($"{Times.Rfc3339(crash.AtMs)}  {crash.Cause}  {crash.Program ?? "?"}[pid={crash.Pid}]  {about}");
        yield return $"    {crash.Code}: {crash.Sentence}{(crash.SignalCode is { } code ? $", {code}" : "")}{(crash.SentBy is { } by ? Text($", sent by process {by}") : "")}";
        if (crash.Message is { Length: > 0 } message)
        {
            yield return $"    {message.ReplaceLineEndings(" ")}";
        }

        yield return Text(
            $"    at most {(crash.PeakMemoryBytes ?? 0) / 1048576.0:0.0} MiB, processor {(crash.UserMicros ?? 0) / 1e6:0.00} s user {(crash.SystemMicros ?? 0) / 1e6:0.00} s system, ran {(crash.WallMicros ?? 0) / 1e6:0.00} s, worker {crash.Worker ?? "?"} (incarnation {crash.Incarnation})"
        );
        yield return "    core: " + CrashView.Core(crash.CorePath ?? "", crash.CoreBytes ?? 0, crash.CoreNote ?? "not known");
        foreach (var frame in crash.Backtrace ?? [])
        {
            yield return "    " + frame;
        }

        if (crash.Backtrace is null)
        {
            yield return $"    backtrace: none: {crash.BacktraceNote ?? "not known"}";
        }

        if (crash.LastLines is { Count: > 0 } last)
        {
            yield return "    last lines:";
            foreach (var line in last.TakeLast(10))
            {
                yield return "      " + line;
            }
        }
    }

    /// <summary>Whether cores are written here, and those that there are.</summary>
    public static IReadOnlyList<string> Cores(TaskSettings settings, string? directory, DateTimeOffset now)
    {
        var shelf = new CoreShelf(settings.CorePath, settings.CoreMaxBytes, settings.CoreKeep, settings.CoreKeepBytes);
        var pattern = CorePattern.OfMachine();
        var lines = new List<string>
        {
            $"settings     {(settings.EnableCoreDumps ? "on" : "off (task.enable_core_dumps, --core-dump)")}, kept as {shelf.Template}",
            $"kernel       core_pattern is \"{pattern}\"{(pattern.WhyNot is { } why ? $": off, because {why}" : "")}",
            Text($"limit        {Limit(ResourceLimits.HardCoreBytes())} here"),
        };
        var where = directory ?? shelf.DirectoryPath;
        if (!Directory.Exists(where))
        {
            return [.. lines, $"{where} is not there"];
        }

        var found = new DirectoryInfo(where)
            .EnumerateFiles()
            .Where(f => shelf.IsOurs(f.Name))
            .OrderByDescending(f => f.LastWriteTimeUtc)
            .Take(MostCores)
            .ToList();
        lines.Add(found.Count == 0 ? $"no core in {where}" : $"{found.Count} in {where}, the newest first:");
        foreach (var file in found)
        {
            lines.Add(
                Text(
                    $"  {file.FullName}  {file.Length / 1048576.0:0.0} MiB, {Times.Age(now.UtcDateTime - file.LastWriteTimeUtc)} old{What(file.FullName)}"
                )
            );
        }

        return lines;
    }

    // Another user's is listed and not opened.
    private static string What(string path)
    {
        using var file = CoreShelf.OpenOwn(path);
        return file is null ? ", not ours to read"
            : CoreFile.Read(file) is { } core
                ? Text($", {core.Program ?? "?"}, signal {core.Signal} ({Signals.Name(core.Signal)}){(core.IsWhole ? "" : ", cut short")}")
            : ", not a core that can be read";
    }

    private static string Limit(ulong? bytes) =>
        bytes switch
        {
            null => "unknown",
            >= long.MaxValue => "none",
            { } known => Text($"{known} bytes"),
        };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
