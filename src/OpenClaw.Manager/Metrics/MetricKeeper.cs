using Microsoft.Extensions.Logging;
using OpenClaw.Core.Metrics;
using OpenClaw.Hosting.Loops;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Manager.Metrics;

/// <summary>Samples the metrics every ten seconds and brings them to the store twice a minute, until it is disposed. Sampling goes on while the store fails.</summary>
internal sealed class MetricKeeper : IAsyncDisposable
{
    /// <summary>What a crash may lose, and how often the chunk that grows is written anew.</summary>
    private static readonly TimeSpan FlushPeriod = TimeSpan.FromSeconds(30);

    private readonly MetricHistory history;
    private readonly MetricsHost metrics;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource ended = new();
    private readonly Task running;

    public MetricKeeper(MetricHistory history, MetricsHost metrics, TimeProvider time, ILogger logger)
    {
        (this.history, this.metrics, this.time) = (history, metrics, time);
        var sampling = new SupervisedLoop(new LoopOptions { Name = "metrics" }, SampleAsync, time, logger, seed: 1);
        var flushing = new SupervisedLoop(
            new LoopOptions { Name = "history of metrics", Period = FlushPeriod },
            async ct => await history.FlushAsync(ct),
            time,
            logger,
            seed: 2
        );
        running = Task.WhenAll(sampling.RunAsync(ended.Token), flushing.RunAsync(ended.Token));
    }

    /// <summary>The metrics of this moment.</summary>
    public async ValueTask<IReadOnlyList<MetricValue>> NowAsync(CancellationToken cancellation) =>
        MetricValue.Of(await metrics.CollectFamiliesAsync(cancellation));

    /// <summary>Ends the loops, and the history with a last flush.</summary>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await running;
        ended.Dispose();
        await history.DisposeAsync();
    }

    // At the beginning of each slot, by the wall clock: samples of several runs of a manager, and of several managers, fit together.
    private async ValueTask SampleAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await Task.Delay(MetricTime.TimeOf(MetricTime.SlotOf(now) + 1) - now, time, cancellation);
        var slot = MetricTime.SlotOf(time.GetUtcNow());
        history.Add(slot, await NowAsync(cancellation));
    }
}
