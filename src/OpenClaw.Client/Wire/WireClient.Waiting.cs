using System.Runtime.CompilerServices;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;

namespace OpenClaw.Client.Wire;

// Calls that stay open: they survive a restart of the manager by asking again for what is left.
internal sealed partial class WireClient
{
    /// <summary>Ids that one call may name.</summary>
    private const int MostIdsPerWait = 100_000;

    /// <summary>
    /// The tasks as they end, each once, whole, in the order of their ends. A connection that breaks is opened again and asked for
    /// those that are left, for as long as the caller waits.
    /// </summary>
    /// <exception cref="FailureException">
    /// <c>clw-task-not-found</c>: one of them is not kept. Or the manager was never reached.
    /// </exception>
    public async IAsyncEnumerable<V1.Task> WaitAsync(
        IEnumerable<string> ids,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, caller.Closing);
        // As the manager writes them, which is how its answers name them: capitals and spaces around are taken from people.
        var written = ids.Select(id => TaskId.TryParse(id, out var known) ? known.ToString() : id);
        foreach (var part in written.Distinct(StringComparer.Ordinal).Chunk(MostIdsPerWait))
        {
            var left = part.ToHashSet(StringComparer.Ordinal);
            var patience = caller.NewPatience(endless: true);
            while (left.Count > 0)
            {
                var request = new WaitRequest();
                request.Ids.AddRange(left);
                await using var call = caller.Channel.ServerStreaming(
                    TaskMethods.Wait,
                    request,
                    new CallOptions { Cancellation = ending.Token }
                );
                while (left.Count > 0 && await NextAsync(call, patience, cancellation) is { } response)
                {
                    foreach (var task in response.Ended)
                    {
                        if (left.Remove(task.Id))
                        {
                            yield return task;
                        }
                    }
                }
            }
        }
    }

    /// <summary>
    /// Follows one task: its state now, every change, progress and log lines; ends with the task. After a broken connection it goes
    /// on from the task's state then; lines in between are not repeated.
    /// </summary>
    /// <exception cref="FailureException"><c>clw-task-not-found</c>, or the manager was never reached.</exception>
    public async IAsyncEnumerable<V1.TaskEvent> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, caller.Closing);
        var patience = caller.NewPatience(endless: true);
        var state = V1.TaskState.Unspecified;
        while (!TaskMessages.HasEnded(state))
        {
            await using var call = caller.Channel.ServerStreaming(
                TaskMethods.Watch,
                new WatchRequest { Id = id },
                new CallOptions { Cancellation = ending.Token }
            );
            while (!TaskMessages.HasEnded(state) && await NextAsync(call, patience, cancellation) is { } taskEvent)
            {
                if (taskEvent.EventCase == V1.TaskEvent.EventOneofCase.Task)
                {
                    if (taskEvent.Task.State == state)
                    {
                        // A call that was made again begins with what is known.
                        continue;
                    }

                    state = taskEvent.Task.State;
                }

                yield return taskEvent;
            }
        }
    }

    /// <summary>The next message; null when the call has ended too early and is to be made again, after the wait that has passed.</summary>
    private async Task<TRes?> NextAsync<TReq, TRes>(RpcCall<TReq, TRes> call, Patience patience, CancellationToken cancellation)
        where TReq : class, Google.Protobuf.IMessage<TReq>, Google.Protobuf.IBufferMessage
        where TRes : class, Google.Protobuf.IMessage<TRes>, Google.Protobuf.IBufferMessage
    {
        try
        {
            if (await call.ReadAsync() is { } message)
            {
                caller.Answered();
                patience.Reset();
                return message;
            }

            throw new Failure(Catalogue.ConnectionLost, "The manager ended the call before everything was answered").AsException();
        }
        catch (FailureException e)
        {
            cancellation.ThrowIfCancellationRequested();
            if (await patience.WaitOutAsync(e.Failure, Repeat.Always, cancellation))
            {
                return null;
            }

            cancellation.ThrowIfCancellationRequested();
            throw;
        }
    }
}
