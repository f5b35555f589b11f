using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Hosting.Daemons;

/// <summary>What became of reading the configuration again.</summary>
/// <param name="Changed">Settings that are in effect now, as <c>log.level: info → debug</c>; secrets masked.</param>
/// <param name="NeedRestart">Paths of keys whose new values wait for the program's next start.</param>
/// <param name="Problems">Why nothing was taken over, or not by every part of the program, a line each; empty: it was.</param>
public sealed record ReloadOutcome(IReadOnlyList<string> Changed, IReadOnlyList<string> NeedRestart, IReadOnlyList<string> Problems);

/// <summary>
/// The settings of a program that runs, and those of them that can change while it does. Reading them again never makes anything
/// worse: a file with a mistake changes nothing. Thread-safe; one reading at a time.
/// </summary>
/// <param name="started">What the program was started with.</param>
/// <param name="load">Reads files, variables and flags as at the start.</param>
/// <param name="logger">Where it is said what changed.</param>
public sealed partial class LiveSettings(LoadedSettings started, Func<SettingsRequest, Result<LoadedSettings>> load, ILogger logger)
{
    private readonly Lock gate = new();
    private readonly HashSet<SettingKey> live = [];
    private readonly List<Action<LoadedSettings>> takers = [];
    private readonly LoadedSettings running = started;
    private LoadedSettings current = started;
    private bool halfTaken;
    private Func<SettingKey, bool> used = _ => true;

    /// <summary>
    /// Which keys this program reads at all: one configuration serves several programs, and a change that is another's is not told
    /// here. Asked for keys that nobody takes live.
    /// </summary>
    public void Uses(Func<SettingKey, bool> uses)
    {
        lock (gate)
        {
            used = uses;
        }
    }

    /// <summary>Takes up changes of some keys.</summary>
    /// <param name="keys">The keys; a change of any other waits for a restart.</param>
    /// <param name="take">
    /// Told all settings when one of them has changed; must use the values of these keys alone, and return soon. Any thread.
    /// </param>
    public void Take(IEnumerable<SettingKey> keys, Action<LoadedSettings> take)
    {
        lock (gate)
        {
            live.UnionWith(keys);
            takers.Add(take);
        }
    }

    /// <summary>Reads the configuration again and takes up what can change; says in the log what happened.</summary>
    public ReloadOutcome Reload()
    {
        lock (gate)
        {
            var read = load(running.Request);
            if (!read.IsOk)
            {
                var problems = SettingsProblem.LinesOf(read.Failure);
                foreach (var problem in problems)
                {
                    LogRefused(logger, read.Failure.Code, problem);
                }

                return new([], [], problems);
            }

            var next = read.Value;
            var changed = SettingsSchema.All.Where(k => live.Contains(k) && Differ(k, current, next)).ToList();
            // Against what runs, not against what was read last: it is said as long as it is so.
            var waiting = SettingsSchema.All.Where(k => !live.Contains(k) && used(k) && Differ(k, running, next)).ToList();
            var told = changed.Select(k => $"{k.Path}: {Shown(k, current)} → {Shown(k, next)}").ToList();
            var failed = changed.Count > 0 || halfTaken ? TakeUp(next) : [];
            halfTaken = failed.Count > 0;
            if (halfTaken)
            {
                // What runs is neither the one nor the other: the next reading tells all parts again, also when it finds the old values.
                return new([], [], failed);
            }

            current = next;
            if (changed.Count > 0)
            {
                LogChanged(logger, string.Join(", ", told));
            }
            else
            {
                LogUnchanged(logger);
            }

            if (waiting.Count > 0)
            {
                LogNeedRestart(logger, string.Join(", ", waiting.Select(k => $"{k.Path} ({Shown(k, running)} → {Shown(k, next)})")));
            }

            return new(told, [.. waiting.Select(k => k.Path)], []);
        }
    }

    // One that fails keeps the change from none of the others.
    private List<string> TakeUp(LoadedSettings next)
    {
        var failed = new List<string>();
        foreach (var take in takers)
        {
            try
            {
                take(next);
            }
            catch (Exception e)
            {
                LogHalfTaken(logger, e);
                failed.Add(
                    $"A part of the program could not take the change up: {e.Message}; what is in effect may be mixed until the next reload or restart"
                );
            }
        }

        return failed;
    }

    private static bool Differ(SettingKey key, LoadedSettings a, LoadedSettings b) =>
        a.Settings.Find(key)?.Text != b.Settings.Find(key)?.Text;

    private static string Shown(SettingKey key, LoadedSettings of) => of.Settings.Find(key)?.Shown ?? "(unset)";

    [LoggerMessage(10, LogLevel.Information, "The configuration was read again; in effect: {changed}")]
    private static partial void LogChanged(ILogger logger, string changed);

    [LoggerMessage(11, LogLevel.Information, "The configuration was read again; nothing to take up has changed")]
    private static partial void LogUnchanged(ILogger logger);

    [LoggerMessage(12, LogLevel.Warning, "needs a restart: {keys}")]
    private static partial void LogNeedRestart(ILogger logger, string keys);

    [LoggerMessage(
        14,
        LogLevel.Error,
        "A part of the program could not take up the configuration that was read again; mend the cause and reload or restart"
    )]
    private static partial void LogHalfTaken(ILogger logger, Exception fault);

    [LoggerMessage(13, LogLevel.Error, "{code}: {problem}; the settings in effect stay")]
    private static partial void LogRefused(ILogger logger, string code, string problem);
}
