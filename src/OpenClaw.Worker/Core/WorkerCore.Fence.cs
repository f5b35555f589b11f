using Microsoft.Extensions.Logging;
using OpenClaw.V1;
using OpenClaw.Worker.Health;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Worker.Core;

// By when nothing of an attempt may run here any more, because the manager may give it to another worker. What counts is what the
// manager has said and been told, not what this worker's own file says: the files may differ, and a reload changes one of them.
internal sealed partial class WorkerCore
{
    /// <summary>What the clocks of two machines and the ticks of both programs may differ by: a tenth.</summary>
    private const double Margin = 1.1;

    /// <summary>After this much silence the manager hands on what is held here; null: it has not said.</summary>
    private TimeSpan? lease;

    /// <summary>Times after which the manager hands on single types, in ms, as the registration on its way names them.</summary>
    private Dictionary<string, long> registering = new(StringComparer.Ordinal);

    /// <summary>The same as the manager has them: of what it may have, the shorter.</summary>
    private Dictionary<string, long> told = new(StringComparer.Ordinal);

    /// <summary>What it was told last, while it has not shown that it heard it.</summary>
    private Dictionary<string, long>? toldSince;
    private DateTimeOffset toldSinceAt;

    /// <summary>The types that the manager knows, or will with the next registration.</summary>
    private PluginSet? shown;

    /// <summary>They changed between a registration and its answer.</summary>
    private bool typesAreStale;

    /// <summary>The grace that was last said to be shorter than task.kill_grace.</summary>
    private TimeSpan? graceSaid;

    private IReadOnlyList<TaskType> TypesToRegister(PluginSet plugins)
    {
        var types = TypesOf(plugins);
        shown = plugins;
        registering = TimesOf(types);
        typesAreStale = false;
        return types;
    }

    private void TakeLease(Registered registered)
    {
        lease = registered.LeaseMs > 0 ? TimeSpan.FromMilliseconds(registered.LeaseMs) : null;
        if (leaseStop > GoneAfter(0))
        {
            leaseStop = GoneAfter(0);
        }

        told = registering;
        toldSince = null;
        if (typesAreStale)
        {
            TellTypes();
        }

        SayShorterGrace();
    }

    private void TellTypes()
    {
        if (shown is not { } plugins)
        {
            return;
        }

        if (session is null)
        {
            typesAreStale = true;
            return;
        }

        var types = TypesOf(plugins);
        var message = new TypesChanged();
        message.Types_.AddRange(types);
        message.Refused.AddRange(RefusedFiles.Of(plugins));
        session.Send(new WorkerMessage { TypesChanged = message });
        typesAreStale = false;

        // Until it has shown that it heard them, the manager may go by either.
        toldSince = TimesOf(types);
        toldSinceAt = time.GetUtcNow();
        foreach (var (type, after) in toldSince)
        {
            told[type] = Shorter(told.GetValueOrDefault(type), after);
        }
    }

    private static long Shorter(long one, long other) =>
        one == 0 ? other
        : other == 0 ? one
        : Math.Min(one, other);

    // Messages keep their order: a heartbeat that was sent behind the types was also read behind them.
    private void HeardUntil(DateTimeOffset sentAt)
    {
        if (toldSince is { } heard && sentAt > toldSinceAt)
        {
            told = heard;
            toldSince = null;
        }
    }

    /// <summary>After settings changed: what the manager was told of the types may no longer be so.</summary>
    private void TellTypesAgain()
    {
        if (shown is { } plugins && (session is null || !SameTimes(toldSince ?? told, TimesOf(TypesOf(plugins)))))
        {
            TellTypes();
        }
    }

    private static bool SameTimes(Dictionary<string, long> one, Dictionary<string, long> other) =>
        one.Count == other.Count && one.All(t => other.TryGetValue(t.Key, out var time) && time == t.Value);

    private static Dictionary<string, long> TimesOf(IReadOnlyList<TaskType> types) =>
        types.ToDictionary(t => t.Name, t => t.ReassignAfterMs, StringComparer.Ordinal);

    /// <summary>The silence after which nothing of an attempt of this type may run here any more.</summary>
    private TimeSpan GoneAfter(TaskHandler handler) => GoneAfter(told.GetValueOrDefault(handler.Type));

    private TimeSpan GoneAfter(long ownMs)
    {
        var ofLease = (long)(lease?.TotalMilliseconds ?? 0);
        var least = Shorter(ofLease, ownMs);
        return least == 0 ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(least) / Margin;
    }

    /// <summary>How much time is left for a kill.</summary>
    private TimeSpan GraceWithin(TimeSpan goneAfter, TimeSpan silent) =>
        goneAfter == TimeSpan.MaxValue || goneAfter - silent >= options.KillGrace ? options.KillGrace
        : goneAfter > silent ? goneAfter - silent
        : TimeSpan.Zero;

    // Whatever a runner is ended for: when others may run the attempt, it is gone here.
    private void KillInTime(Func<Attempt, bool> which, TimeSpan silent)
    {
        foreach (var slot in slots)
        {
            if (slot.KillAt is { } at && slot.InRunner.TryPeek(out var head) && which(head))
            {
                var latest = Elapsed + GraceWithin(GoneAfter(head.Handler), silent);
                slot.KillAt = at < latest ? at : latest;
            }
        }
    }

    private void SayShorterGrace()
    {
        if (leaseStop is not { } stop || options.ContinueOnLinkLoss)
        {
            return;
        }

        var grace = GraceWithin(GoneAfter(0), stop);
        if (grace < options.KillGrace && grace != graceSaid)
        {
            LogShorterGrace(logger, options.KillGrace.TotalSeconds, grace.TotalSeconds, stop.TotalSeconds, lease!.Value.TotalSeconds);
        }

        graceSaid = grace;
    }

    [LoggerMessage(
        43,
        LogLevel.Warning,
        "task.kill_grace of {wanted:0.#} s does not fit the cluster's lease: attempts that are stopped because the link is lost get "
            + "{grace:0.#} s from SIGTERM to SIGKILL (they are stopped after {stop:0} s of silence and handed over after {lease:0} s)"
    )]
    private static partial void LogShorterGrace(ILogger logger, double wanted, double grace, double stop, double lease);
}
