using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Client;

/// <summary>
/// The task service behind a real port, with a memory that outlives its crashes. Keys are honoured; what else it answers, a test says.
/// </summary>
internal sealed class FakeManager : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, string> byKey = new(StringComparer.Ordinal);
    private WebApplication? app;
    private int port;
    private int last;

    /// <summary>Every task that was stored, in order.</summary>
    public ConcurrentQueue<TaskSpec> Stored { get; } = new();

    /// <summary>The same by id.</summary>
    public ConcurrentDictionary<string, TaskSpec> ById { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests of bulk submissions, in order of arrival.</summary>
    public ConcurrentQueue<SubmitManyRequest> Batches { get; } = new();

    /// <summary>Runs before a batch is stored; its result is the answer in place of storing. Gets the batch's number, from 0.</summary>
    public Func<int, Task<CallFailure?>> BeforeStore { get; set; } = _ => Task.FromResult<CallFailure?>(null);

    /// <summary>Runs after a batch or a task was stored and before it is answered.</summary>
    public Func<int, Task> BeforeAnswer { get; set; } = _ => Task.CompletedTask;

    /// <summary>Answers a wait.</summary>
    public Func<IReadOnlyList<string>, RpcWriter<WaitResponse>, RpcServerContext, ValueTask<Failure?>> OnWait { get; set; } =
        (_, _, _) => new((Failure?)null);

    public HostPort Address => new("127.0.0.1", port);

    public static async Task<FakeManager> StartAsync()
    {
        var manager = new FakeManager();
        await manager.ComeBackAsync();
        return manager;
    }

    /// <summary>Listens, at the same port as before.</summary>
    public async Task ComeBackAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.LimitForRpc();
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseRpc());
        });
        app = builder.Build();
        app.MapRpc(
            new RpcServerOptions(),
            new RpcService(TaskMethods.Service)
                .Unary<SubmitRequest, SubmitResponse>(TaskMethods.Submit, SubmitAsync)
                .Duplex<SubmitManyRequest, SubmitManyResponse>(TaskMethods.SubmitMany, SubmitManyAsync)
                .ServerStreaming<WaitRequest, WaitResponse>(
                    TaskMethods.Wait,
                    (request, responses, context) => OnWait([.. request.Ids], responses, context)
                )
        );
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        port = new Uri(addresses.Addresses.Single()).Port;
    }

    /// <summary>Gone at once: open calls are cut, as by kill -9.</summary>
    public async Task CrashAsync()
    {
        var gone = app!;
        app = null;
        await gone.StopAsync(new CancellationToken(canceled: true));
        await gone.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await CrashAsync();
        }
    }

    private async ValueTask<Result<SubmitResponse>> SubmitAsync(SubmitRequest request, RpcServerContext context)
    {
        var (id, created) = Store(request.Task);
        await BeforeAnswer(0).WaitAsync(context.Cancellation);
        return new SubmitResponse { Id = id, Created = created };
    }

    private async ValueTask<Failure?> SubmitManyAsync(
        RpcReader<SubmitManyRequest> requests,
        RpcWriter<SubmitManyResponse> responses,
        RpcServerContext context
    )
    {
        // As the real one: requests are read ahead, answers come in order.
        var answers = new Queue<Task<SubmitManyResponse>>();
        var reading = requests.ReadAsync().AsTask();
        while (true)
        {
            if (answers.Count > 0 && answers.Peek().IsCompleted)
            {
                await responses.WriteAsync(await answers.Dequeue());
                continue;
            }

            await Task.WhenAny([reading, .. answers.Take(1)]);
            if (!reading.IsCompleted)
            {
                continue;
            }

            if (await reading is not { } request)
            {
                break;
            }

            Batches.Enqueue(request);
            answers.Enqueue(AnswerAsync(request, Batches.Count - 1, context.Cancellation));
            reading = requests.ReadAsync().AsTask();
        }

        foreach (var answer in answers)
        {
            await responses.WriteAsync(await answer);
        }

        return null;
    }

    private async Task<SubmitManyResponse> AnswerAsync(SubmitManyRequest request, int number, CancellationToken cancellation)
    {
        if (await BeforeStore(number).WaitAsync(cancellation) is { } refusal)
        {
            return new SubmitManyResponse { Failure = refusal };
        }

        var response = new SubmitManyResponse();
        foreach (var task in request.Tasks)
        {
            var (id, created) = Store(task);
            response.Ids.Add(id);
            response.Existing += created ? 0 : 1;
        }

        await BeforeAnswer(number).WaitAsync(cancellation);
        return response;
    }

    private (string Id, bool Created) Store(TaskSpec task)
    {
        var id = $"task-{Interlocked.Increment(ref last)}";
        if (task.Key.Length > 0 && byKey.GetOrAdd(task.Key, id) is var first && first != id)
        {
            return (first, false);
        }

        ById[id] = task;
        Stored.Enqueue(task);
        return (id, true);
    }
}
