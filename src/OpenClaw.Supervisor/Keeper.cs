using System.Runtime.InteropServices;
using System.Threading.Channels;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Supervisor;

/// <summary>
/// Keeps the children of a plan alive. Everything that happens becomes a step of one loop; the loop alone touches the children.
/// At rest it waits on signals and pipes and uses no processor time.
/// </summary>
internal sealed partial class Keeper : IDisposable
{
    public const int ExitUsage = 2;
    public const int ExitConfig = 6;
    public const int ExitResource = 7;

    private readonly SupervisorPlan plan;
    private readonly LineWriter log;
    private readonly EventWriter events;
    private readonly ServiceManager? service;
    private readonly TimeProvider time;
    private readonly List<SupervisedChild> children;
    private readonly Leftovers leftovers;

    // Unbounded, and small: a handful of steps for each life of a child.
    private readonly Channel<Action> steps = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly CancellationTokenSource finished = new();
    private readonly List<Task> background = [];
    private readonly CancellationTokenSource hurry = new();
    private bool stopping;
    private int exitCode;

    public Keeper(SupervisorPlan plan, LineWriter log, EventWriter events, ServiceManager? service, TimeProvider time)
    {
        this.plan = plan;
        this.log = log;
        this.events = events;
        this.service = service;
        this.time = time;
        children = [.. plan.Children.Select(child => new SupervisedChild(child))];
        leftovers = new Leftovers(time);
    }

    /// <summary>Runs until everything is stopped; gives the exit code.</summary>
    public async Task<int> RunAsync()
    {
        _ = Subreaper.Enable();
        using var orphans = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => leftovers.Reap());
        using var terminate = OnStop(PosixSignal.SIGTERM);
        using var interrupt = OnStop(PosixSignal.SIGINT);
        using var quit = OnStop(PosixSignal.SIGQUIT);
        using var hangUp = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP,
            context =>
            {
                context.Cancel = true;
                Post(OnHangUp);
            }
        );
        var lifeline = plan.LifelineFd is { } number && Descriptors.Adopt(number) is { } end ? Lifeline.On(end) : null;
        using var cut = lifeline?.Ended.Register(() => Post(() => Stop(0)));
        Watch();
        StartWhatCan();
        TellStatus();
        await foreach (var step in steps.Reader.ReadAllAsync())
        {
            step();
            background.RemoveAll(task => task.IsCompletedSuccessfully);
        }
        await finished.CancelAsync();
        await Task.WhenAll(background);
        if (lifeline is not null)
        {
            await lifeline.DisposeAsync();
        }
        events.Tell(new SupervisorEvent { Event = "stopped", Code = exitCode });
        return exitCode;
    }

    public void Dispose()
    {
        finished.Dispose();
        hurry.Dispose();
    }

    private PosixSignalRegistration OnStop(PosixSignal signal) =>
        PosixSignalRegistration.Create(
            signal,
            context =>
            {
                context.Cancel = true;
                Post(() => OnStopSignal());
            }
        );

    /// <summary>
    /// "Read your settings again". A program that has not come far enough to listen to it would be ended by it, and reads them in a
    /// moment anyway.
    /// </summary>
    private static void PassHangUp(SupervisedChild child)
    {
        if (child.Process is { } process && (SignalCare.Catches(process.Id, Signals.HangUp) ?? child.IsReady))
        {
            _ = process.Signal(Signals.HangUp);
        }
    }

    private void Post(Action step) => _ = steps.Writer.TryWrite(step);

    /// <summary>Work beside the loop; it ends with a step posted to it. An exception in it is a bug, and ends the supervisor aloud.</summary>
    private void Beside(Func<Task> work) => background.Add(GuardAsync(work));

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            _ = steps.Writer.TryComplete(e);
        }
    }

    private void After(TimeSpan delay, Action step) =>
        Beside(async () =>
        {
            try
            {
                await Task.Delay(delay, time, finished.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            Post(step);
        });

    private void StartWhatCan()
    {
        foreach (var child in children)
        {
            var mayStart =
                !stopping
                && child is { State: ChildState.Waiting, Incarnation: 0 }
                && child.Plan.StartAfter.All(name => children.Any(other => other.Name == name && other.WasEverReady));
            if (mayStart)
            {
                Start(child);
            }
        }
    }

    private void Start(SupervisedChild child)
    {
        PipeStream ready;
        try
        {
            ready = child.Start(time.GetUtcNow(), time.GetTimestamp(), AliveEvery);
        }
        catch (Exception e) when (e is ChildStartException or IOException or UnauthorizedAccessException)
        {
            log.Say($"[FATAL] clw-init-fail: {child.Name}: {e.Message}");
            child.State = ChildState.Gone;
            Stop(ExitResource);
            return;
        }
        var process = child.Process!;
        Tell("started", child, pid: process.Id);
        Beside(() => ListenAsync(child, child.Incarnation, ready));
        Beside(async () =>
        {
            var end = await process.Ended;
            Post(() => OnEnd(child, process, end));
        });
    }

    /// <summary>Reads what a process says about itself until it closes the pipe, with its end at the latest.</summary>
    private async Task ListenAsync(SupervisedChild child, long incarnation, PipeStream pipe)
    {
        const int MaxLine = 4096;
        await using (pipe)
        {
            var buffer = new byte[MaxLine];
            var held = 0;
            var ready = false;
            var hit = false;
            var named = false;
            try
            {
                while (await pipe.ReadAsync(buffer.AsMemory(held), finished.Token) is > 0 and var count)
                {
                    held += count;
                    while (buffer.AsSpan(0, held).IndexOf((byte)'\n') is >= 0 and var end)
                    {
                        // Only the first "ready" becomes a step: a child that floods this pipe must not flood the loop.
                        if (!ready && buffer.AsSpan(0, end).SequenceEqual("ready"u8))
                        {
                            ready = true;
                            Post(() => OnReady(child, incarnation));
                        }
                        else if (!hit && ReadySignal.IsHit(buffer.AsSpan(0, end)) is { } signal)
                        {
                            hit = true;
                            Post(() => OnHit(child, incarnation, signal));
                        }
                        else if (!named && ReadySignal.IncarnationOf(buffer.AsSpan(0, end)) is { } number)
                        {
                            named = true;
                            child.CallsItself(incarnation, number);
                        }
                        else if (buffer.AsSpan(0, end).SequenceEqual("alive"u8))
                        {
                            child.LastAlive = time.GetTimestamp();
                        }
                        else if (buffer.AsSpan(0, end).StartsWith("status "u8))
                        {
                            var text = System.Text.Encoding.UTF8.GetString(buffer, 7, end - 7);
                            events.Tell(
                                new SupervisorEvent
                                {
                                    Event = "status",
                                    Child = child.Name,
                                    Text = text,
                                }
                            );
                            // One step for however many statuses: the newest counts.
                            if (Interlocked.Exchange(ref child.Said, text) is null)
                            {
                                Post(() => OnStatus(child, incarnation));
                            }
                        }
                        buffer.AsSpan(end + 1, held - end - 1).CopyTo(buffer);
                        held -= end + 1;
                    }
                    // A line without end says nothing that we know.
                    held = held == MaxLine ? 0 : held;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The pipe says no more; that the process ended comes another way.
            }
        }
    }

    private void OnReady(SupervisedChild child, long incarnation)
    {
        if (child.Incarnation == incarnation && child.State == ChildState.Running)
        {
            child.IsReady = true;
            child.WasEverReady = true;
            child.CatchesFaults = child.Process is { } process && SignalCare.Catches(process.Id, Signals.SegmentationFault) == true;
            Tell("ready", child, pid: child.Process?.Id);
            StartWhatCan();
            TellStatus();
        }
    }

    private void Tell(string what, SupervisedChild child, int? pid = null) =>
        events.Tell(
            new SupervisorEvent
            {
                Event = what,
                Child = child.Name,
                Pid = pid,
                Incarnation = child.KnownAs,
            }
        );
}
