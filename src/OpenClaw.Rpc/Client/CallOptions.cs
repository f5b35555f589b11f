namespace OpenClaw.Rpc;

/// <summary>What is particular to one call. <c>default</c> is a call without a deadline.</summary>
public readonly record struct CallOptions
{
    /// <summary>
    /// How long the whole call may take from now; travels as <c>grpc-timeout</c> and is enforced here too. Null: as long as it takes.
    /// Streams that stay open have none.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Sent as headers.</summary>
    public RpcMetadata? Metadata { get; init; }

    /// <summary>Gives the call up: the server sees a reset stream, the caller <c>clw-call-cancelled</c>.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Sends messages of 512 bytes and more as gzip.</summary>
    public bool Compress { get; init; }

    /// <summary>Filled with the response's headers when they arrive. Unary calls only; streams have them as a property.</summary>
    public RpcMetadata? ResponseHeaders { get; init; }

    /// <summary>Filled with the trailers when the call has ended. Unary calls only; streams have them as a property.</summary>
    public RpcMetadata? ResponseTrailers { get; init; }
}
