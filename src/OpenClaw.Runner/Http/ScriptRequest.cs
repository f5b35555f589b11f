using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace OpenClaw.Runner.Http;

/// <summary>What came back.</summary>
/// <param name="Headers">Names in small letters; several values of one name are joined by a comma.</param>
internal sealed record HttpAnswer(int Status, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers);

/// <summary>One request of a script: bounded in time and size, to the hosts that the worker's owner allows, and to no other by a redirect.</summary>
internal sealed record ScriptRequest(
    HttpMethod Method,
    string Url,
    byte[] Body,
    IReadOnlyList<(string Name, string Value)> Headers,
    TimeSpan Timeout
)
{
    /// <summary>The largest body of an answer, in bytes, however much memory the task has.</summary>
    public const int MaxBodyBytes = 16 << 20;

    private const int MaxRedirects = 5;

    /// <summary>Sends it and waits. Blocks the thread, as scripts do.</summary>
    /// <param name="room">Bytes that the answer may have.</param>
    public (HttpAnswer? Answer, Refusal? Refusal) Send(HttpHosts hosts, long room)
    {
        if (hosts.IsOff)
        {
            return (
                null,
                Refuse("http is off on this worker: list the hosts that tasks may ask in task.http_hosts in the worker's configuration")
            );
        }
        try
        {
            using var cancel = new CancellationTokenSource(Timeout);
            return SendAsync(hosts, Math.Min(room, MaxBodyBytes), cancel.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return (null, Refuse($"{Url} did not answer within {Timeout.TotalSeconds:0.###} s") with { Retryable = true });
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            // A refusal of ours comes out of the connection's dial, wrapped.
            var refused = e.GetBaseException() as HostRefusedException;
            return (null, Refuse(refused?.Message ?? $"{Url}: {e.GetBaseException().Message}") with { Retryable = refused is null });
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            return (null, Refuse($"{Url}: {e.Message}"));
        }
    }

    private async Task<(HttpAnswer?, Refusal?)> SendAsync(HttpHosts hosts, long room, CancellationToken cancel)
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url))
        {
            return (null, Refuse($"{Url} is no URL"));
        }
        var method = Method;
        for (var redirects = 0; ; redirects++)
        {
            if (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
            {
                return (null, Refuse($"{url} is neither http nor https"));
            }
            var (allowed, privateToo) = hosts.Look(url);
            if (!allowed)
            {
                return (
                    null,
                    Refuse($"this worker does not let tasks ask {url.Authority}: add it to task.http_hosts in the worker's configuration")
                );
            }
            using var client = Client(privateToo);
            using var message = new HttpRequestMessage(method, url);
            if (method == HttpMethod.Post)
            {
                message.Content = new ByteArrayContent(Body);
            }
            AddHeaders(message, sameHost: redirects == 0);
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (response.Headers.Location is { } location && (int)response.StatusCode is 301 or 302 or 303 or 307 or 308)
            {
                if (redirects == MaxRedirects)
                {
                    return (null, Refuse($"{Url} leads on more than {MaxRedirects} times"));
                }
                url = new Uri(url, response.Headers.Location!);
                method = (int)response.StatusCode is 307 or 308 ? method : HttpMethod.Get;
                continue;
            }
            return await ReadAsync(response, room, cancel);
        }
    }

    // What a script sends to one host (a token, above all) is not for the host that this one names.
    private void AddHeaders(HttpRequestMessage message, bool sameHost)
    {
        foreach (var (name, value) in sameHost ? Headers : [])
        {
            if (!message.Headers.TryAddWithoutValidation(name, value) && message.Content is { } content)
            {
                content.Headers.Remove(name);
                content.Headers.Add(name, value);
            }
        }
        if (message.Content is { Headers.ContentType: null } body)
        {
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
    }

    private async Task<(HttpAnswer?, Refusal?)> ReadAsync(HttpResponseMessage response, long room, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[16 << 10];
        while (await stream.ReadAsync(buffer, cancel) is var count and > 0)
        {
            if (body.Length + count > room)
            {
                return (null, Refuse($"the answer of {Url} is over {room} bytes"));
            }
            body.Write(buffer, 0, count);
        }
        var headers = new List<(string, string)>();
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            headers.Add((name.ToLowerInvariant(), string.Join(", ", values)));
        }
        return (new HttpAnswer((int)response.StatusCode, body.ToArray(), headers), null);
    }

    private static HttpClient Client(bool privateToo) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                MaxResponseHeadersLength = 64,
                AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
                // The address that is dialled is the one that was looked at: a name cannot lead elsewhere in between.
                ConnectCallback = (context, cancel) => DialAsync(context.DnsEndPoint, privateToo, cancel),
            }
        )
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };

    private static async ValueTask<Stream> DialAsync(DnsEndPoint end, bool privateToo, CancellationToken cancel)
    {
        var addresses = await Dns.GetHostAddressesAsync(end.Host, cancel);
        var usable = privateToo ? addresses : [.. addresses.Where(a => !HttpHosts.IsPrivate(a))];
        if (usable.Length == 0)
        {
            throw new HostRefusedException(
                $"{end.Host} is at a private address: name it in task.http_hosts (with its port, unless that is 80 or 443) to let tasks ask it"
            );
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(usable, end.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Refusal Refuse(string message) => new(Refusal.HttpRefused, message);

    private sealed class HostRefusedException(string message) : IOException(message);
}
