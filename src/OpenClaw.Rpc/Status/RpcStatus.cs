namespace OpenClaw.Rpc;

/// <summary>How a call ended. Immutable.</summary>
/// <param name="Code">The code.</param>
/// <param name="Message">Any Unicode text; percent-encoded only on the wire. Empty when there is nothing to say.</param>
public sealed record RpcStatus(RpcCode Code, string Message)
{
    public static RpcStatus Ok { get; } = new(RpcCode.Ok, "");

    /// <summary>A serialised <c>google.rpc.Status</c> (trailer <c>grpc-status-details-bin</c>), or empty.</summary>
    public ReadOnlyMemory<byte> Details { get; init; }

    public bool IsOk => Code == RpcCode.Ok;

    public override string ToString() => Message.Length == 0 ? Code.Name() : $"{Code.Name()}: {Message}";
}
