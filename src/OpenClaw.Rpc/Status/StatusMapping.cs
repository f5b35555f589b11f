namespace OpenClaw.Rpc;

/// <summary>What a call's end means when the peer sent no <c>grpc-status</c>. Tables of the published protocol.</summary>
public static class StatusMapping
{
    /// <summary>For an HTTP answer without <c>grpc-status</c> (a proxy, another program).</summary>
    public static RpcCode FromHttp(int httpStatus) =>
        httpStatus switch
        {
            400 or 431 => RpcCode.Internal,
            401 => RpcCode.Unauthenticated,
            403 => RpcCode.PermissionDenied,
            404 => RpcCode.Unimplemented,
            429 or 502 or 503 or 504 => RpcCode.Unavailable,
            _ => RpcCode.Unknown,
        };

    /// <summary>For a stream that the peer reset with this HTTP/2 error code.</summary>
    public static RpcCode FromHttp2Error(long errorCode) =>
        errorCode switch
        {
            0x7 => RpcCode.Unavailable, // REFUSED_STREAM: nothing was processed
            0x8 => RpcCode.Cancelled, // CANCEL
            0xb => RpcCode.ResourceExhausted, // ENHANCE_YOUR_CALM
            0xc => RpcCode.PermissionDenied, // INADEQUATE_SECURITY
            _ => RpcCode.Internal,
        };

    /// <summary>The name of an HTTP/2 error code as the failure's cause: lower case, words joined by '-'.</summary>
    public static string Http2ErrorName(long errorCode) =>
        errorCode switch
        {
            0x0 => "no-error",
            0x1 => "protocol-error",
            0x2 => "internal-error",
            0x3 => "flow-control-error",
            0x4 => "settings-timeout",
            0x5 => "stream-closed",
            0x6 => "frame-size-error",
            0x7 => "refused-stream",
            0x8 => "cancel",
            0x9 => "compression-error",
            0xa => "connect-error",
            0xb => "enhance-your-calm",
            0xc => "inadequate-security",
            0xd => "http-1-1-required",
            _ => $"http2-error-{errorCode}",
        };
}
