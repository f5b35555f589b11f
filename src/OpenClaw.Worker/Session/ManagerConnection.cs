using System.Threading.Channels;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Loops;
using OpenClaw.Rpc;
using OpenClaw.V1;
using OpenClaw.Worker.Core;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Worker.Session;

/// <summary>One open, registered session: reads what the manager sends and posts it to the core, writes what the core sends.</summary>
internal sealed class ManagerConnection(
    RpcChannel channel,
    RpcCall<WorkerMessage, ManagerMessage> call,
    Registered registered,
    DateTimeOffset registeredAt,
    OwnerLoop loop,
    WorkerCore core,
    WorkerOptions options,
    IManagerOrders orders,
    LogShelf logs,
    TimeProvider time
) : IManagerSession, IAsyncDisposable
{
    private readonly Channel<WorkerMessage> outgoing = Channel.CreateUnbounded<WorkerMessage>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly Dictionary<long, DateTimeOffset> heartbeats = [];
    private static readonly TimeSpan FarewellGrace = TimeSpan.FromSeconds(2);
    private long sequence;

    private int waiting;

    public int Waiting => Volatile.Read(ref waiting);

    // Unbounded here, bounded where it comes from: outcomes by the credits that the manager gave, lines and progress by Waiting.
    public void Send(WorkerMessage message)
    {
        if (outgoing.Writer.TryWrite(message))
        {
            Interlocked.Increment(ref waiting);
        }
    }

    /// <summary>A heartbeat with the core's figures; the acknowledgement counts from now.</summary>
    public async Task HeartbeatAsync()
    {
        var beat = await loop.AskAsync(() => core.Heartbeat(Interlocked.Increment(ref sequence)));
        lock (heartbeats)
        {
            heartbeats[beat.Sequence] = time.GetUtcNow();
        }

        Send(new WorkerMessage { Heartbeat = beat });
    }

    /// <summary>Carries the session until it ends. Null: the manager ended it in good order.</summary>
    public async Task<Failure?> ServeAsync(LinkSession session, CancellationToken ct)
    {
        loop.Post(() => core.OnConnected(this, registered, registeredAt));
        using var farewell = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var cut = farewell.Token.Register(() => call.Dispose());
        using var ending = ct.Register(() =>
        {
            if (core.Stopping)
            {
                // Good-bye: what waits is sent and the stream ended in good order, so that the manager knows that nothing runs here.
                outgoing.Writer.TryComplete();
                farewell.CancelAfter(FarewellGrace);
            }
            else
            {
                call.Dispose();
            }
        });
        var writing = WriteAllAsync(session);
        await using var desk = new LogDesk(logs, Send);
        try
        {
            while (await call.ReadAsync() is { } message)
            {
                session.Received();
                Handle(message, session, desk);
            }

            return await call.Status;
        }
        catch (FailureException e)
        {
            return ct.IsCancellationRequested ? null : Judge(e.Failure);
        }
        finally
        {
            loop.Post(() => core.OnDisconnected(this));
            outgoing.Writer.TryComplete();
            await writing;
        }
    }

    // A connection on which nothing comes acknowledges no heartbeats either; the ping only finds it out sooner than they do.
    private static Failure Judge(Failure failure) =>
        failure.Entry == Catalogue.KeepAliveTimeout
            ? new Failure(Catalogue.HeartbeatLost, failure.Message) { Data = failure.Data }
            : failure;

    private void Handle(ManagerMessage message, LinkSession session, LogDesk desk)
    {
        switch (message.MessageCase)
        {
            case ManagerMessage.MessageOneofCase.Assignments:
                loop.RunOrPost(() => core.OnAssignments(message.Assignments));
                break;
            case ManagerMessage.MessageOneofCase.OutcomesRecorded:
                loop.RunOrPost(() => core.OnRecorded(options.Incarnation, message.OutcomesRecorded.Attempts));
                break;
            case ManagerMessage.MessageOneofCase.HeartbeatAck:
                session.KeepAliveAnswered();
                Acknowledged(message.HeartbeatAck.Sequence);
                break;
            case ManagerMessage.MessageOneofCase.Cancel:
                loop.Post(() => core.OnCancel(message.Cancel.Attempts));
                break;
            case ManagerMessage.MessageOneofCase.Recall:
                loop.Post(() => core.OnRecall(message.Recall.Attempts));
                break;
            case ManagerMessage.MessageOneofCase.Restart:
                var number = message.Restart.Number;
                orders.Restart(refusal => AnswerRestart(number, refusal));
                break;
            case ManagerMessage.MessageOneofCase.Reload:
                orders.Reload();
                break;
            case ManagerMessage.MessageOneofCase.ReadLog:
                desk.Read(message.ReadLog);
                break;
            case ManagerMessage.MessageOneofCase.StopReadingLog:
                desk.Stop(message.StopReadingLog.Number);
                break;
            case ManagerMessage.MessageOneofCase.None:
            case ManagerMessage.MessageOneofCase.Registered:
            default:
                // A later version's message: not for us.
                break;
        }
    }

    private void AnswerRestart(long number, Failure? refusal)
    {
        if (number != 0)
        {
            Send(
                new WorkerMessage
                {
                    RestartAnswer = new RestartAnswer
                    {
                        Number = number,
                        Code = refusal?.Code ?? "",
                        Message = refusal?.Message ?? "",
                    },
                }
            );
        }
    }

    private void Acknowledged(long upTo)
    {
        DateTimeOffset? sentAt = null;
        lock (heartbeats)
        {
            foreach (var (number, at) in heartbeats.Where(h => h.Key <= upTo).ToList())
            {
                heartbeats.Remove(number);
                sentAt = sentAt is { } latest && latest > at ? latest : at;
            }
        }

        if (sentAt is { } sent)
        {
            loop.Post(() => core.OnHeartbeatAcknowledged(sent));
        }
    }

    private async Task WriteAllAsync(LinkSession session)
    {
        try
        {
            while (await outgoing.Reader.WaitToReadAsync())
            {
                while (outgoing.Reader.TryRead(out var message))
                {
                    Interlocked.Decrement(ref waiting);
                    if (call.Write(message))
                    {
                        await call.FlushAsync();
                    }
                }

                await call.FlushAsync();
                session.Sent();
            }

            await call.CompleteAsync();
        }
        catch (FailureException)
        {
            // The stream is broken: the reading side ends with the reason. What was not written is in the outbox.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await call.DisposeAsync();
        channel.Dispose();
    }
}
