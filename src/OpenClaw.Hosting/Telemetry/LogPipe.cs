using System.Diagnostics.Metrics;
using System.Threading.Channels;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>
/// Carries lines from many threads to one sink, through a bounded queue and a single writer. A caller never waits: when
/// the queue is full the new line is dropped (policy: drop newest), counted, and reported in the log once there is room.
/// Lines that the sink could not write are counted and reported alike.
/// </summary>
public sealed class LogPipe : IAsyncDisposable
{
    /// <summary>How long <see cref="DisposeAsync"/> waits for the queue to be written.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private const int BatchLines = 1024;

    private readonly ILogSink sink;
    private readonly TimeProvider time;
    private const string GoesOn = "the program goes on without it";

    private readonly int capacity;
    private readonly Channel<Item> queue;
    private readonly Counter<long>? dropCounter;
    private readonly Action<string>? onFault;
    private readonly Task writer;
    private long dropped;
    private long lost;

    // Owned by the writer.
    private long droppedReported;
    private long lostReported;
    private bool faulty;

    /// <param name="sink">Owned by the pipe from here on.</param>
    /// <param name="capacity">Lines.</param>
    /// <param name="time">Stamps the pipe's own lines.</param>
    /// <param name="dropCounter">The instrument of <see cref="MetricNames.LogDropped"/>; null: not measured.</param>
    /// <param name="onFault">Told once when the sink begins to fail, with a sentence; called by the writer.</param>
    public LogPipe(ILogSink sink, int capacity, TimeProvider time, Counter<long>? dropCounter = null, Action<string>? onFault = null)
    {
        this.onFault = onFault;
        this.sink = sink;
        this.time = time;
        this.capacity = capacity;
        this.dropCounter = dropCounter;
        queue = Channel.CreateBounded<Item>(
            new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait }
        );
        writer = Task.Run(WriteAllAsync);
    }

    /// <summary>Lines dropped because the queue was full.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Lines that the sink could not write.</summary>
    public long Lost => Interlocked.Read(ref lost);

    /// <summary>Hands a line over without waiting; false when it was dropped. After the pipe was disposed every line is dropped.</summary>
    public bool TryWrite(LogLine line)
    {
        if (queue.Writer.TryWrite(new(line, null)))
        {
            return true;
        }
        Interlocked.Increment(ref dropped);
        Count(1, "queue_full");
        return false;
    }

    /// <summary>Completes when everything that was handed over before has been given to the sink and flushed.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation = default)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await queue.Writer.WriteAsync(new(null, done), cancellation);
        }
        catch (ChannelClosedException)
        {
            await writer.WaitAsync(cancellation);
            return;
        }
        await done.Task.WaitAsync(cancellation);
    }

    /// <summary>Takes no more lines, writes what waits, for at most <see cref="DrainTime"/>, and closes the sink.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        try
        {
            await writer.WaitAsync(DrainTime, time);
        }
        catch (TimeoutException)
        {
            // A terminal that nobody reads blocks the writer; the process ends without those lines rather than not at all.
        }
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<Item>(BatchLines);
        while (await queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < BatchLines && queue.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }
            Write(batch);
            batch.ForEach(i => i.Flushed?.TrySetResult());
            batch.Clear();
        }
        sink.Dispose();
    }

    private void Write(List<Item> batch)
    {
        var lines = batch.Count(i => i.Line is not null);
        var (droppedNow, lostNow) = (Dropped, Lost);
        try
        {
            foreach (var item in batch)
            {
                if (item.Line is not null)
                {
                    sink.Append(item.Line);
                }
            }
            Report(droppedNow - droppedReported, $"log lines were dropped: more than {capacity} were waiting");
            Report(lostNow - lostReported, "log lines were lost: the log could not be written");
            sink.Flush();
            (droppedReported, lostReported) = (droppedNow, lostNow);
            faulty = false;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // There is no log to tell it to. It is counted, and told as soon as the sink takes lines again.
            Interlocked.Add(ref lost, lines);
            Count(lines, "unwritable");
            if (!faulty)
            {
                faulty = true;
                onFault?.Invoke($"{new Failure(Catalogue.LogUnwritable, $"{sink.Place} cannot be written: {e.Message}")}; {GoesOn}");
            }
        }
    }

    private void Report(long count, string what)
    {
        if (count > 0)
        {
            sink.Append(
                new()
                {
                    Severity = LogSeverity.Warn,
                    Time = time.GetUtcNow(),
                    Text = $"{count} {what}",
                }
            );
        }
    }

    private void Count(long lines, string reason) =>
        dropCounter?.Add(lines, new KeyValuePair<string, object?>("log", sink.Name), new KeyValuePair<string, object?>("reason", reason));

    private readonly record struct Item(LogLine? Line, TaskCompletionSource? Flushed);
}
