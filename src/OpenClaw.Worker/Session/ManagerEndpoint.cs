using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Loops;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Plugins;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Worker.Session;

/// <summary>The worker's link to a manager: how to dial (and register), how to serve. When is the link's business.</summary>
internal sealed class ManagerEndpoint(
    OwnerLoop loop,
    WorkerCore core,
    PluginCatalog plugins,
    WorkerOptions options,
    Func<string, string> addressOf,
    Func<string?> authorization,
    IManagerOrders orders,
    LogShelf logs,
    WorkerTls tls,
    TimeSpan connectTimeout,
    TimeProvider time
) : ILinkEndpoint<ManagerConnection>
{
    /// <param name="address">A configured address, or the word that stands for the local manager, wherever it listens now.</param>
    /// <param name="ct">Ends the attempt.</param>
    public async ValueTask<Result<ManagerConnection>> DialAsync(string address, CancellationToken ct)
    {
        var where = addressOf(address);
        // A manager of this machine that nobody named is found by its own note, and takes the token.
        var channel = tls.For(where, isLocal: where != address) is { } protection
            ? new RpcChannel(new Uri($"https://{where}"), new RpcChannelOptions { TlsClient = protection, ConnectTimeout = connectTimeout })
            : new RpcChannel(
                new Uri($"http://{where}"),
                new RpcChannelOptions { Authorization = authorization, ConnectTimeout = connectTimeout }
            );
        var call = channel.Duplex(WorkerMethods.Session, new CallOptions { Cancellation = CancellationToken.None });
        try
        {
            using var ending = ct.Register(() => call.Dispose());
            var (earlier, register) = await loop.AskAsync(() =>
                (core.EarlierOutcomes(), core.Registration(plugins.Current, Environment.ProcessId))
            );
            foreach (var outcomes in earlier)
            {
                call.Write(new WorkerMessage { EarlierOutcomes = outcomes });
                await call.FlushAsync();
            }

            register.Logs.AddRange(logs.Sources.Select(l => l.Name));
            var sentAt = time.GetUtcNow();
            await call.WriteAsync(new WorkerMessage { Register = register });
            while (await call.ReadAsync() is { } message)
            {
                if (message.MessageCase == ManagerMessage.MessageOneofCase.OutcomesRecorded)
                {
                    RecordedEarlier(earlier, message.OutcomesRecorded);
                }
                else if (message.MessageCase == ManagerMessage.MessageOneofCase.Registered)
                {
                    return new ManagerConnection(channel, call, message.Registered, sentAt, loop, core, options, orders, logs, time);
                }
            }

            var refusal =
                await call.Status ?? new Failure(Catalogue.ConnectionLost, "The manager ended the session before it registered the worker");
            await CloseAsync(channel, call);
            return refusal;
        }
        catch (FailureException e)
        {
            await CloseAsync(channel, call);
            return e.Failure;
        }
    }

    // The acknowledgement names attempts; which incarnation ran them is known from what was sent.
    private void RecordedEarlier(IReadOnlyList<EarlierOutcomes> earlier, OutcomesRecorded recorded)
    {
        var incarnations = earlier
            .SelectMany(e => e.Outcomes.Select(o => (Key: new AttemptKey(o.Task, o.Attempt), e.Incarnation)))
            .ToLookup(e => e.Key, e => e.Incarnation);
        loop.Post(() =>
        {
            foreach (var attempt in recorded.Attempts)
            {
                foreach (var incarnation in incarnations[new AttemptKey(attempt.Task, attempt.Attempt_)])
                {
                    core.OnRecorded(incarnation, [attempt]);
                }
            }
        });
    }

    private static async Task CloseAsync(RpcChannel channel, RpcCall<WorkerMessage, ManagerMessage> call)
    {
        await call.DisposeAsync();
        channel.Dispose();
    }

    public Task<Failure?> ServeAsync(ManagerConnection connection, LinkSession session, CancellationToken ct) =>
        connection.ServeAsync(session, ct);

    public async ValueTask KeepAliveAsync(ManagerConnection connection, LinkSession session, CancellationToken ct) =>
        await connection.HeartbeatAsync();

    public ValueTask<bool> ProbeAsync(string address, CancellationToken ct) => TcpProbe.AnswersAsync(addressOf(address), ct);

    // The token is read anew at each dial, so a refused one is tried again: the manager may just have drawn another.
    public LinkJudgement Judge(Failure failure)
    {
        var judgement = LinkFailures.Judge(failure);
        return judgement.Verdict == LinkVerdict.Auth ? judgement with { Verdict = LinkVerdict.Retry } : judgement;
    }

    public ValueTask CloseAsync(ManagerConnection connection) => connection.DisposeAsync();
}
