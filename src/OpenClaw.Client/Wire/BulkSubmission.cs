using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Client.Wire;

/// <summary>
/// One bulk submission: gathers tasks into batches, keeps several under way, and knows at every moment which are stored, which are
/// not, and which may be. One loop owns everything here.
/// </summary>
/// <param name="caller">Makes the calls.</param>
/// <param name="source">The tasks.</param>
/// <param name="options">Validated.</param>
/// <param name="ending">Cancelled by the caller, and by us when the source is no longer needed; the source heeds it.</param>
internal sealed class BulkSubmission(Caller caller, IAsyncEnumerator<TaskSpec> source, BulkOptions options, CancellationTokenSource ending)
{
    /// <summary>A batch is sent when its tasks have this size together; with one task of the largest kind more it still fits a message.</summary>
    private const int FullAtBytes = 1024 * 1024;

    private readonly Patience patience = caller.NewPatience(endless: false);
    private readonly Queue<Batch> underWay = [];

    /// <summary>Receipts by the first task's place, of batches that were stored before an earlier one was.</summary>
    private readonly SortedDictionary<long, BulkReceipt> held = [];
    private readonly HashSet<string> unserved = new(StringComparer.Ordinal);
    private RpcCall<SubmitManyRequest, SubmitManyResponse>? call;
    private Batch building = new(0);
    private Task<bool>? moving;
    private bool sourceEnded;
    private Failure? refusal;
    private long given;
    private long acknowledged;
    private long existing;

    private bool IsFull => building.Request.Tasks.Count >= options.BatchSize || building.Bytes >= FullAtBytes;

    public async Task<Result<BulkSummary>> RunAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    await SendAndReceiveAsync();
                    return refusal is null ? new BulkSummary(acknowledged, existing, [.. unserved]) : Explain(refusal, 0);
                }
                catch (FailureException e)
                {
                    if (await ReopenAsync(e.Failure) is { } lost)
                    {
                        return lost;
                    }
                }
            }
        }
        finally
        {
            // What is stored has its receipt, however this ends and whatever has become of an earlier batch.
            try
            {
                await GiveReceiptsAsync(long.MaxValue);
            }
            finally
            {
                await CloseAsync();
                await LetGoOfSourceAsync();
            }
        }
    }

    // Until everything is answered. Throws when the call breaks.
    private async Task SendAndReceiveAsync()
    {
        Task<SubmitManyResponse?>? reading = null;
        await ResendAsync();
        while (true)
        {
            await GatherAsync();
            if (
                building.Request.Tasks.Count > 0
                && underWay.Count + held.Count < options.Ahead
                && (IsFull || sourceEnded || !moving!.IsCompleted)
            )
            {
                // A source that makes us wait does not hold up what it has given.
                var batch = building;
                building = new(given);
                underWay.Enqueue(batch);
                await WriteAsync(batch);
                continue;
            }

            if (underWay.Count == 0)
            {
                if (sourceEnded)
                {
                    return;
                }

                await Task.WhenAny(moving!);
                continue;
            }

            reading ??= Call().ReadAsync().AsTask();
            Task next = sourceEnded || IsFull || refusal is not null ? reading : Task.WhenAny(reading, moving!);
            await next;
            if (reading.IsCompleted)
            {
                var response = await reading ?? throw EndedEarly().AsException();
                reading = null;
                await TakeAsync(response);
            }
        }
    }

    // Takes from the source what is there without waiting.
    private async Task GatherAsync()
    {
        while (!sourceEnded && !IsFull)
        {
            moving ??= source.MoveNextAsync().AsTask();
            if (refusal is not null)
            {
                sourceEnded = true;
                return;
            }

            if (!moving.IsCompleted)
            {
                return;
            }

            if (!await MovedAsync())
            {
                sourceEnded = true;
                moving = null;
                return;
            }

            moving = null;
            building.Add(source.Current);
            given++;
        }

        moving ??= sourceEnded ? null : source.MoveNextAsync().AsTask();
    }

    private async Task TakeAsync(SubmitManyResponse response)
    {
        var batch = underWay.Dequeue();
        caller.Answered();
        patience.Reset();
        if (response.Failure is not { Code.Length: > 0 } refused)
        {
            acknowledged += response.Ids.Count;
            existing += response.Existing;
            unserved.UnionWith(response.UnservedTypes);
            held.Add(batch.First, new BulkReceipt(batch.First, response.Ids, response.Existing, response.UnservedTypes));
            await GiveReceiptsAsync(FirstUnderWay());
            return;
        }

        var failure = new Failure(Catalogue.FindOrInternal(refused.Code), refused.Message, refused.Next.Length == 0 ? null : refused.Next);
        if (failure.Entry == Catalogue.TaskQueueFull || failure.Entry == Catalogue.ManagerStopping)
        {
            // Nothing of it is stored, and later it may go.
            var wait = TimeSpan.FromMilliseconds(Math.Clamp(refused.RetryAfterMs, 100, 60_000));
            if (refusal is null && await patience.PauseAsync(failure, wait, ending.Token))
            {
                underWay.Enqueue(batch);
                await WriteAsync(batch);
                return;
            }
        }

        // The first refusal counts. Nothing new is sent, and what is under way is still listened for.
        refusal ??= refused.Index < 0 ? failure : failure with { Data = With(failure, "index", batch.First + refused.Index) };
        building = new(given);
        await GiveReceiptsAsync(FirstUnderWay());
    }

    // A batch that met a full queue is sent again behind later ones, so the first is not always the oldest.
    private long FirstUnderWay() => underWay.Count == 0 ? long.MaxValue : underWay.Min(b => b.First);

    // In the order of the tasks: a receipt waits until no batch before it is under way.
    private async Task GiveReceiptsAsync(long before)
    {
        while (held.Count > 0 && held.First() is var (first, receipt) && first < before)
        {
            held.Remove(first);
            options.OnAcknowledged?.Invoke(receipt);
            if (options.OnAcknowledgedAsync is { } acknowledge)
            {
                await acknowledge(receipt);
            }
        }
    }

    private async Task WriteAsync(Batch batch)
    {
        Call().Write(batch.Request);
        await Call().FlushAsync();
    }

    private async Task ResendAsync()
    {
        foreach (var batch in underWay)
        {
            await WriteAsync(batch);
        }
    }

    private RpcCall<SubmitManyRequest, SubmitManyResponse> Call() =>
        call ??= caller.Channel.Duplex(TaskMethods.SubmitMany, new CallOptions { Cancellation = ending.Token });

    /// <summary>Null when the submission goes on with a new call.</summary>
    private async Task<Failure?> ReopenAsync(Failure failure)
    {
        // A write fails with whatever it noticed; how the call ended is its status.
        if (call is { Status.IsCompletedSuccessfully: true } ended && await ended.Status is { } status)
        {
            failure = status;
        }

        await CloseAsync();
        var uncertain = underWay.Sum(b => (long)b.Request.Tasks.Count);
        var repeat = underWay.All(b => b.AllKeyed) ? Repeat.Always : Repeat.WhenNotArrived;
        return await patience.WaitOutAsync(failure, repeat, ending.Token) ? null : Explain(failure, uncertain);
    }

    private string Stored => $"{Counted.Of(acknowledged, "task")} {(acknowledged == 1 ? "is" : "are")}";

    private Failure Explain(Failure failure, long uncertain)
    {
        var data = With(failure, "acknowledged", acknowledged);
        data["uncertain"] = uncertain.ToString(CultureInfo.InvariantCulture);
        if (uncertain == 0 || Patience.CertainlyNotArrived(failure))
        {
            return failure with { Message = $"{failure.Message.TrimEnd('.')}; {Stored} stored", Data = data };
        }

        return failure with
        {
            Message = $"{failure.Message.TrimEnd('.')}; {Stored} stored, {uncertain} more may or may not be",
            Next = "Give every task a key: then a submission with a lost answer is repeated safely",
            Data = data,
        };
    }

    private static Dictionary<string, string> With(Failure failure, string key, long value) =>
        new(failure.Data, StringComparer.Ordinal) { [key] = value.ToString(CultureInfo.InvariantCulture) };

    private static Failure EndedEarly() => new(Catalogue.ConnectionLost, "The manager ended the call before everything was answered");

    private async Task CloseAsync()
    {
        if (call is { } open)
        {
            call = null;
            await open.DisposeAsync();
        }
    }

    // What the source itself finds wrong ends the submission like a refusal: nothing new is sent, the rest is listened for.
    private async Task<bool> MovedAsync()
    {
        try
        {
            return await moving!;
        }
        catch (FailureException e)
        {
            refusal ??= e.Failure;
            return false;
        }
    }

    // An enumerator must not be disposed while it is asked for its next element.
    private async Task LetGoOfSourceAsync()
    {
        await ending.CancelAsync();
        if (moving is not null)
        {
            try
            {
                _ = await moving;
            }
            catch (Exception e) when (e is OperationCanceledException or FailureException)
            {
                // It was told to end.
            }
        }
    }

    private sealed class Batch(long first)
    {
        public long First { get; } = first;

        public SubmitManyRequest Request { get; } = new();

        public int Bytes { get; private set; }

        public bool AllKeyed { get; private set; } = true;

        public void Add(TaskSpec task)
        {
            Request.Tasks.Add(task);
            Bytes += task.CalculateSize();
            AllKeyed &= task.Key.Length > 0;
        }
    }
}
