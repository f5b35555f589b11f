using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Limits;

namespace OpenClaw.Worker.Runners;

/// <summary>
/// Processes that were started ahead, so that a slot whose runner has ended goes on at once. Whoever takes one gets it as if it had just
/// been started: its word that it is ready follows. Thread-safe; the next is started beside the caller.
/// </summary>
/// <remarks>
/// Failures are not told here: a slot that finds no spare starts a runner itself, meets the same trouble, and knows how often it may try.
/// </remarks>
internal sealed class WarmRunners(
    Func<IReadOnlyList<string>, IRunnerEvents, RunnerProcess> start,
    IRunnerEvents events,
    IReadOnlyList<string> environment,
    int count,
    TimeProvider time
)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly IRunnerEvents events = events;
    private readonly Lock gate = new();
    private readonly List<Spare> spares = [];
    private IReadOnlyList<string> environment = environment;
    private int count = count;
    private int starting;
    private bool closed;

    /// <summary>A runner for a slot; another is started in its place.</summary>
    /// <exception cref="ChildStartException">There was none, and the system refused to start one.</exception>
    public IRunner Take()
    {
        Spare? spare;
        IReadOnlyList<string> now;
        lock (gate)
        {
            now = environment;
            spare = spares.Find(static s => s.Ready is not null) ?? spares.FirstOrDefault();
            if (spare is not null)
            {
                spares.Remove(spare);
                spare.IsTaken = true;
            }
        }

        if (spare is null)
        {
            // The slot's before the next spare.
            var runner = start(now, events);
            Refill();
            return runner;
        }

        Refill();
        if (spare.Ready is { } ready)
        {
            // Comes to the slot after the slot has it.
            events.Reports(spare.Runner!, ready);
        }

        return spare.Runner!;
    }

    /// <summary>From now on so many are kept, with this environment; those of before end.</summary>
    public void Change(IReadOnlyList<string> next, int wanted)
    {
        List<Spare> outdated;
        lock (gate)
        {
            environment = next;
            count = wanted;
            outdated = [.. spares];
            spares.Clear();
        }

        outdated.ForEach(static s => s.Runner!.Close());
        Refill();
    }

    /// <summary>Ends them, and keeps none any more.</summary>
    public async Task StopAsync()
    {
        List<RunnerProcess> last;
        lock (gate)
        {
            closed = true;
            last = [.. spares.Select(static s => s.Runner!)];
            spares.Clear();
        }

        last.ForEach(static r => r.Close());
        var ended = Task.WhenAll(last.Select(static r => r.Completion));
        await Task.WhenAny(ended, Task.Delay(Patience, time));
        last.ForEach(static r => r.Signal(Signals.Kill));
        await ended;
    }

    private void Refill()
    {
        lock (gate)
        {
            while (!closed && spares.Count + starting < count)
            {
                starting++;
                ThreadPool.UnsafeQueueUserWorkItem(static (self) => self.StartOne(), this, preferLocal: false);
            }
        }
    }

    private void StartOne()
    {
        IReadOnlyList<string> with;
        lock (gate)
        {
            with = environment;
        }

        var spare = new Spare(this);
        RunnerProcess? runner = null;
        try
        {
            runner = start(with, spare);
        }
        catch (Exception e) when (e is ChildStartException or IOException)
        {
            // See the remarks.
        }

        lock (gate)
        {
            starting--;
            if (runner is null || spare.IsOver)
            {
                return;
            }

            spare.Runner = runner;
            if (!closed && ReferenceEquals(with, environment) && spares.Count < count)
            {
                spares.Add(spare);
                return;
            }
        }

        runner.Close();
        Refill();
    }

    /// <summary>Listens to one until it is taken, and hands on what it says from then on.</summary>
    private sealed class Spare(WarmRunners owner) : IRunnerEvents
    {
        public RunnerProcess? Runner { get; set; }

        /// <summary>Its word that it is ready; null: not yet.</summary>
        public IReadOnlyList<SlotReport>? Ready { get; private set; }
        public bool IsTaken { get; set; }
        public bool IsOver { get; private set; }

        public void Reports(IRunner runner, IReadOnlyList<SlotReport> reports)
        {
            lock (owner.gate)
            {
                if (!IsTaken)
                {
                    Ready ??= reports.Any(static r => r.Kind == FrameKind.Ready) ? reports : null;
                    return;
                }
            }

            owner.events.Reports(runner, reports);
        }

        public void Lines(IRunner runner, IReadOnlyList<string> lines) => owner.events.Lines(runner, lines);

        public Task TakenAsync() => owner.events.TakenAsync();

        public void Violated(IRunner runner, ErrorEntry entry, string message) => owner.events.Violated(runner, entry, message);

        public void Exceeded(IRunner runner, Excess excess) => owner.events.Exceeded(runner, excess);

        public void Faulted(IRunner runner, Exception fault) => owner.events.Faulted(runner, fault);

        public void Ended(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output)
        {
            lock (owner.gate)
            {
                IsOver = true;
                if (!IsTaken)
                {
                    // Nobody else hears of its end.
                    owner.spares.Remove(this);
                    RunnerDirectories.Remove(runner.WorkingDirectory);
                    return;
                }
            }

            owner.events.Ended(runner, end, output);
        }
    }
}
