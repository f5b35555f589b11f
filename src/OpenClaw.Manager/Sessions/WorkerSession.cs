using System.Threading.Channels;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Api;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Logs;
using OpenClaw.Manager.Security;
using OpenClaw.Rpc.Server;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Manager.Sessions;

/// <summary>
/// A worker's stream. Reads messages and posts them to the loop, in order; writes what the core sends, several messages to a flush.
/// </summary>
internal sealed class WorkerSession(
    OwnerLoop loop,
    ManagerCore core,
    LogRelay logs,
    string peer,
    ManagerCertificates certificates,
    CertificateNames? certificate
) : IWorkerSession
{
    /// <summary>Messages that wait to be written. A worker that lets this many pile up does not read, and is cut off.</summary>
    private const int MostWaiting = 64 * 1024;

    /// <summary>Messages that were read and not yet handled by the loop.</summary>
    private const int MostUnhandled = 64;

    /// <summary>How long a worker may take to read what was still under way when its session ended.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly Channel<ManagerMessage> outgoing = Channel.CreateBounded<ManagerMessage>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true }
    );
    private readonly WeightedGate unhandled = new(MostUnhandled);

    // Guards the reader, which is the server's again once the call has returned, and may then belong to another call.
    private readonly Lock gate = new();
    private RpcReader<WorkerMessage>? reader;
    private Failure? closedFor;
    private volatile bool closed;

    public string Peer { get; } = peer;

    public void Send(ManagerMessage message)
    {
        if (!outgoing.Writer.TryWrite(message) && !closed)
        {
            Close(new Failure(Catalogue.ConnectionLost, $"The worker at {Peer} does not read what it is sent"));
        }
    }

    public void Close(Failure? reason)
    {
        if (closed)
        {
            return;
        }

        closedFor = reason;
        closed = true;
        outgoing.Writer.TryComplete();
        lock (gate)
        {
            reader?.Stop();
        }
    }

    /// <summary>Carries the stream from its first message to its end.</summary>
    public async ValueTask<Failure?> RunAsync(
        RpcReader<WorkerMessage> requests,
        RpcWriter<ManagerMessage> responses,
        RpcServerContext context
    )
    {
        lock (gate)
        {
            reader = requests;
        }

        var writing = WriteAllAsync(responses);
        try
        {
            return await ServeAsync(requests);
        }
        finally
        {
            outgoing.Writer.TryComplete();
            if (await Task.WhenAny(writing, Task.Delay(LastWords, TimeProvider.System)) != writing)
            {
                // It takes nothing: what waits for it would wait for ever.
                context.Abort();
            }

            await writing;
            lock (gate)
            {
                // The core may still send and close until it hears of the end.
                reader = null;
            }
        }
    }

    private async Task<Failure?> ServeAsync(RpcReader<WorkerMessage> requests)
    {
        var first = await requests.ReadAsync();
        while (first?.MessageCase == WorkerMessage.MessageOneofCase.EarlierOutcomes)
        {
            var earlier = first.EarlierOutcomes;
            if (certificates.Check(earlier.Worker, certificate, Peer) is { } stranger)
            {
                loop.Post(() => core.OnRefused(earlier.Worker, "", Peer, stranger));
                return stranger;
            }

            await loop.AskAsync(() => core.OnEarlierOutcomes(this, earlier));
            first = await requests.ReadAsync();
        }

        if (closed)
        {
            // Sent away with what it delivered.
            return closedFor;
        }

        if (first?.MessageCase != WorkerMessage.MessageOneofCase.Register)
        {
            return new Failure(Catalogue.Protocol, "The first message of a worker's session must be Register");
        }

        if (certificates.Check(first.Register.Worker, certificate, Peer) is { } notItsOwn)
        {
            loop.Post(() => core.OnRefused(first.Register.Worker, first.Register.Identity, Peer, notItsOwn));
            return notItsOwn;
        }

        var (refusal, incarnation) = await loop.AskAsync(() =>
        {
            var failure = core.Register(this, first.Register, out var registered);
            if (failure is not null)
            {
                core.OnRefused(first.Register.Worker, first.Register.Identity, Peer, failure);
            }

            return (failure, registered);
        });
        if (refusal is not null)
        {
            return refusal;
        }

        certificates.Registered(first.Register.Worker, certificate);
        Failure? reason = new(Catalogue.Internal, "The session ended by a fault of the manager");
        try
        {
            await ReadAllAsync(requests, incarnation!);
            reason = closed ? closedFor : null;
        }
        catch (FailureException e)
        {
            reason = closed ? closedFor : e.Failure;
        }
        finally
        {
            // Whatever ended it: a worker whose end the core does not hear of would hold its seat for ever.
            var heard = reason;
            loop.Post(() =>
            {
                core.OnClosed(incarnation!, this, heard);
                logs.OnClosed(this);
            });
        }

        return reason;
    }

    private async Task ReadAllAsync(RpcReader<WorkerMessage> requests, Incarnation incarnation)
    {
        while (!closed && await requests.ReadAsync() is { } message)
        {
            await unhandled.EnterAsync(1);
            loop.RunOrPost(() =>
            {
                unhandled.Leave(1);
                Handle(incarnation, message);
            });
        }
    }

    private void Handle(Incarnation from, WorkerMessage message)
    {
        // An earlier session of the same incarnation may still deliver: outcomes count whichever way they come.
        core.OnHeard(from);
        switch (message.MessageCase)
        {
            case WorkerMessage.MessageOneofCase.Outcomes:
                core.OnOutcomes(from, message.Outcomes);
                break;
            case WorkerMessage.MessageOneofCase.Started:
                core.OnStarted(from, message.Started);
                break;
            case WorkerMessage.MessageOneofCase.Heartbeat:
                core.OnHeartbeat(from, message.Heartbeat);
                break;
            case WorkerMessage.MessageOneofCase.Progress:
                core.OnProgress(from, message.Progress);
                break;
            case WorkerMessage.MessageOneofCase.Logs:
                core.OnTaskLines(message.Logs);
                break;
            case WorkerMessage.MessageOneofCase.HandBack:
                core.OnHandBack(from, message.HandBack);
                break;
            case WorkerMessage.MessageOneofCase.TypesChanged:
                core.OnTypesChanged(from, message.TypesChanged);
                break;
            case WorkerMessage.MessageOneofCase.Draining:
                core.OnDraining(from, message.Draining.Cause);
                break;
            case WorkerMessage.MessageOneofCase.RestartAnswer:
                core.OnRestartAnswer(from, message.RestartAnswer);
                break;
            case WorkerMessage.MessageOneofCase.LogPart:
                logs.OnPart(this, message.LogPart);
                break;
            case WorkerMessage.MessageOneofCase.Register:
                Close(new Failure(Catalogue.Protocol, "Register was sent twice on one session"));
                break;
            case WorkerMessage.MessageOneofCase.None:
            default:
                // A later version's message: not for us.
                break;
        }
    }

    private async Task WriteAllAsync(RpcWriter<ManagerMessage> responses)
    {
        try
        {
            while (await outgoing.Reader.WaitToReadAsync())
            {
                while (outgoing.Reader.TryRead(out var message))
                {
                    if (responses.Write(message))
                    {
                        await responses.FlushAsync();
                    }
                }

                await responses.FlushAsync();
            }
        }
        catch (FailureException e)
        {
            // The worker is gone or reads too slowly; the reading side ends with it and tells the core.
            Close(e.Failure);
        }
    }
}
