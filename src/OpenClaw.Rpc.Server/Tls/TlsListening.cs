using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Server;

/// <summary>
/// TLS and plain text on one port, told apart by a connection's first byte. Done here and not by Kestrel's own TLS, so that every
/// connection takes the certificates of its moment, and both sides learn why a handshake failed: this side for its log, the other by an
/// alert (or, when it spoke plain text, in its own language) that is given the time to arrive.
/// </summary>
public static class TlsListening
{
    private const byte HandshakeRecord = 22;

    /// <summary>How long a refused client may take to read why. What it still sends is thrown away, lest the reason be lost with it.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    /// <summary>Guards the port. Call it before anything else that looks at the connection.</summary>
    public static void UseTls(this ListenOptions listen, TlsServerOptions options)
    {
        var server = new TlsServer(options);
        listen.Use(next => connection => ServeAsync(connection, next, server));
    }

    private static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, TlsServer server)
    {
        var peer = connection.RemoteEndPoint?.ToString() ?? "?";
        var first = await FirstByteAsync(connection, server.Options);
        if (first is null)
        {
            return;
        }

        if (first == HandshakeRecord && server.Options.Source is not null)
        {
            await ProtectAsync(connection, next, server, peer);
        }
        else if (first != HandshakeRecord && !server.TakesPlain(connection.RemoteEndPoint))
        {
            var failure = new Failure(Catalogue.TlsRequired, $"The client {peer} spoke without TLS, which is for this machine alone")
            {
                Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["cause"] = "tls-required" },
            };
            server.Options.OnRefused?.Invoke(failure, peer);
            await RefuseAsync(connection.Transport.Output.AsStream(leaveOpen: true), failure, first == (byte)'P');
            await DrainAsync(connection);
        }
        else
        {
            if (first == HandshakeRecord)
            {
                server.Options.OnRefused?.Invoke(
                    new Failure(Catalogue.TlsPlainPeer, $"The client {peer} speaks TLS, and this manager has no certificate"),
                    peer
                );
            }

            await next(connection);
        }
    }

    // Nothing is taken: whoever reads next reads it too.
    private static async ValueTask<byte?> FirstByteAsync(ConnectionContext connection, TlsServerOptions options)
    {
        using var allowed = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(allowed.Token, connection.ConnectionClosed);
        try
        {
            var read = await connection.Transport.Input.ReadAsync(either.Token);
            byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
            connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            return first;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            // It said nothing for too long, or went away without a word: somebody looked whether the port answers.
            return null;
        }
    }

    private static async Task ProtectAsync(ConnectionContext connection, ConnectionDelegate next, TlsServer server, string peer)
    {
        Failure? refused = null;
        var raw = connection.Transport;
        await using var stream = new SslStream(new PipeStream(raw), leaveInnerStreamOpen: true);
        using var allowed = new CancellationTokenSource(server.Options.HandshakeTimeout, server.Options.Time);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(allowed.Token, connection.ConnectionClosed);
            await stream.AuthenticateAsServerAsync(server.ForHandshake(failure => refused = failure, peer), either.Token);
        }
        catch (OperationCanceledException) when (!allowed.IsCancellationRequested)
        {
            // The end of the connection was seen before what it had still to be read.
            server.Options.OnRefused?.Invoke(TlsServer.LeftAtOnce(peer), peer);
            return;
        }
        catch (Exception e)
        {
            // Whatever it was, it is this connection's end and nobody else's.
            server.Options.OnRefused?.Invoke(TlsServer.Explain(e, peer), peer);
            await DrainAsync(connection);
            return;
        }

        if (refused is not null)
        {
            // Here it ends for a client whose certificate is not good: nothing of what it sends is read.
            server.Options.OnRefused?.Invoke(refused, peer);
            await RefuseAsync(stream, refused, server.Options.Protocol == SslApplicationProtocol.Http2);
            await DrainAsync(connection);
            return;
        }

        await using var inside = new StreamPipe(stream);
        if (!await SpeaksAsync(connection, inside, server.Options))
        {
            server.Options.OnRefused?.Invoke(TlsServer.LeftAtOnce(peer), peer);
            return;
        }

        connection.Features.Set<ITlsConnectionFeature>(new PeerCertificate(stream.RemoteCertificate as X509Certificate2));
        connection.Features.Set<ITlsApplicationProtocolFeature>(new Negotiated(server.Options.Protocol));
        connection.Transport = inside;
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = raw;
        }
    }

    // Nothing is taken: whoever reads next reads it too.
    private static async ValueTask<bool> SpeaksAsync(ConnectionContext connection, StreamPipe inside, TlsServerOptions options)
    {
        using var allowed = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(allowed.Token, connection.ConnectionClosed);
        try
        {
            var read = await inside.Input.ReadAsync(either.Token);
            inside.Input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            return !read.Buffer.IsEmpty;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private static async Task RefuseAsync(Stream output, Failure failure, bool asHttp2)
    {
        try
        {
            await output.WriteAsync(asHttp2 ? TlsRefusal.Frames(failure) : PlainAnswer(failure));
            await output.FlushAsync();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It did not wait for the reason.
        }
    }

    private static byte[] PlainAnswer(Failure failure)
    {
        var text = Encoding.UTF8.GetBytes($"{failure.Code}: {failure.Entry.Title}\n");
        var head = $"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {text.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. text];
    }

    private static async Task DrainAsync(ConnectionContext connection)
    {
        using var enough = new CancellationTokenSource(LastWords, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, connection.ConnectionClosed);
        try
        {
            await connection.Transport.Output.FlushAsync(either.Token);
            await connection.Transport.Output.CompleteAsync();
            while (true)
            {
                var read = await connection.Transport.Input.ReadAsync(either.Token);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException or InvalidOperationException)
        {
            // It has had its time, or is gone.
        }
    }

    private sealed class Negotiated(SslApplicationProtocol protocol) : ITlsApplicationProtocolFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = protocol.Protocol;
    }
}
