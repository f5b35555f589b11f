using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace OpenClaw.Tests.Rpc;

/// <summary>HTTP/2 without gRPC: says to a server what a proper client would not.</summary>
internal sealed class RawClient(Uri address) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = address };

    public sealed record Reply(int Http, HttpResponseHeaders Headers, HttpResponseHeaders Trailers, byte[] Body)
    {
        /// <summary>From the trailers, or from the headers of an answer that has no more.</summary>
        public string? Trailer(string key) =>
            Trailers.TryGetValues(key, out var values) || Headers.TryGetValues(key, out values) ? string.Join(',', values) : null;
    }

    public static byte[] Frame(IMessage message)
    {
        var body = message.ToByteArray();
        return [0, (byte)(body.Length >> 24), (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    public Task<Reply> SendAsync(string path, byte[] body, params (string, string)[] headers) =>
        SendAsync(path, body, HttpMethod.Post, "application/grpc", headers);

    public async Task<Reply> SendAsync(string path, byte[] body, HttpMethod method, string type, params (string, string)[] headers)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new(type);
        foreach (var (key, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(key, value);
        }
        using var response = await http.SendAsync(request);
        return new((int)response.StatusCode, response.Headers, response.TrailingHeaders, await response.Content.ReadAsByteArrayAsync());
    }

    public void Dispose() => http.Dispose();
}
