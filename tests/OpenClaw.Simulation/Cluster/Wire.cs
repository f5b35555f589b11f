using OpenClaw.Core.Errors;
using OpenClaw.Simulation.World;

namespace OpenClaw.Simulation.Cluster;

/// <summary>The end of a connection, as a message.</summary>
/// <param name="Reason">Null: in good order.</param>
internal sealed record Closing(Failure? Reason);

/// <summary>
/// One direction of a connection: in order, late by the network's delay, held up while the way is cut. What a connection that is cut
/// loses is the end of what was under way.
/// </summary>
internal sealed class Pipe
{
    private readonly SimWorld world;
    private readonly Func<long> delay;
    private readonly Func<bool> isCut;
    private readonly Action<object> receive;
    private readonly Action deliver;
    private readonly Queue<(long At, object Message)> underWay = new();
    private long last;
    private bool planned;
    private bool ended;

    public Pipe(SimWorld world, Func<long> delay, Func<bool> isCut, Action<object> receive)
    {
        this.world = world;
        this.delay = delay;
        this.isCut = isCut;
        this.receive = receive;
        deliver = Deliver;
    }

    public void Send(object message)
    {
        if (ended)
        {
            return;
        }

        ended = message is Closing;
        last = Math.Max(last, world.Now + delay());
        underWay.Enqueue((last, message));
        Plan();
    }

    /// <summary>The way is open again.</summary>
    public void Kick() => Plan();

    /// <summary>The connection breaks: of what is under way some of the first messages arrive, or none, and then its end.</summary>
    public void Break(Failure reason)
    {
        if (ended)
        {
            return;
        }

        var arrive = world.Random.Next(underWay.Count + 1);
        var kept = underWay.Take(arrive).ToList();
        underWay.Clear();
        kept.ForEach(underWay.Enqueue);
        Send(new Closing(reason));
    }

    /// <summary>Nothing more comes this way, not even an end.</summary>
    public void Vanish()
    {
        ended = true;
        underWay.Clear();
    }

    private void Plan()
    {
        if (!planned && underWay.Count > 0 && !isCut())
        {
            planned = true;
            world.After(Math.Max(0, underWay.Peek().At - world.Now), deliver);
        }
    }

    private void Deliver()
    {
        planned = false;
        while (underWay.Count > 0 && underWay.Peek().At <= world.Now && !isCut())
        {
            receive(underWay.Dequeue().Message);
        }

        Plan();
    }
}

/// <summary>A connection of a worker to the manager.</summary>
internal sealed class Wire
{
    public Wire(SimWorld world, WorkerMachine worker, Action<object> workerReceives, Action<Wire, object> managerReceives)
    {
        Worker = worker;
        ToManager = new Pipe(world, worker.Delay, () => worker.CutTowards, message => managerReceives(this, message));
        ToWorker = new Pipe(world, worker.Delay, () => worker.CutFrom, workerReceives);
    }

    public WorkerMachine Worker { get; }
    public Pipe ToManager { get; }
    public Pipe ToWorker { get; }

    /// <summary>The manager's end: a session of the process that accepted it.</summary>
    public ManagerSession? Session { get; set; }

    public void Kick()
    {
        ToManager.Kick();
        ToWorker.Kick();
    }
}
