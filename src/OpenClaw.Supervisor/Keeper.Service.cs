namespace OpenClaw.Supervisor;

// What the service manager is told (systemd, or whoever speaks its protocol): readiness, status, the stop, signs of life.
internal sealed partial class Keeper
{
    // Three signs of life in the time that the watchdog waits: one may be late.
    private const int SignsPerWatchdog = 3;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private bool toldReady;

    /// <summary>Children give two signs for each of ours.</summary>
    private TimeSpan? AliveEvery => service?.Watchdog / (SignsPerWatchdog * 2);

    /// <summary>Ready is said once every child has started: it is ready, or it says how it stands. Then: how they stand.</summary>
    private void TellStatus()
    {
        if (service is null || stopping)
        {
            return;
        }
        var text = string.Join("; ", children.Select(Describe));
        if (toldReady || !children.All(child => child.IsReady || child.Status is not null))
        {
            service.Status(text);
            return;
        }
        toldReady = true;
        service.Ready(text);
    }

    private string Describe(SupervisedChild child)
    {
        var stands = child.State switch
        {
            ChildState.Running => child.Status ?? (child.IsReady ? "ready" : "starting"),
            ChildState.Waiting when child.Incarnation == 0 => $"waits for {string.Join(", ", child.Plan.StartAfter)}",
            ChildState.Waiting => "ended, is started again",
            ChildState.Clearing => "ended, what it left is being cleared",
            _ => "ended",
        };
        return children.Count == 1 ? stands : $"{child.Name}: {stands}";
    }

    private void OnStatus(SupervisedChild child, long incarnation)
    {
        var text = Interlocked.Exchange(ref child.Said, null);
        if (child.Incarnation == incarnation && child.State == ChildState.Running && text is not null)
        {
            child.Status = text;
            TellStatus();
        }
    }

    private void OnHangUp()
    {
        if (stopping)
        {
            return;
        }
        // The children read their configuration again by themselves; told is that the order has been passed on.
        service?.Reloading(time.GetTimestamp() / (time.TimestampFrequency / 1_000_000), "reading the configuration again");
        children.ForEach(PassHangUp);
        if (toldReady)
        {
            service?.Ready(string.Join("; ", children.Select(Describe)));
        }
    }

    /// <summary>The graces run one after the other, each up to its own end.</summary>
    private void TellStopping() =>
        service?.Stopping("stopping", TimeSpan.FromSeconds(children.Sum(child => child.Plan.GraceSeconds)) + Slack);

    /// <summary>
    /// Signs of life come from the loop: one that stands still gives none. Nor are there any while a child's own signs stay away that
    /// gave them before: whoever watches us then ends all of it and starts it again.
    /// </summary>
    private void Watch()
    {
        if (service?.Watchdog is not { } watchdog)
        {
            return;
        }
        LookForHits();
        var silent = children.Find(child => IsSilent(child, watchdog));
        if (silent is null)
        {
            service.Alive();
        }
        else if (!silent.SilenceTold)
        {
            silent.SilenceTold = true;
            log.Say(
                $"[ERROR] Supervisor: {silent.Name}[pid={silent.Process?.Id}] gives no sign of life; the service manager's watchdog will end it"
            );
        }
        After(watchdog / SignsPerWatchdog, Watch);
    }

    private bool IsSilent(SupervisedChild child, TimeSpan watchdog) =>
        child is { State: ChildState.Running, ToldToStop: false, LastAlive: > 0 and var last } && time.GetElapsedTime(last) > watchdog / 2;
}
