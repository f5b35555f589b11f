using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Server;

/// <summary>What holds for all services of one endpoint. Immutable.</summary>
public sealed record RpcServerOptions
{
    /// <summary>The limit of one received message, in bytes, as it arrives and after decompression.</summary>
    public int MaxReceiveSize { get; init; } = RpcProtocol.DefaultMaxMessageSize;

    /// <summary>The limit of one sent message, in bytes.</summary>
    public int MaxSendSize { get; init; } = RpcProtocol.DefaultMaxMessageSize;

    /// <summary>
    /// How long one message may take from its first byte to its last; for the only request of a call, from the call's beginning. A
    /// stream may be silent between messages for as long as it likes. Past it the call ends with <c>clw-slow-peer</c>.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: no limit.
    /// </summary>
    public TimeSpan ReceiveTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a client may leave what was flushed to it untaken. Past it the stream is reset, since nothing that we could say would
    /// arrive, and the handler gets <c>clw-slow-peer</c>. <see cref="Timeout.InfiniteTimeSpan"/>: no limit.
    /// </summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Sends messages of 512 bytes and more as gzip to clients that say they take it.</summary>
    public bool Compress { get; init; }

    /// <summary>
    /// Asked before each call is read, but for services that are <see cref="RpcService.Open"/>: sets
    /// <see cref="RpcServerContext.Principal"/> and returns null, or returns why the call is refused. Null: everybody may call, and
    /// the principal is empty.
    /// </summary>
    public Func<RpcServerContext, Failure?>? Authenticate { get; init; }

    /// <summary>Fires when the server begins to stop: streams and waits then end with <c>clw-manager-stopping</c>.</summary>
    public CancellationToken Stopping { get; init; }
}
