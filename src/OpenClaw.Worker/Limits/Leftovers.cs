using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits;

/// <summary>
/// Ends what tasks leave behind. On Linux who loses its parent becomes a child of the worker (it is their subreaper), so a leftover is
/// whatever the worker has adopted; it belongs to the attempt that ran when it came, and ends with that. On macOS nobody adopts: there a
/// leftover is who is in the runner's session or carries its mark. Thread-safe.
/// </summary>
internal sealed partial class Leftovers(TreeWatch watch, TimeProvider time, ILogger logger)
{
    /// <summary>Whose the orphans are. Owned by <see cref="Look"/>.</summary>
    private readonly OrphanClaims claims = new(time);
    private int looking;

    /// <summary>A runner's process has ended: ends and reaps what descends from it. Gives how many there were.</summary>
    public async ValueTask<int> EndAsync(int runner, string mark)
    {
        var ended = new HashSet<int>();
        var last = 0;
        var isGone = await Insistence.UntilGoneAsync(
            () =>
            {
                Family.ReapAll();
                var left = LeftBy(runner, mark);
                KillAll(left, ended);
                last = left.Count > 0 ? left[0].Id : 0;
                return left.Count == 0;
            },
            time
        );
        if (!isGone)
        {
            LogStuck(logger, last);
        }

        return ended.Count;
    }

    /// <summary>Ends orphans whose attempts have ended. To be called now and then; returns at once when another call is at it.</summary>
    public void Look()
    {
        if (!OperatingSystem.IsLinux() || Interlocked.Exchange(ref looking, 1) != 0)
        {
            return;
        }

        try
        {
            LookAtOrphans();
        }
        finally
        {
            Volatile.Write(ref looking, 0);
        }
    }

    [SupportedOSPlatform("linux")]
    private void LookAtOrphans()
    {
        var adopted = Adopted.Look();
        if (adopted.Count == 0)
        {
            claims.Clear();
            return;
        }

        var current = watch.Current();
        var there = new HashSet<(int, long)>();
        List<ProcessStat> over = [];
        foreach (var orphan in adopted.Select(ProcessStat.Of).OfType<ProcessStat>().Where(IsOurOrphan))
        {
            there.Add((orphan.Id, orphan.Started));
            if (claims.IsOver(orphan, current, IsOf, static p => RunnerTrees.MarkOf(p.Id) is null))
            {
                over.Add(orphan);
            }
        }

        claims.Keep(there);
        if (over.Count > 0)
        {
            var ended = new HashSet<int>();
            KillAll(over, ended);
            Family.ReapAll();
            LogLeft(logger, ended.Count, string.Join(", ", over.Select(p => p.Id.ToString(CultureInfo.InvariantCulture))));
        }
    }

    private bool IsOf(ProcessStat process, int runner, string mark) =>
        process.Session == runner
        || process.Group == runner
        || watch.Tree.OwnerOf(process) == runner
        || (mark.Length > 0 && RunnerTrees.MarkOf(process.Id) == mark);

    private List<ProcessStat> LeftBy(int runner, string mark) =>
        [
            .. (OperatingSystem.IsLinux() ? Adopted.Look() : ProcessStat.All())
                .Select(ProcessStat.Of)
                .OfType<ProcessStat>()
                .Where(p => (OperatingSystem.IsLinux() ? IsOurOrphan(p) : !p.HasEnded) && IsOf(p, runner, mark)),
        ];

    // A number in the list may be somebody else's by the time that it is looked up.
    private static bool IsOurOrphan(ProcessStat process) => !process.HasEnded && process.Parent == Environment.ProcessId;

    // With all that descends from them.
    private static void KillAll(List<ProcessStat> roots, HashSet<int> ended)
    {
        if (roots.Count > 0)
        {
            ended.UnionWith(ProcessFamily.With(roots, ProcessFamily.Everybody()).Where(p => ProcessFamily.Kill(p)).Select(p => p.Id));
        }
    }

    [LoggerMessage(50, LogLevel.Warning, "A task left {count} processes behind ({ids}), which were ended")]
    private static partial void LogLeft(ILogger logger, int count, string ids);

    [LoggerMessage(51, LogLevel.Error, "Process {id}, left by a task, cannot be ended; the task is told as ended without it")]
    private static partial void LogStuck(ILogger logger, int id);
}
