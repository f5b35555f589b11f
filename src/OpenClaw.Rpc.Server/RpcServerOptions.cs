using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Server;

/// <summary>What holds for all services of one endpoint. Immutable.</summary>
public sealed record RpcServerOptions
{
    /// <summary>The limit of one received message, in bytes, as it arrives and after decompression.</summary>
    public int MaxReceiveSize { get; init; } = RpcProtocol.DefaultMaxMessageSize;

    /// <summary>The limit of one sent message, in bytes.</summary>
    public int MaxSendSize { get; init; } = RpcProtocol.DefaultMaxMessageSize;

    /// <summary>Sends messages of 512 bytes and more as gzip to clients that say they take it.</summary>
    public bool Compress { get; init; }

    /// <summary>
    /// Asked before each call is read: sets <see cref="RpcServerContext.Principal"/> and returns null, or returns why the call is
    /// refused. Null: everybody may call, and the principal is empty.
    /// </summary>
    public Func<RpcServerContext, Failure?>? Authenticate { get; init; }

    /// <summary>Fires when the server begins to stop: streams and waits then end with <c>clw-manager-stopping</c>.</summary>
    public CancellationToken Stopping { get; init; }
}
