using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Manager.Core;
using OpenClaw.V1;

namespace OpenClaw.Tests.Manager;

/// <summary>A session that keeps what it was sent.</summary>
internal sealed class TestSession : IWorkerSession
{
    public List<ManagerMessage> Sent { get; } = [];
    public bool IsClosed { get; private set; }
    public Failure? ClosedFor { get; private set; }
    public string Peer => "10.0.0.7:40000";

    public void Send(ManagerMessage message) => Sent.Add(message);

    public void Close(Failure? reason)
    {
        IsClosed = true;
        ClosedFor ??= reason;
    }

    public IEnumerable<Assignment> Assigned => Sent.Where(m => m.Assignments is not null).SelectMany(m => m.Assignments.Assignments_);
    public Registered? Registered => Sent.Select(m => m.Registered).LastOrDefault(r => r is not null);
    public IEnumerable<Attempt> Recorded => Sent.Where(m => m.OutcomesRecorded is not null).SelectMany(m => m.OutcomesRecorded.Attempts);
    public IEnumerable<Attempt> Cancelled => Sent.Where(m => m.Cancel is not null).SelectMany(m => m.Cancel.Attempts);
    public IEnumerable<Attempt> Recalled => Sent.Where(m => m.Recall is not null).SelectMany(m => m.Recall.Attempts);
}

/// <summary>A worker as the manager sees one: it does what the protocol says, and nothing by itself.</summary>
internal sealed class TestWorker(ManagerRig rig, string id = "w1", long incarnation = 1, int slots = 2, string identity = "mark")
{
    /// <summary>One that is registered.</summary>
    public static TestWorker Connected(ManagerRig rig, string id = "w1", long incarnation = 1, int slots = 2, string identity = "mark")
    {
        var worker = new TestWorker(rig, id, incarnation, slots, identity);
        Assert.Null(worker.Connect());
        return worker;
    }

    public Register Info { get; } =
        new()
        {
            Worker = id,
            Incarnation = incarnation,
            Identity = identity,
            Slots = slots,
            HeartbeatIntervalMs = 10_000,
            Types_ =
            {
                new TaskType { Name = "noop", Kind = "builtin" },
            },
        };
    public TestSession Session { get; private set; } = new();
    public Incarnation Incarnation { get; private set; } = null!;

    /// <summary>Registers over a new session, naming what it holds. Null: accepted, with everything committed.</summary>
    public Failure? Connect(params Assignment[] holding)
    {
        var failure = Open(holding);
        rig.Settle();
        return failure;
    }

    /// <summary>As above, with nothing committed yet.</summary>
    public Failure? Open(params Assignment[] holding)
    {
        Session = new TestSession();
        Info.Holding.Clear();
        Info.Holding.AddRange(holding.Select(Name));
        var failure = rig.Core.Register(Session, Info.Clone(), out var registered);
        if (failure is null)
        {
            Incarnation = registered!;
        }

        return failure;
    }

    /// <summary>The connection breaks.</summary>
    public void Lose()
    {
        rig.Core.OnClosed(Incarnation, Session, new Failure(Catalogue.ConnectionLost, "reset by peer"));
        rig.Settle();
    }

    /// <summary>The worker's last word: it drained, and ends its stream in good order.</summary>
    public void SayGoodbye(string cause = "")
    {
        rig.Core.OnDraining(Incarnation, cause);
        rig.Core.OnClosed(Incarnation, Session, null);
        rig.Settle();
    }

    public void Beat()
    {
        rig.Core.OnHeard(Incarnation);
        rig.Core.OnHeartbeat(Incarnation, new Heartbeat { Sequence = 1 });
        rig.Settle();
    }

    public void Finish(Assignment task, bool ok = true, bool settle = true)
    {
        rig.Core.OnOutcomes(Incarnation, new Outcomes { Outcomes_ = { Outcome(task, ok) } });
        if (settle)
        {
            rig.Settle();
        }
    }

    public void HandBack(params Assignment[] tasks)
    {
        rig.Core.OnHandBack(Incarnation, new HandBack { Attempts = { tasks.Select(Name) } });
        rig.Settle();
    }

    public static Attempt Name(Assignment task) => new() { Task = task.Task, Attempt_ = task.Attempt };

    public static AttemptOutcome Outcome(Assignment task, bool ok = true) =>
        new()
        {
            Task = task.Task,
            Attempt = task.Attempt,
            Succeeded = ok,
            Retryable = true,
            RunMicros = 1000,
            Result = ok ? ByteString.CopyFromUtf8("\"done\"") : ByteString.Empty,
            Failure = ok
                ? null
                : new TaskFailure
                {
                    Code = "clw-task-failed",
                    Message = "no",
                    Worker = "w",
                },
        };
}
