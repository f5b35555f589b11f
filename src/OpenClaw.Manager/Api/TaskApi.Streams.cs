using System.Threading.Channels;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Watch;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Manager.Api;

// The calls that stream: submissions in bulk, waits and watches.
internal sealed partial class TaskApi
{
    /// <summary>Requests of one stream that may be under way before the first is answered.</summary>
    private const int MostRequestsAhead = 16;

    /// <summary>Ended tasks that one answer of Wait carries, and their bytes.</summary>
    private const int MostPerAnswer = 500;
    private const int MostLookedUp = 10_000;
    private const int MostBytesPerAnswer = 2 * 1024 * 1024;

    private async ValueTask<Failure?> SubmitManyAsync(
        RpcReader<SubmitManyRequest> requests,
        RpcWriter<SubmitManyResponse> responses,
        RpcServerContext context
    )
    {
        // Answers go out in the order of the requests; each waits for its own commit.
        var underWay = Channel.CreateBounded<Task<SubmitManyResponse>>(MostRequestsAhead);
        var answering = AnswerAsync(underWay, responses);
        try
        {
            while (await requests.ReadAsync() is { } request)
            {
                if (answering.IsCompleted)
                {
                    break;
                }

                if (!await underWay.Writer.WaitToWriteAsync())
                {
                    break;
                }

                await underWay.Writer.WriteAsync(SubmitBatchAsync(request, context.Principal));
            }
        }
        finally
        {
            underWay.Writer.TryComplete();
            await answering;
        }

        return null;
    }

    private static async Task AnswerAsync(Channel<Task<SubmitManyResponse>> underWay, RpcWriter<SubmitManyResponse> responses)
    {
        Failure? gone = null;
        try
        {
            await foreach (var answer in underWay.Reader.ReadAllAsync())
            {
                var response = await answer;
                if (gone is not null)
                {
                    continue;
                }

                try
                {
                    await responses.WriteAsync(response);
                }
                catch (FailureException e)
                {
                    // The client is gone; what it had sent is stored all the same. Go on emptying the channel.
                    gone = e.Failure;
                }
            }
        }
        finally
        {
            // Whoever waits for room learns that nobody makes any.
            underWay.Writer.TryComplete();
        }
    }

    private async Task<SubmitManyResponse> SubmitBatchAsync(SubmitManyRequest request, string principal)
    {
        if (request.Tasks.Count > MostPerRequest)
        {
            return Refused(
                new Failure(Catalogue.Usage, $"A request carries {request.Tasks.Count} tasks; {MostPerRequest} are allowed"),
                -1
            );
        }

        var tasks = new NewTask[request.Tasks.Count];
        var strict = false;
        for (var i = 0; i < tasks.Length; i++)
        {
            var read = specs.Read(request.Tasks[i], principal);
            if (!read.IsOk)
            {
                return Refused(read.Failure, i);
            }

            tasks[i] = read.Value;
            strict |= request.Tasks[i].Strict;
        }

        if (tasks.Length == 0)
        {
            return new SubmitManyResponse();
        }

        var stored = await StoreAsync(tasks, strict);
        if (!stored.IsOk)
        {
            return Refused(stored.Failure, -1);
        }

        var (operation, unserved) = stored.Value;
        var response = new SubmitManyResponse();
        response.UnservedTypes.AddRange(unserved);
        for (var i = 0; i < tasks.Length; i++)
        {
            response.Ids.Add(new TaskId(operation.Numbers[i]).ToString());
            response.Existing += operation.Created[i] ? 0 : 1;
        }

        return response;
    }

    private SubmitManyResponse Refused(Failure failure, int index) =>
        new()
        {
            Failure = new CallFailure
            {
                Code = failure.Code,
                Message = failure.Message,
                Next = failure.NextStep,
                Index = index,
                RetryAfterMs = failure.Entry == Catalogue.TaskQueueFull ? (long)queueRetryAfter.TotalMilliseconds : 0,
            },
        };

    private async ValueTask<Failure?> WaitAsync(WaitRequest request, RpcWriter<WaitResponse> responses, RpcServerContext context)
    {
        if (request.Ids.Count > MostWaitedFor)
        {
            return new Failure(Catalogue.Usage, $"A wait names {request.Ids.Count} tasks; {MostWaitedFor} are allowed");
        }

        var open = new HashSet<long>(request.Ids.Count);
        foreach (var text in request.Ids)
        {
            if (!TaskId.TryParse(text, out var id))
            {
                return NotAnId(text);
            }

            open.Add(id.Number);
        }

        // The head of the answer at once: the caller then knows that the manager was there, and comes back to it when it is restarted.
        await responses.FlushAsync();

        // Wait first, then look: what ends in between is seen by the wait.
        var all = open.ToArray();
        var wait = new EndWait();
        await loop.AskAsync(() =>
        {
            core.Watchers.Add(wait, all);
            return true;
        });
        try
        {
            // What has ended already is told first, also when one of the tasks is not there.
            var states = new List<(long Number, OpenClaw.Core.Tasks.TaskState State)>(all.Length);
            foreach (var chunk in all.Chunk(MostLookedUp))
            {
                states.AddRange(await store.StatesAsync(chunk, context.Cancellation));
            }

            var ended = states.Where(s => Transitions.HasEnded(s.State)).Select(s => s.Number).ToArray();
            var gone = await SendEndedAsync(ended, open, responses, context.Cancellation);
            if (states.Count < all.Length)
            {
                return NotThere(all.Except(states.Select(s => s.Number)).First());
            }

            var batch = new List<long>();
            while (gone is null && open.Count > 0 && await wait.Ended.WaitToReadAsync(context.Cancellation))
            {
                batch.Clear();
                while (batch.Count < MostPerAnswer && wait.Ended.TryRead(out var number))
                {
                    batch.Add(number);
                }

                gone = await SendEndedAsync(batch, open, responses, context.Cancellation);
            }

            return gone is { } removed ? NotThere(removed) : null;
        }
        finally
        {
            loop.Post(() => core.Watchers.Remove(wait, all));
        }
    }

    private static Failure NotThere(long number) => new(Catalogue.TaskNotFound, $"There is no task {new TaskId(number)}");

    // Answers with those of the tasks that have ended. A page of records is in memory at a time, and a message with some of them.
    // Gives one that is still waited for and is not there any more (retention removed it), or null.
    private async Task<long?> SendEndedAsync(
        IReadOnlyList<long> numbers,
        HashSet<long> open,
        RpcWriter<WaitResponse> responses,
        CancellationToken cancellation
    )
    {
        long? gone = null;
        foreach (var chunk in numbers.Where(open.Contains).Distinct().Chunk(MostPerAnswer))
        {
            for (var sent = 0; sent < chunk.Length; )
            {
                var page = await store.GetManyAsync(
                    new ArraySegment<long>(chunk, sent, chunk.Length - sent),
                    MostBytesPerAnswer,
                    cancellation
                );
                gone ??= chunk.Skip(sent).Take(page.Read).Except(page.Tasks.Select(t => t.Number)).Select(n => (long?)n).FirstOrDefault();
                sent += page.Read;
                await SendAsync(page.Tasks, open, responses);
            }
        }

        return gone;
    }

    private static async Task SendAsync(IReadOnlyList<TaskRecord> records, HashSet<long> open, RpcWriter<WaitResponse> responses)
    {
        var response = new WaitResponse();
        var bytes = 0L;
        foreach (var record in records)
        {
            if (!Transitions.HasEnded(record.State) || !open.Remove(record.Number))
            {
                continue;
            }

            // With its failure's last lines too: a message over the limit would end the wait.
            var task = TaskMapping.ToWire(record, whole: true);
            var size = task.CalculateSize();
            if (bytes > 0 && bytes + size > MostBytesPerAnswer)
            {
                await responses.WriteAsync(response);
                response = new WaitResponse();
                bytes = 0;
            }

            response.Ended.Add(task);
            bytes += size;
        }

        if (response.Ended.Count > 0)
        {
            await responses.WriteAsync(response);
        }
    }

    private async ValueTask<Failure?> WatchAsync(WatchRequest request, RpcWriter<TaskEvent> responses, RpcServerContext context)
    {
        if (!TaskId.TryParse(request.Id, out var id))
        {
            return NotAnId(request.Id);
        }

        // Follow first, then look: what changes in between is seen.
        var watch = new TaskWatch();
        await loop.AskAsync(() =>
        {
            core.Watchers.Add(watch, id.Number);
            return true;
        });
        try
        {
            var last = (V1.TaskState)(-1);
            while (true)
            {
                var loaded = await LoadAsync(id, context.Cancellation);
                if (!loaded.IsOk)
                {
                    return loaded.Failure;
                }

                if (loaded.Value.State != last)
                {
                    last = loaded.Value.State;
                    await responses.WriteAsync(new TaskEvent { Task = loaded.Value });
                }

                if (Transitions.HasEnded(TaskMapping.FromWire(last)!.Value))
                {
                    return null;
                }

                await FollowAsync(watch, responses, context.Cancellation);
            }
        }
        finally
        {
            loop.Post(() => core.Watchers.Remove(watch, id.Number));
        }
    }

    // Passes lines and progress on until the state has changed.
    private static async Task FollowAsync(TaskWatch watch, RpcWriter<TaskEvent> responses, CancellationToken cancellation)
    {
        while (await watch.Events.WaitToReadAsync(cancellation))
        {
            while (watch.Events.TryRead(out var taskEvent))
            {
                if (taskEvent.EventCase != TaskEvent.EventOneofCase.None)
                {
                    responses.Write(taskEvent);
                }
            }

            await responses.FlushAsync();

            // Asked after the events were taken: a change whose wake-up is among them must not be missed.
            if (watch.TakeChanged())
            {
                return;
            }
        }
    }
}
