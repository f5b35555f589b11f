using System.Globalization;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Supervisor;

/// <summary>Where a child is. Only the keeper's loop changes it.</summary>
internal enum ChildState
{
    /// <summary>Waits for those that it starts after, or for its next attempt.</summary>
    Waiting,
    Running,

    /// <summary>It ended; what it left is being ended, and its death told.</summary>
    Clearing,

    /// <summary>It is not started again.</summary>
    Gone,
}

/// <summary>One child of the plan and its present process.</summary>
internal sealed class SupervisedChild(ChildPlan plan)
{
    private const int LifelineNumber = 3;
    private const int ReadyNumber = 4;

    private SafeFileHandle? lifeline;

    public ChildPlan Plan { get; } = plan;
    public string Name => Plan.Name;
    public RestartBudget Budget { get; } = new(plan.Restart);
    public ChildState State { get; set; } = ChildState.Waiting;
    public ChildProcess? Process { get; private set; }

    /// <summary>The number of the present or last process.</summary>
    public long Incarnation { get; private set; }

    /// <summary>
    /// The number under which it is known to others: its own word, or what was drawn for it. A worker remembers its last one through a
    /// clock that was set back between two lives of ours.
    /// </summary>
    public long KnownAs => Volatile.Read(ref named) is { } name && name.Drawn == Incarnation ? name.Number : Incarnation;

    private sealed record OwnName(long Drawn, long Number);

    private OwnName? named;

    /// <summary>Its listener heard how it calls itself. Never earlier than it was drawn: that would be the number of somebody before.</summary>
    public void CallsItself(long drawn, long number) => Volatile.Write(ref named, new OwnName(drawn, Math.Max(drawn, number)));

    public Mark Mark => new(Plan.IncarnationVariable, Incarnation, KnownAs);

    /// <summary>The present process said that it is ready.</summary>
    public bool IsReady { get; set; }

    /// <summary>Any process of this child was ever ready: what starts after it may start.</summary>
    public bool WasEverReady { get; set; }

    /// <summary>How it stands by its own account; null: it has said nothing.</summary>
    public string? Status { get; set; }

    /// <summary>The last sign of life of the present process, in ticks of the keeper's clock; 0: it gives none. Written by its listener.</summary>
    public long LastAlive
    {
        get => Interlocked.Read(ref lastAlive);
        set => Interlocked.Exchange(ref lastAlive, value);
    }

    private long lastAlive;

    /// <summary>What its listener heard and the loop has not taken yet; null: nothing new.</summary>
    public string? Said;

    /// <summary>That its signs of life stay away was said.</summary>
    public bool SilenceTold { get; set; }

    /// <summary>The present process was told to stop.</summary>
    public bool ToldToStop { get; set; }

    /// <summary>When the present process was started, in ticks of the keeper's clock.</summary>
    public long StartedAt { get; private set; }

    /// <summary>Its runtime had a handler for memory errors when it was ready: without one later, it was hit.</summary>
    public bool CatchesFaults { get; set; }

    /// <summary>A memory error's signal, sent from outside, took its handler; it goes on, and nobody knows as what. Null: none did.</summary>
    public int? HitBy { get; set; }

    /// <summary>What the next process is told of the end of the one before.</summary>
    public (string Name, string? Value) Successor { get; set; } = Respawned.None;

    /// <summary>Starts a process; gives the pipe on which it says that it is ready.</summary>
    /// <exception cref="ChildStartException">The system refused.</exception>
    /// <exception cref="IOException">No descriptors, or the log cannot be opened.</exception>
    /// <param name="now">The time of day: the incarnation's number comes from it.</param>
    /// <param name="timestamp">The same moment in ticks of the keeper's clock.</param>
    /// <param name="aliveEvery">How often it should give a sign of life; null: nobody watches.</param>
    public PipeStream Start(DateTimeOffset now, long timestamp, TimeSpan? aliveEvery)
    {
        ClearDumps();
        // A clock that was set back must not give a number twice.
        Incarnation = Math.Max(KnownAs + 1, now.ToUnixTimeMilliseconds());
        var (lifelineRead, lifelineWrite) = Pipes.Create();
        var (readyRead, readyWrite) = Pipes.Create();
        using var closeLifeline = lifelineRead;
        using var closeReady = readyWrite;
        try
        {
            using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read);
            using var log = Plan.LogFile is { } file ? OpenLog(file) : null;
            List<ChildDescriptor> descriptors = [new(0, nothing), new(LifelineNumber, lifelineRead), new(ReadyNumber, readyWrite)];
            if (log is not null)
            {
                descriptors.AddRange([new(1, log.SafeFileHandle), new(2, log.SafeFileHandle)]);
            }
            Process = ChildProcess.Start(
                new ChildStart
                {
                    Path = Plan.Path,
                    Arguments = [Plan.Argv0 ?? Plan.Path, .. Plan.Args],
                    Environment = Variables(aliveEvery),
                    WorkingDirectory = Plan.WorkingDirectory,
                    Descriptors = descriptors,
                }
            );
        }
        catch
        {
            lifelineWrite.Dispose();
            readyRead.Dispose();
            throw;
        }
        lifeline = lifelineWrite;
        State = ChildState.Running;
        IsReady = false;
        Status = null;
        LastAlive = 0;
        SilenceTold = false;
        ToldToStop = false;
        HitBy = null;
        CatchesFaults = false;
        StartedAt = timestamp;
        Successor = Respawned.None;
        return Pipes.OpenRead(readyRead);
    }

    /// <summary>The process is reaped.</summary>
    public void Ended()
    {
        Process = null;
        lifeline?.Dispose();
        lifeline = null;
        State = ChildState.Clearing;
    }

    // What a runtime left half written when everything was killed at once. Its like is never looked at again.
    private void ClearDumps()
    {
        if (Plan.Crashes?.DumpDirectory is not { } directory)
        {
            return;
        }
        try
        {
            _ = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            foreach (var left in Directory.EnumerateFiles(directory))
            {
                File.Delete(left);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the runtime leaves no core, and that is said when one is missed.
        }
    }

    private static FileStream OpenLog(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory)
        {
            _ = Directory.CreateDirectory(directory);
        }
        return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
    }

    private IReadOnlyList<string> Variables(TimeSpan? aliveEvery)
    {
        List<(string, string?)> changes =
        [
            .. Plan.Env.Select(pair => (pair.Key, (string?)pair.Value)),
            (Lifeline.Variable, LifelineNumber.ToString(CultureInfo.InvariantCulture)),
            (ReadySignal.Variable, ReadyNumber.ToString(CultureInfo.InvariantCulture)),
            (
                ReadySignal.AliveVariable,
                aliveEvery is { } every ? every.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) : null
            ),
            Successor,
            (Plan.IncarnationVariable, Incarnation.ToString(CultureInfo.InvariantCulture)),
        ];
        return ChildStart.InheritedEnvironment([.. changes]);
    }
}
