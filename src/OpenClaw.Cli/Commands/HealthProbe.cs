using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary>
/// One GET over HTTP/1.0. By hand, because a container asks every few seconds: starting HttpClient costs as much processor time as the
/// whole rest of the command.
/// </summary>
internal static class HealthProbe
{
    private const int MostBytes = 64 * 1024;

    /// <summary>The same without a task: a process that does nothing else saves the machinery of waiting, a fifth of what the command costs.</summary>
    /// <returns>The status code and the body; code 0 when what answers does not speak HTTP.</returns>
    /// <exception cref="SocketException">Nobody answers.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public static (int Code, ReadOnlyMemory<byte> Body) Get(HostPort address, string path, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var ended = cancellation.Register(socket.Dispose);
        try
        {
            socket.Connect(address.Host, address.Port);
            socket.Send(Question(address, path));
            var buffer = new byte[MostBytes];
            var length = 0;
            while (length < buffer.Length && socket.Receive(buffer.AsSpan(length)) is > 0 and var read)
            {
                length += read;
            }

            return Read(buffer.AsMemory(0, length));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException && cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <returns>The status code and the body; code 0 when what answers does not speak HTTP.</returns>
    /// <exception cref="SocketException">Nobody answers.</exception>
    public static async Task<(int Code, ReadOnlyMemory<byte> Body)> GetAsync(HostPort address, string path, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address.Host, address.Port, cancellation);
        await socket.SendAsync(Question(address, path), cancellation);
        var buffer = new byte[MostBytes];
        var length = 0;
        while (length < buffer.Length && await socket.ReceiveAsync(buffer.AsMemory(length), cancellation) is > 0 and var read)
        {
            length += read;
        }

        return Read(buffer.AsMemory(0, length));
    }

    private static byte[] Question(HostPort address, string path) =>
        Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");

    private static (int Code, ReadOnlyMemory<byte> Body) Read(ReadOnlyMemory<byte> answer)
    {
        var head = answer.Span.IndexOf("\r\n\r\n"u8);
        var words = head < 0 ? [] : Encoding.Latin1.GetString(answer.Span[..head]).Split(' ', 3);
        return
            words is [var version, var status, ..]
            && version.StartsWith("HTTP/", StringComparison.Ordinal)
            && int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? (code, answer[(head + 4)..])
            : (0, answer);
    }
}
