using Microsoft.Extensions.Logging;

namespace OpenClaw.Worker.Plugins;

/// <summary>
/// The types that this worker serves, kept in step with the plugin directory: a changed, new or removed plugin is taken up by the next
/// task. Thread-safe to read; one caller refreshes.
/// </summary>
public sealed partial class PluginCatalog(
    string directory,
    Func<TaskHandler, CancellationToken, Task<ScriptVerdict>> check,
    ILogger<PluginCatalog> logger,
    TimeProvider time
)
{
    private readonly Dictionary<string, (long Length, DateTime Written, string Version)> versions = new(StringComparer.Ordinal);

    // By type too: a copy under another name has the same content and lacks the function that its own name promises.
    private readonly Dictionary<(string Type, string Version), Judged> verdicts = [];
    private volatile PluginSet current = PluginSet.Builtins;

    public PluginSet Current => current;

    /// <summary>
    /// Reads the directory again and checks the scripts that are new with the check. True when the set changed, or what is wrong with files that are not in it.
    /// </summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellation)
    {
        PluginSet read;
        try
        {
            read = PluginScan.Read(directory, VersionOf);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(logger, directory, e.Message);
            return false;
        }

        var handlers = new Dictionary<string, TaskHandler>(read.Handlers, StringComparer.Ordinal);
        var problems = new List<PluginProblem>(read.Problems);
        foreach (var handler in read.Handlers.Values.Where(h => h.Form == HandlerForm.Lua))
        {
            if (await JudgeAsync(handler, cancellation) is { } problem)
            {
                handlers.Remove(handler.Type);
                problems.Add(problem);
            }
        }

        // Of files that are gone, or have changed, nothing is remembered.
        foreach (var old in verdicts.Keys.Where(k => !read.Handlers.TryGetValue(k.Type, out var now) || now.Version != k.Version).ToList())
        {
            verdicts.Remove(old);
        }

        var before = current;
        foreach (var problem in problems.Where(p => !before.Problems.Contains(p)))
        {
            LogProblem(logger, problem.ToString());
        }

        var changed = !Same(before.Handlers, handlers) || !before.Problems.SequenceEqual(problems);
        current = read with { Handlers = handlers, Problems = problems };
        return changed;
    }

    // A script is checked once; a check that did not come to its end is made again, ever more seldom: each may cost seconds.
    private async Task<PluginProblem?> JudgeAsync(TaskHandler handler, CancellationToken cancellation)
    {
        var key = (handler.Type, handler.Version);
        var known = verdicts.GetValueOrDefault(key);
        if (known is null || (known.Verdict.IsPassing && time.GetElapsedTime(known.At) >= known.Pause))
        {
            var pause = known is null ? FirstPause : known.Pause * 2;
            var verdict = await check(handler, cancellation);
            known = new Judged(verdict, time.GetTimestamp(), pause < LongestPause ? pause : LongestPause);
            verdicts[key] = known;
        }

        return known.Verdict.Problem is { } problem ? new PluginProblem(handler.Path, problem, known.Verdict.Line) : null;
    }

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private sealed record Judged(ScriptVerdict Verdict, long At, TimeSpan Pause);

    private static bool Same(IReadOnlyDictionary<string, TaskHandler> a, Dictionary<string, TaskHandler> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var other) && other == pair.Value);

    // A file of the same length and time is the same file: reading megabytes of plugins at every look is not worth the rest.
    private string VersionOf(FileInfo file)
    {
        if (versions.TryGetValue(file.FullName, out var known) && known.Length == file.Length && known.Written == file.LastWriteTimeUtc)
        {
            return known.Version;
        }

        var version = PluginScan.Hash(file);
        versions[file.FullName] = (file.Length, file.LastWriteTimeUtc, version);
        return version;
    }

    [LoggerMessage(1, LogLevel.Warning, "clw-plugin-invalid: {problem}")]
    private static partial void LogProblem(ILogger logger, string problem);

    [LoggerMessage(2, LogLevel.Warning, "clw-plugin-missing: the plugin directory {directory} cannot be read: {reason}")]
    private static partial void LogUnreadable(ILogger logger, string directory, string reason);
}
