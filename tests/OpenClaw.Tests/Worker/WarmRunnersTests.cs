using System.Collections.Concurrent;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

/// <summary>Runners that are kept ready, with the real program.</summary>
public sealed class WarmRunnersTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TreeWatch watch = new(TimeProvider.System);
    private readonly Heard heard = new();
    private readonly ConcurrentQueue<RunnerProcess> started = new();
    private readonly WarmRunners warm;
    private RunnerDirectories? directories;
    private string program = Path.Combine(AppContext.BaseDirectory, "clw-runner");

    public WarmRunnersTests() => warm = new WarmRunners(Start, heard, Environment("1"), 1, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await warm.StopAsync();
        foreach (var runner in started)
        {
            runner.Signal(Signals.Kill);
            await runner.Completion;
        }

        watch.Dispose();
    }

    private RunnerProcess Start(IReadOnlyList<string> environment, IRunnerEvents events)
    {
        var runner = RunnerProcess.Start(program, environment, events, TimeProvider.System, new RunnerFences(watch), directories?.Next());
        started.Enqueue(runner);
        return runner;
    }

    [Fact]
    public async Task ASpareThatNobodyHasTakenLeavesNoDirectory()
    {
        var root = Directory.CreateTempSubdirectory("openclaw-runners-");
        try
        {
            directories = new RunnerDirectories(root.FullName);
            _ = warm.Take();
            await UntilAsync(() => started.Count == 2);
            warm.Change(Environment("2"), 0);
            await UntilAsync(() => root.EnumerateDirectories().Count() == 1);
            Assert.True(Directory.Exists(started.First().WorkingDirectory));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static IReadOnlyList<string> Environment(string mark) => ChildStart.InheritedEnvironment(("WARM_MARK", mark));

    [Fact]
    public async Task ASpareIsThereBeforeItIsWanted()
    {
        var first = warm.Take();
        await heard.ReadyAsync(first);
        await UntilAsync(() => started.Count == 2);
        var spare = started.Last();

        // Nothing is heard of it until it is somebody's.
        var second = warm.Take();
        Assert.Same(spare, second);
        await heard.ReadyAsync(second);
        await UntilAsync(() => started.Count == 3);
        Assert.False(heard.IsReady(started.Last()));
    }

    [Fact]
    public async Task OneThatHasEndedIsNotGivenOut()
    {
        _ = warm.Take();
        await UntilAsync(() => started.Count == 2);
        var spare = started.Last();
        spare.Signal(Signals.Kill);
        await spare.Completion;
        Assert.NotSame(spare, warm.Take());
        Assert.False(heard.HasEnded(spare));
    }

    [Fact]
    public async Task ChangedSettingsReachTheSpares()
    {
        _ = warm.Take();
        await UntilAsync(() => started.Count == 2);
        var old = started.Last();
        warm.Change(Environment("2"), 1);
        await old.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await UntilAsync(() => started.Count == 3);
        var taken = (RunnerProcess)warm.Take();
        await heard.ReadyAsync(taken);
        Assert.Contains("WARM_MARK=2", File.ReadAllText($"/proc/{taken.ProcessId}/environ"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStopLeavesNone()
    {
        _ = warm.Take();
        await UntilAsync(() => started.Count == 2);
        await warm.StopAsync();
        Assert.True(started.Last().Completion.IsCompleted);
        var last = warm.Take();
        Assert.Equal(3, started.Count);
        Assert.Same(started.Last(), last);
    }

    [Fact]
    public void WhereNoneCanBeStartedTheOneWhoAsksIsTold()
    {
        program = "/nowhere/clw-runner";
        Assert.Throws<ChildStartException>(() => warm.Take());
        Assert.Throws<ChildStartException>(() => warm.Take());
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private sealed class Heard : IRunnerEvents
    {
        private readonly ConcurrentDictionary<IRunner, TaskCompletionSource> ready = new();
        private readonly ConcurrentDictionary<IRunner, bool> ended = new();

        public bool IsReady(IRunner runner) => ready.TryGetValue(runner, out var word) && word.Task.IsCompleted;

        public bool HasEnded(IRunner runner) => ended.ContainsKey(runner);

        public Task ReadyAsync(IRunner runner) =>
            ready.GetOrAdd(runner, _ => new()).Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        public void Reports(IRunner runner, IReadOnlyList<SlotReport> reports)
        {
            if (reports.Any(r => r.Kind == FrameKind.Ready))
            {
                // Once: a slot that is told twice would take twice.
                ready.GetOrAdd(runner, _ => new()).SetResult();
            }
        }

        public void Lines(IRunner runner, IReadOnlyList<string> lines) { }

        public Task TakenAsync() => Task.CompletedTask;

        public void Violated(IRunner runner, ErrorEntry entry, string message) { }

        public void Exceeded(IRunner runner, Excess excess) { }

        public void Faulted(IRunner runner, Exception fault) { }

        public void Ended(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output) => ended[runner] = true;
    }
}
