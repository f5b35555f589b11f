using System.Net.Sockets;
using System.Text;

namespace OpenClaw.Tests.Supervisor;

/// <summary>The service manager's end of sd_notify: a datagram socket that keeps what it was told.</summary>
internal sealed class NotifySocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] buffer = new byte[64 * 1024];

    /// <param name="name">A path, or a name in the abstract space with an <c>@</c> in front.</param>
    public NotifySocket(string name)
    {
        Name = name;
        socket.Bind(new UnixDomainSocketEndPoint(name.StartsWith('@') ? "\0" + name[1..] : name));
    }

    /// <summary>What NOTIFY_SOCKET has to say.</summary>
    public string Name { get; }

    /// <summary>Everything that came so far.</summary>
    public List<string> Messages { get; } = [];

    /// <summary>The next message.</summary>
    public async Task<string> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var message = Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
            Messages.Add(message);
            return message;
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"nothing more was told; before that: {string.Join(" | ", Messages)}");
        }
    }

    /// <summary>The next message that contains a text.</summary>
    public async Task<string> UntilAsync(string text)
    {
        while (await NextAsync() is var message)
        {
            if (message.Contains(text, StringComparison.Ordinal))
            {
                return message;
            }
        }
        throw new InvalidOperationException("not reached");
    }

    public void Dispose()
    {
        socket.Dispose();
        if (!Name.StartsWith('@'))
        {
            File.Delete(Name);
        }
    }
}
