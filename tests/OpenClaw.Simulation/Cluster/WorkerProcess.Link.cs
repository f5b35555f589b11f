using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Hosting.Links;
using OpenClaw.Simulation.World;
using OpenClaw.V1;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Session;

namespace OpenClaw.Simulation.Cluster;

// The real link machine, and what its driver and the worker's endpoint do around it.
internal sealed partial class WorkerProcess
{
    private static readonly LinkOptions LinkOptions = new()
    {
        Name = "manager",
        Addresses = ["manager:9090"],
        Backoff = new BackoffOptions(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)),
        WhenExhausted = LinkExhaustion.Exit,
        DialTimeout = TimeSpan.FromSeconds(10),
        KeepAlive = new KeepAliveOptions(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), KeepAliveStyle.Steady)
        {
            Lost = Catalogue.HeartbeatLost,
        },
        Flap = null,
    };

    private static readonly LinkEvent LinkTick = new LinkEvent.Tick();

    private readonly long origin;
    private readonly LinkMachine link;
    private readonly List<LinkEffect> effects = [];
    private long linkWakesAt = long.MaxValue;

    // The connection that is being dialled or used, of the link's generation.
    private Wire? wire;
    private long generation;
    private IReadOnlyList<EarlierOutcomes> earlier = [];
    private DateTimeOffset registerSentAt;
    private Session? session;
    private List<ManagerMessage>? early;
    private TimeSpan? answered;

    private sealed class Session(Wire wire) : IManagerSession
    {
        public Dictionary<long, DateTimeOffset> Heartbeats { get; } = [];
        public long Sequence { get; set; }
        public int Waiting => 0;

        public void Send(WorkerMessage message) => wire.ToManager.Send(message);
    }

    private LinkMachine NewLink() => new(LinkOptions, new Random(world.Random.Next()), Instant());

    private TimeSpan Elapsed => TimeSpan.FromMicroseconds(world.Now - origin);

    private LinkInstant Instant() => new(Elapsed, Machine.Clock.GetUtcNow());

    private void Step(LinkEvent what)
    {
        if (dead)
        {
            return;
        }

        var first = effects.Count;
        link.Step(what, Instant(), effects);
        for (var i = first; i < effects.Count; i++)
        {
            Carry(effects[i]);
        }

        effects.RemoveRange(first, effects.Count - first);
        WakeLink();
    }

    private void WakeLink()
    {
        if (link.NextDue is not { } due)
        {
            return;
        }

        var at = Math.Max(world.Now, origin + ((due.Ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond));
        if (at >= linkWakesAt)
        {
            return;
        }

        linkWakesAt = at;
        world.After(
            at - world.Now,
            () =>
            {
                if (dead || linkWakesAt != at)
                {
                    return;
                }

                linkWakesAt = long.MaxValue;
                if (link.NextDue <= Elapsed)
                {
                    Step(new LinkEvent.Activity(generation, answered, answered, answered));
                    Step(LinkTick);
                }

                WakeLink();
            }
        );
    }

    private void Carry(LinkEffect effect)
    {
        switch (effect)
        {
            case LinkEffect.Dial dial:
                Dial(dial.Generation);
                break;
            case LinkEffect.Serve:
                world.After(world.Chance(0.01) ? world.Spread(SimWorld.Millisecond, 2 * SimWorld.Second) : 100, Serve(generation));
                break;
            case LinkEffect.Close close when close.Generation == generation && wire is { } open:
                // Ended from here: what it was to send may be lost.
                Disconnect();
                open.ToManager.Break(new Failure(Catalogue.ConnectionLost, "the worker ended the connection"));
                break;
            case LinkEffect.Probe probe:
                Probe(probe.Number);
                break;
            case LinkEffect.SendKeepAlive when session is { } to:
                SendHeartbeat(to);
                break;
            default:
                break;
        }
    }

    private void Dial(long number)
    {
        generation = number;
        answered = null;
        session = null;
        early = null;
        registered = null;
        world.Note(Saw.Dialed, Machine.Number);
        var opened = Machine.NewWire(message => Receive(number, message));
        wire = opened;
        earlier = core.EarlierOutcomes();
        var register = core.Registration(Plugins, 1);
        opened.ToManager.Send(WireOpens.Instance);
        foreach (var outcomes in earlier)
        {
            opened.ToManager.Send(new WorkerMessage { EarlierOutcomes = outcomes });
        }

        registerSentAt = Machine.Clock.GetUtcNow();
        opened.ToManager.Send(new WorkerMessage { Register = register });
        core.AfterRun();
    }

    private Registered? registered;
    private long connectedAt;

    /// <summary>How long the connection has been in use; 0 without one, or when the manager that it led to is gone.</summary>
    public long ConnectedFor => session is null || wire?.Session?.Manager != world.ManagerMachine.Process ? 0 : world.Now - connectedAt;

    /// <summary>The attempts that the core would name if it registered now.</summary>
    public HashSet<(long Task, int Attempt)> Known() => [.. core.Registration(Plugins, 1).Holding.Select(a => (a.Task, a.Attempt_))];

    private void Receive(long of, object message)
    {
        if (dead || of != generation || wire is null)
        {
            return;
        }

        if (message is Closing closing)
        {
            Ended(closing.Reason);
        }
        else if (session is { } open)
        {
            Handle(open, (ManagerMessage)message);
        }
        else if (registered is not null)
        {
            (early ??= []).Add((ManagerMessage)message);
        }
        else if (message is ManagerMessage { Registered: { } answer })
        {
            registered = answer;
            Step(new LinkEvent.DialSucceeded(of));
        }
        else if (message is ManagerMessage { OutcomesRecorded: { } recorded })
        {
            RecordedEarlier(recorded);
        }
    }

    private Action Serve(long of) =>
        () =>
        {
            if (dead || of != generation || wire is not { } opened || registered is null)
            {
                return;
            }

            world.Note(Saw.Connected, Machine.Number);
            session = new Session(opened);
            connectedAt = world.Now;
            Run(c => c.OnConnected(session, registered, registerSentAt));
            foreach (var message in early ?? [])
            {
                if (session is { } open)
                {
                    Handle(open, message);
                }
            }

            early = null;
        };

    private void Handle(Session open, ManagerMessage message)
    {
        switch (message.MessageCase)
        {
            case ManagerMessage.MessageOneofCase.Assignments:
                Run(c => c.OnAssignments(message.Assignments));
                break;
            case ManagerMessage.MessageOneofCase.OutcomesRecorded:
                Run(c => c.OnRecorded(Incarnation, message.OutcomesRecorded.Attempts));
                break;
            case ManagerMessage.MessageOneofCase.HeartbeatAck:
                Acknowledged(open, message.HeartbeatAck.Sequence);
                break;
            case ManagerMessage.MessageOneofCase.Cancel:
                Run(c => c.OnCancel(message.Cancel.Attempts));
                break;
            case ManagerMessage.MessageOneofCase.Recall:
                Run(c => c.OnRecall(message.Recall.Attempts));
                break;
            case ManagerMessage.MessageOneofCase.Restart:
                Stop();
                break;
            default:
                throw new InvalidOperationException($"{message.MessageCase} is not expected here.");
        }
    }

    private void SendHeartbeat(Session to)
    {
        var beat = core.Heartbeat(++to.Sequence);
        to.Heartbeats[beat.Sequence] = Machine.Clock.GetUtcNow();
        to.Send(new WorkerMessage { Heartbeat = beat });
    }

    private void Acknowledged(Session open, long upTo)
    {
        answered = Elapsed;
        DateTimeOffset? sentAt = null;
        foreach (var (number, at) in open.Heartbeats)
        {
            if (number <= upTo)
            {
                open.Heartbeats.Remove(number);
                sentAt = sentAt is { } latest && latest > at ? latest : at;
            }
        }

        if (sentAt is { } sent)
        {
            Run(c => c.OnHeartbeatAcknowledged(sent));
        }
    }

    private void RecordedEarlier(OutcomesRecorded recorded)
    {
        var incarnations = earlier
            .SelectMany(e => e.Outcomes.Select(o => (Key: new AttemptKey(o.Task, o.Attempt), e.Incarnation)))
            .ToLookup(e => e.Key, e => e.Incarnation);
        Run(c =>
        {
            foreach (var attempt in recorded.Attempts)
            {
                foreach (var incarnation in incarnations[new AttemptKey(attempt.Task, attempt.Attempt_)])
                {
                    c.OnRecorded(incarnation, [attempt]);
                }
            }
        });
    }

    // The other side ended it, or the network did.
    private void Ended(Failure? reason)
    {
        var served = session is not null;
        var dialled = registered is not null;
        Disconnect();
        var failure = reason ?? new Failure(Catalogue.ConnectionLost, "the manager closed the connection");
        var judged = LinkFailures.Judge(failure);
        Step(
            served || dialled
                ? new LinkEvent.Lost(generation, failure, judged.Verdict, reason is null || judged.Planned, judged.RetryAfter)
                : new LinkEvent.DialFailed(generation, failure, judged.Verdict, judged.RetryAfter)
        );
    }

    private void Disconnect()
    {
        if (session is { } closed)
        {
            world.Note(Saw.Lost, Machine.Number);
            Run(c => c.OnDisconnected(closed));
        }

        (wire, session, early, registered) = (null, null, null, null);
    }

    private void Probe(long number)
    {
        if (!Machine.CutTowards && !Machine.CutFrom && world.ManagerMachine.IsUp)
        {
            world.After(2 * Machine.Delay(), () => Step(new LinkEvent.ProbeReported(number, world.ManagerMachine.Process is not null)));
        }
    }
}
