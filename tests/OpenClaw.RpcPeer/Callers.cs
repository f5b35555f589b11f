using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.RpcPeer.Wire;

namespace OpenClaw.RpcPeer;

/// <summary>Our client, told what to call by a line on standard input; says how the call ended.</summary>
internal static class Callers
{
    /// <summary><c>call ADDRESS MILLISECONDS</c>: one unary call; <c>pour ADDRESS MILLISECONDS</c>: a stream that writes without end.</summary>
    public static async Task<string> RunAsync(string line)
    {
        var words = line.Split(' ');
        using var channel = new RpcChannel(
            new Uri(words[1]),
            new() { KeepAliveDelay = TimeSpan.FromSeconds(1), KeepAliveTimeout = TimeSpan.FromSeconds(1) }
        );
        var options = new CallOptions { Timeout = TimeSpan.FromMilliseconds(int.Parse(words[2])) };
        var failure = words[0] == "call" ? await CallAsync(channel, options) : await PourAsync(channel, options);
        if (failure is null)
        {
            return "ended ok";
        }
        var status = failure.Data.GetValueOrDefault("grpc_status", "-");
        return $"ended {failure.Code} {status} {failure.Message.ReplaceLineEndings(" ")}";
    }

    private static async Task<Failure?> CallAsync(RpcChannel channel, CallOptions options) =>
        (await channel.UnaryAsync(TestMethods.UnaryCall, new() { ResponseSize = 10 }, options)).Failure;

    private static async Task<Failure?> PourAsync(RpcChannel channel, CallOptions options)
    {
        await using var call = channel.Duplex(TestMethods.FullDuplexCall, options);
        var large = new StreamingOutputCallRequest { Payload = new() { Body = ByteString.CopyFrom(new byte[100_000]) } };
        try
        {
            while (true)
            {
                await call.WriteAsync(large);
            }
        }
        catch (FailureException)
        {
            // How the call ended is what its status says.
        }
        return await call.Status;
    }
}
