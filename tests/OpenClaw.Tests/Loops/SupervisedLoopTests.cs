using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Loops;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Loops;

public sealed class SupervisedLoopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly VirtualTime time = new();
    private readonly RecordingLogger logger = new();
    private readonly Channel<int> passes = Channel.CreateUnbounded<int>();
    private readonly CancellationTokenSource stop = new();
    private Exception? fault;
    private int count;

    private (SupervisedLoop Loop, Task Running) Run(LoopOptions options)
    {
        var loop = new SupervisedLoop(
            options,
            _ =>
            {
                passes.Writer.TryWrite(++count);
                return fault is null ? ValueTask.CompletedTask : ValueTask.FromException(fault);
            },
            time,
            logger,
            seed: 1
        );
        return (loop, Task.Run(() => loop.RunAsync(stop.Token)));
    }

    private async Task Pass() => await passes.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private Task<TimeSpan> Armed(double seconds) =>
        time.WhenArmedAsync(left => Math.Abs(left.TotalSeconds - seconds) <= seconds * 0.26).WaitAsync(Patience);

    [Fact]
    public async Task Rests_between_passes_wakes_early_and_ends_when_told()
    {
        var (loop, running) = Run(new() { Name = "sweep", Period = TimeSpan.FromSeconds(10) });
        await Pass();
        time.Advance(await Armed(10));
        await Pass();
        await Armed(10);
        loop.Wake();
        await Pass();
        await Armed(10);
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
        Assert.Equal(3, loop.Status.Passes);
        Assert.Empty(logger.Lines);
        Assert.Equal(0, time.ArmedCount);
    }

    [Fact]
    public async Task A_wake_during_a_pass_is_not_lost()
    {
        var (loop, running) = Run(new() { Name = "sweep", Period = TimeSpan.FromSeconds(10) });
        await Pass();
        loop.Wake();
        await Pass();
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_fault_rests_even_when_woken_says_so_once_reminds_and_recovers_with_one_line()
    {
        fault = new FailureException(new(Catalogue.StoreFull, "no room"));
        var (loop, running) = Run(
            new()
            {
                Name = "sweep",
                Period = TimeSpan.FromHours(1),
                Reminder = TimeSpan.FromMinutes(5),
            }
        );
        double[] rests = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60];
        foreach (var rest in rests)
        {
            await Pass();
            loop.Wake();
            time.Advance(await Armed(rest));
        }

        Assert.Equal(2, logger.At(LogLevel.Error).Count);
        Assert.StartsWith("clw-store-full: sweep failed: no room", logger.At(LogLevel.Error)[0], StringComparison.Ordinal);
        Assert.False(loop.Status.IsHealthy);
        await Pass();
        fault = null;
        time.Advance(await Armed(60));
        await Pass();
        await Pass();
        Assert.Single(logger.At(LogLevel.Information));
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
        Assert.True(loop.Status.IsHealthy);
    }

    [Fact]
    public async Task A_pass_that_never_waits_does_not_keep_the_thread_that_started_it()
    {
        var loop = new SupervisedLoop(new() { Name = "spin" }, _ => ValueTask.CompletedTask, time, logger, seed: 1);
        var running = loop.RunAsync(stop.Token); // Would not return.
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_a_fault()
    {
        fault = new OperationCanceledException();
        var (loop, running) = Run(new() { Name = "sweep" });
        await Pass();
        await Armed(1);
        Assert.Equal(1, loop.Status.FailuresInARow);
        Assert.Contains("clw-internal", Assert.Single(logger.Lines).Text, StringComparison.Ordinal);
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
    }
}
