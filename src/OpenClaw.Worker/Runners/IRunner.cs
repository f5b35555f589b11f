using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Limits;

namespace OpenClaw.Worker.Runners;

/// <summary>A process that runs tasks, as the core uses it. Calls return at once; what happens comes back through <see cref="IRunnerEvents"/>.</summary>
internal interface IRunner
{
    int ProcessId { get; }

    /// <summary>A directory of this process alone, where it starts and leaves its core; empty: it has none.</summary>
    string WorkingDirectory => "";

    /// <summary>Adds a command to those that <see cref="Flush"/> sends.</summary>
    void Queue(in RunCommand command);

    void Flush();

    /// <summary>Lets an idle runner become a plugin's program, and gives it the payload.</summary>
    void Execute(ExecCommand command, ReadOnlyMemory<byte> payload);

    /// <summary>Lets an idle runner become a plugin's program that serves: tasks are then given to it by <see cref="Give"/>.</summary>
    /// <param name="command">The program.</param>
    /// <param name="helloWithin">How long it may take from its start to its hello; above, it is reported as a violation.</param>
    void Serve(ExecCommand command, TimeSpan helloWithin);

    /// <summary>A task for the program that serves. Several may be given ahead; they run one at a time, in order.</summary>
    void Give(in ServeTask task);

    /// <summary>Tells the program that serves to give up the task that it runs: by a line when it understands that, else by SIGTERM.</summary>
    /// <returns>It was signalled: whatever it still answers, it ends and is given nothing more.</returns>
    bool Cancel(ulong handle);

    /// <summary>What its processes carry in their environment, so that they are found; empty: nothing.</summary>
    string Mark { get; }

    /// <summary>
    /// What the process with everything that it starts is watched for from now on; null: nothing. Who goes over a limit is reported
    /// (<see cref="IRunnerEvents.Exceeded"/>), and ended by nobody but the core.
    /// </summary>
    void Guard(TaskGuard? guard);

    /// <summary>No more commands: it ends by itself when it has done what it has.</summary>
    void Close();

    /// <summary>A signal to the runner and everything in its process group.</summary>
    void Signal(int signal);
}

/// <summary>What a runner reports, in the order in which it happened. Implemented by the owner loop's poster.</summary>
internal interface IRunnerEvents
{
    /// <summary>Frames that arrived together.</summary>
    void Reports(IRunner runner, IReadOnlyList<SlotReport> reports);

    /// <summary>Lines that the process wrote to its standard error.</summary>
    void Lines(IRunner runner, IReadOnlyList<string> lines);

    /// <summary>
    /// Completes when what was reported before has been taken, and never fails. Whoever reads what a process says waits for it now and
    /// then, so that a process that floods is held back by its full pipe.
    /// </summary>
    Task TakenAsync();

    /// <summary>A program has said what it must not, or too much of it. It is of no use any more.</summary>
    void Violated(IRunner runner, ErrorEntry entry, string message);

    /// <summary>A limit was exceeded; reported again as long as it is.</summary>
    void Exceeded(IRunner runner, Excess excess);

    /// <summary>A fault of ours while the process was served: it was killed, and <see cref="Ended"/> follows.</summary>
    void Faulted(IRunner runner, Exception fault);

    /// <summary>The process was reaped and everything it wrote was reported.</summary>
    /// <param name="runner">Whose.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="output">What a program wrote to its standard output, after <see cref="IRunner.Execute"/>.</param>
    void Ended(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output);
}

/// <summary>One frame of a runner, taken out of its buffer.</summary>
internal readonly record struct SlotReport
{
    public required FrameKind Kind { get; init; }
    public ulong Handle { get; init; }
    public long RunMicros { get; init; }
    public bool Retryable { get; init; }
    public double Fraction { get; init; }
    public TaskLogLevel Level { get; init; }
    public string Text { get; init; }
    public string Code { get; init; }
    public Google.Protobuf.ByteString Result { get; init; }
}
