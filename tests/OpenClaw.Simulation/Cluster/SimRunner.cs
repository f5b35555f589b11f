using Google.Protobuf;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Simulation.World;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Simulation.Cluster;

/// <summary>
/// A process that runs tasks, one after the other in the order in which they were given. It may be slow to start, end at its start,
/// crash, hang, or take no notice of SIGTERM.
/// </summary>
internal sealed class SimRunner : IRunner
{
    /// <summary>What a report takes to get from the process to its worker's loop.</summary>
    private const long PipeDelay = 200;

    private static readonly ByteString Result = ByteString.CopyFromUtf8("1");

    private readonly SimWorld world;
    private readonly WorkerProcess worker;
    private readonly Queue<(long Task, int Attempt)> given = new();
    private readonly List<(long Task, int Attempt)> unsent = [];
    private (long Task, int Attempt)? current;
    private long began;
    private RunPlan plan;
    private bool ready;
    private bool closing;
    private bool over;

    public SimRunner(SimWorld world, WorkerProcess worker, int id)
    {
        this.world = world;
        this.worker = worker;
        ProcessId = id;
        if (world.Options.WithFaults && !world.Faults.HaveStopped && world.Chance(0.002))
        {
            world.After(world.Between(1, 200) * SimWorld.Millisecond, () => End(world.Chance(0.5) ? 1 : null, 11));
        }

        var slow = world.Options.WithFaults && world.Chance(0.002);
        world.After(
            slow ? world.Between(1, 60) * SimWorld.Second : world.Between(20, 200) * SimWorld.Millisecond,
            () =>
            {
                if (!over)
                {
                    ready = true;
                    Report(new SlotReport { Kind = FrameKind.Ready });
                    Next();
                }
            }
        );
    }

    public int ProcessId { get; }

    /// <summary>Nothing is on its way to or in it.</summary>
    public bool IsIdle => ready && current is null && given.Count == 0 && !over && !closing;

    public void Queue(in RunCommand command) => unsent.Add(((long)command.Handle, command.Attempt));

    public void Flush()
    {
        if (unsent.Count > 0)
        {
            unsent.ForEach(given.Enqueue);
            unsent.Clear();
            Next();
        }
    }

    public void Execute(ExecCommand command, ReadOnlyMemory<byte> payload) => throw new NotSupportedException("No programs here.");

    public void Serve(ExecCommand command, TimeSpan helloWithin) => throw new NotSupportedException("No programs here.");

    public void Give(in ServeTask task) => throw new NotSupportedException("No programs here.");

    public bool Cancel(ulong handle) => throw new NotSupportedException("No programs here.");

    public string Mark => "";

    // Nothing is too much here.
    public void Guard(TaskGuard? guard) { }

    public void Close()
    {
        closing = true;
        Next();
    }

    public void Signal(int signal)
    {
        if (signal == Signals.Kill || !(current is not null && plan.IgnoresTerm))
        {
            world.After(world.Between(1, 20) * SimWorld.Millisecond, () => End(null, signal));
        }
    }

    /// <summary>Its worker is gone, so the kernel ends it.</summary>
    public void Vanish()
    {
        over = true;
        Leave();
    }

    private void Next()
    {
        if (over || !ready || current is not null)
        {
            return;
        }

        if (given.Count == 0)
        {
            if (closing)
            {
                world.After(SimWorld.Millisecond, () => End(0, null));
            }

            return;
        }

        var next = given.Dequeue();
        current = next;
        began = world.Now;
        plan = world.Clients.PlanOf(next.Task, next.Attempt);
        world.Checker.Began(next.Task, next.Attempt, worker.Machine.Number, worker.Incarnation);
        Report(new SlotReport { Kind = FrameKind.Started, Handle = (ulong)next.Task });
        if (plan.Ends != RunEnd.Never)
        {
            world.After(plan.Micros, () => Done(next));
        }
    }

    private void Done((long Task, int Attempt) of)
    {
        if (over || current != of)
        {
            return;
        }

        if (plan.Ends == RunEnd.Crash)
        {
            End(null, 11);
            return;
        }

        Leave();
        Report(
            new SlotReport
            {
                Kind = plan.Ends == RunEnd.Success ? FrameKind.Succeeded : FrameKind.Failed,
                Handle = (ulong)of.Task,
                RunMicros = world.Now - began,
                Retryable = plan.Ends == RunEnd.Failure,
                Text = "it failed",
                Code = "",
                Result = plan.Ends == RunEnd.Success ? Result : ByteString.Empty,
            }
        );
        Next();
    }

    private void Leave()
    {
        if (current is { } of)
        {
            current = null;
            world.Checker.Over(of.Task, of.Attempt, worker.Machine.Number, worker.Incarnation);
        }
    }

    private void End(int? exit, int? signal)
    {
        if (over)
        {
            return;
        }

        over = true;
        Leave();
        var end = new ProcessEnd(exit, exit is null ? signal : null, CoreDumped: false, 1 << 20, TimeSpan.Zero);
        world.After(PipeDelay, () => worker.Run(core => core.OnRunnerEnded(this, end, default)));
        worker.Forget(this);
    }

    private void Report(SlotReport report) => world.After(PipeDelay, () => worker.Run(core => core.OnReports(this, [report])));
}
