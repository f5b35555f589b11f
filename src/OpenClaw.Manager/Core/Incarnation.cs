using System.Security.Cryptography;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

/// <summary>How a worker does.</summary>
public enum WorkerState
{
    Registering,
    Healthy,
    Unreachable,
    Draining,

    /// <summary>Connected, and held back because its connection broke too often: it goes on with what it has and gets nothing new.</summary>
    Flapping,
    Stopped,
}

/// <summary>An attempt that an incarnation holds.</summary>
public readonly record struct HeldAttempt(int Attempt, LaneKey Lane);

/// <summary>One incarnation of a worker: its session while it has one, its lease, what it holds. Owned by <see cref="ManagerCore"/>.</summary>
internal sealed class Incarnation(WorkerRef worker)
{
    public WorkerRef Ref { get; } = worker;

    /// <summary>What it said when it registered; null for one that is known from the store alone.</summary>
    public Register? Info
    {
        get;
        set
        {
            field = value;
            typesMark = null;
        }
    }

    private string? typesMark;

    /// <summary>The same for all that serve the same types in the same versions, and for no others.</summary>
    public string TypesMark => typesMark ??= Convert.ToHexString(SHA256.HashData(TypesOf(Info).ToByteArray()));

    /// <summary>What it serves has changed.</summary>
    public void SetTypes(IEnumerable<TaskType> types)
    {
        Info!.Types_.Clear();
        Info.Types_.AddRange(types);
        typesMark = null;
    }

    /// <summary>What it serves, as it is shown.</summary>
    public WorkerTypes Types => TypesOf(Info);

    private static WorkerTypes TypesOf(Register? info)
    {
        var types = new WorkerTypes();
        types.Types_.AddRange(
            info?.Types_.Select(t => new WorkerType
            {
                Name = t.Name,
                Kind = t.Kind,
                Version = t.Version,
            }) ?? []
        );
        return types;
    }

    /// <summary>The worker's mark, from its registration or from its lease; empty when neither says.</summary>
    public string Identity { get; set; } = "";
    public IWorkerSession? Session { get; set; }
    public WorkerSeat? Seat { get; set; }
    public WorkerState State { get; set; } = WorkerState.Unreachable;

    /// <summary>Attempts that the store has assigned to it, by the task's number.</summary>
    public Dictionary<long, HeldAttempt> Held { get; } = [];

    /// <summary>Outcomes on its disk that are not acknowledged, as its last heartbeat said.</summary>
    public long OutboxEntries { get; set; }
    public DateTimeOffset LastHeard { get; set; }

    /// <summary>The same moment by the clock that nobody sets: a wall clock that leaps forward is no silence.</summary>
    public long HeardAt { get; set; }
    public DateTimeOffset ConnectedAt { get; set; }

    /// <summary>Counts from the last sign of life. Past it, what it holds may be handed over.</summary>
    public DateTimeOffset LeaseUntil { get; set; }

    /// <summary>The end of the lease as it stands in the store.</summary>
    public DateTimeOffset StoredUntil { get; set; }

    /// <summary>When its connection broke without a good-bye, within the window of flap damping. A manager that starts has seen none.</summary>
    public Queue<DateTimeOffset> Drops { get; } = new();
    public DateTimeOffset HeldBackUntil { get; set; }

    /// <summary>Why.</summary>
    public string? HeldBackFor { get; set; }

    /// <summary>It said that it stops: it takes nothing more, and what it still has when its stream ends goes back.</summary>
    public bool IsStopping { get; set; }

    /// <summary>An operator told it to stop and start again.</summary>
    public bool IsToldToRestart { get; set; }

    /// <summary>Who waits for its answer to that.</summary>
    public Dictionary<long, Action<Failure?>> RestartQuestions { get; } = [];

    /// <summary>It went in order to come back, and is missed from then on.</summary>
    public DateTimeOffset? BackBy { get; set; }

    /// <summary>It has been registered before, here or with an earlier manager: the next time it comes back.</summary>
    public bool IsBack { get; set; }

    /// <summary>Its release is posted; nothing more is done for it.</summary>
    public bool Releasing { get; set; }

    /// <summary>That release is only for an ended lease.</summary>
    public bool ReleasesIfExpired { get; set; }

    /// <summary>
    /// The proof of its death, when it came while a release was posted: one that is for an ended lease alone may find that it has not
    /// ended, and nobody brings the proof again.
    /// </summary>
    public string? GoneFor { get; set; }

    /// <summary>Why it stops although nobody told it to; null: it was told to.</summary>
    public string? StopsFor { get; set; }

    /// <summary>Its supervisor saw it die: what it held may have killed it.</summary>
    public bool IsDead { get; set; }
    public string? Problem { get; set; }
    public string? LastPeer { get; set; }

    public bool IsConnected => Session is not null && State is WorkerState.Healthy or WorkerState.Draining or WorkerState.Flapping;
}
