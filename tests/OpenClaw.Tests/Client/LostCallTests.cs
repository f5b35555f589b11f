using System.Net;
using System.Net.Sockets;
using System.Text;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Client;

/// <summary>A call that may have been carried out is not made again, whatever the state of its connection was; one that cannot have been is.</summary>
public sealed class LostCallTests
{
    private const int Limit = 30_000;
    private const string Marked = "a-payload-to-look-for";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_connection_took_that_never_answered_is_not_sent_again_without_a_key(bool bulk)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var taken = 0;
        var serving = ServeAsync();
        using var client = WireClient.Connect(
            new WireOptions
            {
                Addresses = [new HostPort("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port)],
                ExpectManager = true,
                Patience = TimeSpan.FromSeconds(3),
            }
        );
        var spec = TaskMessages.Spec("noop", $"\"{Marked}\"");
        var failure = bulk
            ? (await client.SubmitManyAsync(new[] { spec }.ToAsyncEnumerable(), new BulkOptions(), Cancellation)).Failure!
            : (await client.SubmitAsync(spec, Cancellation)).Failure!;
        Assert.Equal(1, taken);
        Assert.False(Patience.CertainlyNotArrived(failure), failure.Message);
        listener.Stop();
        await serving;

        // Takes the call whole, as a manager does that is killed between its commit and its answer.
        async Task ServeAsync()
        {
            while (true)
            {
                try
                {
                    using var socket = await listener.AcceptSocketAsync(Cancellation);
                    var seen = new StringBuilder();
                    var buffer = new byte[4096];
                    while (!seen.ToString().Contains(Marked, StringComparison.Ordinal))
                    {
                        var read = await socket.ReceiveAsync(buffer, Cancellation);
                        if (read == 0)
                        {
                            break;
                        }

                        seen.Append(Encoding.Latin1.GetString(buffer, 0, read));
                    }

                    taken += seen.ToString().Contains(Marked, StringComparison.Ordinal) ? 1 : 0;
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }

    [Fact(Timeout = Limit)]
    public async Task What_nobody_took_certainly_did_not_arrive()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = WireClient.Connect(new WireOptions { Addresses = [new HostPort("127.0.0.1", port)] });
        var failure = (await client.SubmitAsync(TaskMessages.Spec("noop", "1"), Cancellation)).Failure!;
        Assert.True(Patience.CertainlyNotArrived(failure), failure.Message);
    }
}
