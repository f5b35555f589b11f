using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Rpc;

namespace OpenClaw.Client.Wire;

/// <summary>What may happen when the answer to a call is lost.</summary>
internal enum Repeat
{
    /// <summary>The call changes something: it is repeated only when it certainly did not arrive.</summary>
    WhenNotArrived,

    /// <summary>The call may arrive twice.</summary>
    Always,
}

/// <summary>
/// Holds a channel to each address and repeats what may be repeated. It contains no reconnect loop: a channel dials at each call that
/// finds it unconnected, and here is only decided whether, where and when a call is made again.
/// </summary>
internal sealed class Caller : IDisposable
{
    private readonly WireOptions options;
    private readonly RpcChannel[] channels;

    // The channel that answered last. Racing writers do no harm: a call finds its way from any of them.
    private volatile int current;
    private volatile bool hasAnswered;

    // Never disposed: calls that are ending still look at it, and it holds nothing.
    private readonly CancellationTokenSource closing = new();

    public Caller(WireOptions options)
    {
        this.options = options;
        var channelOptions = new RpcChannelOptions
        {
            ConnectTimeout = options.ConnectTimeout,
            Tls = options.Tls,
            Authorization = options.Token is { } token ? new Credential(token, options.Time).Header : null,
        };
        channels = [.. options.Addresses.Select(a => Open(a, options.Protect?.Invoke(a)))];

        RpcChannel Open(HostPort address, TlsClient? own) =>
            new(
                new Uri($"{(own is null && options.Tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps)}://{address}"),
                channelOptions with
                {
                    TlsClient = own,
                }
            );
    }

    /// <summary>The channel to use now.</summary>
    public RpcChannel Channel => channels[current];

    /// <summary>How many addresses there are.</summary>
    public int Count => channels.Length;

    public bool HasAnswered => hasAnswered;

    /// <summary>Nothing is repeated any more.</summary>
    public bool IsDisposed => closing.IsCancellationRequested;

    /// <summary>Fires when the client is disposed: a closed channel alone does not end the calls that are on it.</summary>
    public CancellationToken Closing => closing.Token;

    /// <summary>A call on the current channel was answered.</summary>
    public void Answered() => hasAnswered = true;

    /// <summary>The current address does not serve: the next call goes to the next one.</summary>
    public void MoveOn() => current = (current + 1) % channels.Length;

    public Patience NewPatience(bool endless) => new(this, options, endless);

    public async Task<Result<TRes>> CallAsync<TReq, TRes>(
        RpcMethod<TReq, TRes> method,
        TReq request,
        Repeat repeat,
        CancellationToken cancellation
    )
        where TReq : class, IMessage<TReq>, IBufferMessage
        where TRes : class, IMessage<TRes>, IBufferMessage
    {
        using var linked = cancellation.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, closing.Token) : null;
        var ending = linked?.Token ?? closing.Token;
        var patience = NewPatience(endless: false);
        while (true)
        {
            var result = await Channel.UnaryAsync(method, request, new CallOptions { Cancellation = ending });
            if (result.Failure is not { } failure)
            {
                Answered();
                return result;
            }

            if (!await patience.WaitOutAsync(failure, repeat, ending))
            {
                return failure;
            }
        }
    }

    public void Dispose()
    {
        closing.Cancel();
        foreach (var channel in channels)
        {
            channel.Dispose();
        }
    }
}
