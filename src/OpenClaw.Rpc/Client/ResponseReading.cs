using System.Net.Http.Headers;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Client;

/// <summary>Reads what HTTP/2 carries beside the messages: the response's head and its trailers.</summary>
internal static class ResponseReading
{
    /// <summary>
    /// The failure of an answer that is no gRPC stream (another status than 200, another content type) or that ends in its head
    /// (trailers only). Null when messages or trailers follow; <paramref name="ended"/> says that an OK status came in the head.
    /// </summary>
    public static Failure? CheckHead(HttpResponseMessage response, out string? encoding, out bool ended)
    {
        var headers = response.Headers.NonValidated;
        encoding = headers.TryGetValues(RpcProtocol.EncodingHeader, out var named) ? named.ToString() : null;
        ended = headers.Contains(RpcProtocol.StatusHeader);
        if (ended)
        {
            return ReadStatus(headers);
        }
        var http = (int)response.StatusCode;
        var type = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) ? types.ToString() : "";
        return http == 200 && RpcProtocol.IsGrpc(type) ? null : NotGrpc(http, type);
    }

    /// <summary>The failure that the trailers carry; null for OK.</summary>
    public static Failure? ReadStatus(HttpHeadersNonValidated trailers)
    {
        if (!trailers.TryGetValues(RpcProtocol.StatusHeader, out var number))
        {
            return FailureStatus.ToFailure(new(RpcCode.Unknown, "The answer ended without a gRPC status."), []);
        }
        var code = RpcCodes.Parse(number.ToString());
        if (code == RpcCode.Ok)
        {
            return null;
        }
        var message = trailers.TryGetValues(RpcProtocol.MessageHeader, out var text) ? PercentEncoding.Decode(text.ToString()) : "";
        var details =
            trailers.TryGetValues(RpcProtocol.DetailsHeader, out var packed)
            && RpcMetadata.TryDecodeBinary(packed.ToString(), out var bytes)
                ? bytes
                : [];
        var metadata = new RpcMetadata();
        CopyTo(trailers, metadata);
        return FailureStatus.ToFailure(new(code, message) { Details = details }, metadata);
    }

    public static void CopyTo(HttpHeadersNonValidated headers, RpcMetadata target)
    {
        foreach (var (key, values) in headers)
        {
            foreach (var value in values)
            {
                target.AddReceived(key, value);
            }
        }
    }

    private static Failure NotGrpc(int http, string type)
    {
        var code = StatusMapping.FromHttp(http);
        var what = http == 200 ? $"an answer of type '{type}' in place of a gRPC answer" : $"HTTP status {http}";
        var failure = FailureStatus.ToFailure(new(code, $"The other side sent {what}."), []);
        var data = new Dictionary<string, string>(failure.Data, StringComparer.Ordinal) { ["http_status"] = $"{http}" };
        return failure with { Data = data };
    }
}
