using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits;

/// <summary>
/// Which attempts an orphan belongs to: it lives as long as one of them. What came while a program that serves ran no task is the
/// program's, and lives as long as that. Who belongs to a runner of which nobody has said yet what it runs is given time until that is
/// said. One owner.
/// </summary>
internal sealed class OrphanClaims
{
    /// <summary>The worker's loop hears of a task's begin after the task has begun; a loop that takes longer than this is stuck.</summary>
    private static readonly TimeSpan UntilSaid = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time;
    private readonly Dictionary<(int Process, long Started), Claim> claims = [];

    public OrphanClaims(TimeProvider time) => this.time = time;

    /// <summary>A runner, and the attempt that it ran when the orphan was seen; 0: none, but a program that serves.</summary>
    private readonly record struct Attempt(int Runner, ulong Handle);

    /// <param name="Attempts">Null: not known yet.</param>
    /// <param name="SeenAt">When it was seen first.</param>
    /// <param name="IsCertain">It is known whose it is; else it may be anybody's, and ends with the last attempt that ran when it came.</param>
    private sealed record Claim(IReadOnlyList<Attempt>? Attempts, long SeenAt, bool IsCertain);

    /// <summary>Whether an orphan has outlived all that it belongs to.</summary>
    /// <param name="orphan">Which.</param>
    /// <param name="current">The runners that live, and the attempts that they run; 0: a program that serves runs none; null: not known.</param>
    /// <param name="isOf">Whether an orphan belongs to a runner.</param>
    /// <param name="isAnybodys">Whether an orphan that belongs to none of them may belong to any.</param>
    public bool IsOver(
        ProcessStat orphan,
        IReadOnlyList<(int Runner, string Mark, ulong? Handle)> current,
        Func<ProcessStat, int, string, bool> isOf,
        Func<ProcessStat, bool> isAnybodys
    )
    {
        var key = (orphan.Id, orphan.Started);
        if (!claims.TryGetValue(key, out var claim) || claim.Attempts is null)
        {
            claims[key] = claim = Of(orphan, claim?.SeenAt ?? time.GetTimestamp(), current, isOf, isAnybodys);
        }

        return claim.Attempts is null
            ? time.GetElapsedTime(claim.SeenAt) >= UntilSaid
            : !claim.Attempts.Any(a =>
                current.Any(c => c.Runner == a.Runner && (c.Handle == a.Handle || (claim.IsCertain && a.Handle == 0)))
            );
    }

    /// <summary>Forgets all but these.</summary>
    public void Keep(IReadOnlySet<(int Process, long Started)> there)
    {
        foreach (var gone in claims.Keys.Where(k => !there.Contains(k)).ToList())
        {
            claims.Remove(gone);
        }
    }

    public void Clear() => claims.Clear();

    private static Claim Of(
        ProcessStat orphan,
        long seenAt,
        IReadOnlyList<(int Runner, string Mark, ulong? Handle)> current,
        Func<ProcessStat, int, string, bool> isOf,
        Func<ProcessStat, bool> isAnybodys
    )
    {
        var its = current.Where(c => isOf(orphan, c.Runner, c.Mark)).ToList();
        var isCertain = its.Count > 0;
        // Whoever washed off its session and its mark before it was seen belongs to any attempt that runs.
        var any = isCertain || !isAnybodys(orphan) ? its : current;
        List<Attempt> known = [.. any.Where(c => c.Handle is not null).Select(c => new Attempt(c.Runner, c.Handle!.Value))];
        return new Claim(known.Count > 0 || any.Count == 0 ? known : null, seenAt, isCertain);
    }
}
