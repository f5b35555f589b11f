namespace OpenClaw.Rpc;

/// <summary>Names and numbers of the published gRPC protocol over HTTP/2 that both sides use.</summary>
public static class RpcProtocol
{
    public const string ContentType = "application/grpc";
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";
    public const string DetailsHeader = "grpc-status-details-bin";
    public const string TimeoutHeader = "grpc-timeout";
    public const string EncodingHeader = "grpc-encoding";
    public const string AcceptEncodingHeader = "grpc-accept-encoding";
    public const string Gzip = "gzip";
    public const string Identity = "identity";

    /// <summary>What we say we understand, in <see cref="AcceptEncodingHeader"/>.</summary>
    public const string AcceptedEncodings = "identity,gzip";

    /// <summary>The default limit of one message, received or sent, before compression: 4 MiB, the field's default.</summary>
    public const int DefaultMaxMessageSize = 4 * 1024 * 1024;

    /// <summary>True for <c>application/grpc</c>, alone or followed by <c>+proto</c> or parameters; false for grpc-web.</summary>
    public static bool IsGrpc(ReadOnlySpan<char> contentType) =>
        contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ');
}
