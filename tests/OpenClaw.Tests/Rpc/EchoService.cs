using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;
using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>The service of echo.proto as our server gives it.</summary>
internal sealed class EchoService
{
    private const string Name = "openclaw.test.v1.Echo";

    public static readonly RpcMethod<EchoRequest, EchoReply> Unary = Make("Unary", RpcMethodKind.Unary);
    public static readonly RpcMethod<EchoRequest, EchoReply> Repeat = Make("Repeat", RpcMethodKind.ServerStreaming);
    public static readonly RpcMethod<EchoRequest, EchoReply> Join = Make("Join", RpcMethodKind.ClientStreaming);
    public static readonly RpcMethod<EchoRequest, EchoReply> Chat = Make("Chat", RpcMethodKind.Duplex);

    /// <summary>A failure with everything that one can have.</summary>
    public static Failure Sample { get; } =
        new(Catalogue.TaskQueueFull, "Die Schlange ist voll: 100 % von „normal“ 🦀\nzweite Zeile", "Warte fünf Sekunden")
        {
            Data = new Dictionary<string, string> { ["retry_after_ms"] = "5000", ["queue"] = "größer" },
        };

    /// <summary>Set when a handler begins, by the text of its request.</summary>
    public Signals Started { get; } = new();

    /// <summary>Set when a handler's token has fired, by the text of its request.</summary>
    public Signals Cancelled { get; } = new();

    public RpcService Build() =>
        new RpcService(Name)
            .Unary(Unary, OneAsync)
            .ServerStreaming(Repeat, RepeatAsync)
            .ClientStreaming(Join, JoinAsync)
            .Duplex(Chat, ChatAsync);

    private static RpcMethod<EchoRequest, EchoReply> Make(string name, RpcMethodKind kind) =>
        new(Name, name, kind, EchoRequest.Parser, EchoReply.Parser);

    private async ValueTask<Result<EchoReply>> OneAsync(EchoRequest request, RpcServerContext context)
    {
        switch (request.Text)
        {
            case "fail":
                return Sample;
            case "throw":
                throw new InvalidOperationException("a secret of the server");
            case "throw-failure":
                throw Sample.AsException();
            case "late":
                await HangAsync(request, context, rethrow: false);
                return new EchoReply { Text = "too late" };
            case var text when text.StartsWith("hang", StringComparison.Ordinal):
                await HangAsync(request, context, rethrow: true);
                break;
            case "metadata":
                foreach (var value in context.Metadata.GetAll("x-ask"))
                {
                    context.ResponseHeaders.Add("x-answer", value);
                }
                context.ResponseTrailers.Add("x-end", "done");
                Assert.True(context.Metadata.TryGetBytes("x-ask-bin", out var bytes));
                context.ResponseTrailers.Add("x-end-bin", bytes);
                break;
            case "who":
                return new EchoReply { Text = $"{context.Principal}@{context.Peer}" };
        }
        return new EchoReply
        {
            Text = request.Text,
            Number = request.Count,
            Payload = request.Payload,
        };
    }

    private async ValueTask<Failure?> RepeatAsync(EchoRequest request, RpcWriter<EchoReply> responses, RpcServerContext context)
    {
        for (var i = 0; i < request.Count; i++)
        {
            if (
                responses.Write(
                    new EchoReply
                    {
                        Text = request.Text,
                        Number = i,
                        Payload = request.Payload,
                    }
                )
            )
            {
                await responses.FlushAsync();
            }
        }
        if (request.Text.StartsWith("hang", StringComparison.Ordinal))
        {
            await responses.FlushAsync();
            await HangAsync(request, context, rethrow: true);
        }
        return request.Fail ? Sample : null;
    }

    private static async ValueTask<Result<EchoReply>> JoinAsync(RpcReader<EchoRequest> requests, RpcServerContext context)
    {
        var texts = new List<string>();
        await foreach (var request in requests.ReadAllAsync())
        {
            if (request.Fail)
            {
                return Sample;
            }
            texts.Add(request.Text);
        }
        return new EchoReply { Text = string.Join(',', texts), Number = texts.Count };
    }

    private async ValueTask<Failure?> ChatAsync(RpcReader<EchoRequest> requests, RpcWriter<EchoReply> responses, RpcServerContext context)
    {
        await responses.FlushAsync();
        while (await requests.ReadAsync() is { } request)
        {
            do
            {
                if (request.Fail)
                {
                    return Sample;
                }
                if (request.Text.StartsWith("hang", StringComparison.Ordinal))
                {
                    await HangAsync(request, context, rethrow: true);
                }
                responses.Write(
                    new EchoReply
                    {
                        Text = request.Text,
                        Number = request.Count,
                        Payload = request.Payload,
                    }
                );
            } while (requests.TryRead(out request));
            await responses.FlushAsync();
        }
        return null;
    }

    private async Task HangAsync(EchoRequest request, RpcServerContext context, bool rethrow)
    {
        Started.Set(request.Text);
        var never = new TaskCompletionSource();
        try
        {
            await never.Task.WaitAsync(context.Cancellation);
        }
        catch (OperationCanceledException)
        {
            Cancelled.Set(request.Text);
            if (rethrow)
            {
                throw;
            }
        }
    }
}

/// <summary>Facts that a test waits for, by name.</summary>
internal sealed class Signals
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, TaskCompletionSource> facts = new();

    public void Set(string name) => Of(name).TrySetResult();

    public bool Has(string name) => Of(name).Task.IsCompleted;

    /// <summary>Fails the test when the fact does not come within ten seconds.</summary>
    public Task On(string name) => Of(name).Task.WaitAsync(TimeSpan.FromSeconds(10));

    private TaskCompletionSource Of(string name) =>
        facts.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
