using System.Globalization;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// Types whose processes crash, so that they take no more than their share.
internal sealed partial class ManagerCore
{
    /// <summary>What is shown as the cause when the worker's own process went, with all that it ran.</summary>
    private const string WorkerLost = "the end of its worker";

    private readonly CrashLoops crashLoops = new();

    private static bool IsCrash(AttemptOutcome outcome) =>
        !outcome.Succeeded
        && outcome.Failure is { } failure
        && (failure.Code == Catalogue.WorkerCrash.Code || failure.Code == Catalogue.MemoryExhaust.Code);

    /// <summary>How an attempt of a type ended: on the hot path, and nothing to do for types that do not crash.</summary>
    private void WatchForLoops(string type, AttemptOutcome outcome)
    {
        if (IsCrash(outcome))
        {
            Crashed(type, outcome.Failure.Cause);
        }
        else if (!crashLoops.IsQuiet && crashLoops.Ended(type))
        {
            dispatcher.Damp(type, null);
            LogLoopOver(logger, type);
        }
    }

    /// <summary>
    /// A worker died that held tasks of one type alone: as far as anybody can tell, by them. With several types nobody is blamed: one that
    /// runs for hours would be held back for what another did.
    /// </summary>
    private void WatchForLosses(IReadOnlyList<ReturnedTask> lost)
    {
        if (lost.Count > 0 && lost.All(t => t.Lane.Type == lost[0].Lane.Type))
        {
            Crashed(lost[0].Lane.Type, WorkerLost);
        }
    }

    private void Crashed(string type, string cause)
    {
        var most = crashLoops.Crashed(type, cause, time.GetUtcNow());
        dispatcher.Damp(type, most);
        if (most is not null && crashLoops.All.FirstOrDefault(l => l.Type == type) is { Crashes: CrashLoops.Patience })
        {
            LogLoop(logger, type, CrashLoops.Patience, cause);
        }
    }

    private void EndPauses(DateTimeOffset now)
    {
        foreach (var type in crashLoops.IsQuiet ? [] : crashLoops.Due(now))
        {
            dispatcher.Damp(type, 1);
        }
    }

    private IEnumerable<string> LoopProblems()
    {
        var now = time.GetUtcNow();
        return crashLoops.All.Select(l =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"type {l.Type} crashed {l.Crashes} times in a row{(l.Cause.Length > 0 ? $" (last: {l.Cause})" : "")} and is tried one task at a time{(l.Until > now ? $", next in {Math.Ceiling((l.Until - now).TotalSeconds):0} s" : "")} (clw-worker-crash)"
            )
        );
    }

    [LoggerMessage(
        24,
        LogLevel.Warning,
        "clw-worker-crash: type {type} crashed {count} times in a row, the last time by {cause}; from now on one task of it is tried at a time, with pauses"
    )]
    private static partial void LogLoop(ILogger logger, string type, int count, string cause);

    [LoggerMessage(25, LogLevel.Information, "Type {type} has an end that is no crash again: its tasks are given out as before")]
    private static partial void LogLoopOver(ILogger logger, string type);
}
