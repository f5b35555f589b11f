using System.Net.Security;

namespace OpenClaw.Rpc;

/// <summary>How a channel connects. Immutable.</summary>
public sealed record RpcChannelOptions
{
    /// <summary>
    /// The value of the header <c>authorization</c> of each call (<c>Bearer …</c>), or null for none. Asked at every call, by many
    /// threads at once: must be quick.
    /// </summary>
    public Func<string?>? Authorization { get; init; }

    /// <summary>
    /// TLS for an https address by our own files: our CA alone is trusted, our certificate is shown, renewed files are taken up by the next
    /// connection. Goes before <see cref="Tls"/>.
    /// </summary>
    public TlsClient? TlsClient { get; init; }

    /// <summary>TLS for an https address: client certificates, trust, host name. Null: the system's defaults.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>For TCP and TLS together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>An open connection with calls on it is pinged after this long without a frame from the peer.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A connection whose ping is not answered within this is dead, and every call on it fails.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The limit of one received message, in bytes.</summary>
    public int MaxReceiveSize { get; init; } = RpcProtocol.DefaultMaxMessageSize;

    /// <summary>The limit of one sent message, in bytes.</summary>
    public int MaxSendSize { get; init; } = RpcProtocol.DefaultMaxMessageSize;
}
