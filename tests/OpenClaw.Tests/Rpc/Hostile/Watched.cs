using System.Globalization;
using OpenClaw.Rpc;
using OpenClaw.RpcPeer;

namespace OpenClaw.Tests.Rpc.Hostile;

/// <summary>
/// Our program under attack: what its memory does, and whether a well-behaved neighbour on another connection is still served.
/// </summary>
internal sealed class Watched : IAsyncDisposable
{
    // Generous: what no bounded attack needs, and what each of them would pass if it were unbounded.
    private const long ManagedBound = 64 << 20;
    private const long PeakBound = 192 << 20;

    private readonly RpcChannel channel;
    private readonly RpcCall<OpenClaw.RpcPeer.Wire.StreamingOutputCallRequest, OpenClaw.RpcPeer.Wire.StreamingOutputCallResponse> stream;

    private Watched(PeerProcess peer, Uri address)
    {
        Peer = peer;
        Address = address;
        channel = new(address);
        stream = channel.Duplex(TestMethods.FullDuplexCall);
    }

    public PeerProcess Peer { get; }

    public Uri Address { get; }

    public static async Task<Watched> StartAsync(params string[] options)
    {
        var peer = OurPeer.Start(options);
        return new(peer, await peer.AddressAsync());
    }

    /// <summary>Runs an attack; the neighbour talks all the while, and the memory is compared.</summary>
    public async Task AttackAsync(Func<Task> attack)
    {
        await TalkAsync();
        var before = await ManagedAsync();
        ForgetPeak();
        var peak = Peak();
        var attacking = attack();
        do
        {
            await TalkAsync();
        } while (!attacking.IsCompleted);
        await attacking;
        await TalkAsync();
        Assert.InRange(await ManagedAsync() - before, long.MinValue, ManagedBound);
        Assert.InRange(Peak() - peak, long.MinValue, PeakBound);
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        channel.Dispose();
        await Peer.DisposeAsync();
    }

    // One stream that lives through all attacks, and a call of its own each time.
    private async Task TalkAsync()
    {
        await stream.WriteAsync(InteropCases.Ask(1000, 1000)).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(1000, (await stream.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)))!.Payload.Body.Length);
        var unary = await channel.UnaryAsync(TestMethods.EmptyCall, new(), new() { Timeout = TimeSpan.FromSeconds(10) });
        Assert.True(unary.IsOk, unary.Failure?.ToString());
    }

    private async Task<long> ManagedAsync()
    {
        var answer = await Peer.AskAsync("memory");
        Assert.StartsWith("memory ", answer);
        return long.Parse(answer[7..], CultureInfo.InvariantCulture);
    }

    // The most that was resident since the last time that this was forgotten.
    private long Peak()
    {
        var line = File.ReadLines($"/proc/{Peer.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line[6..^2], CultureInfo.InvariantCulture) * 1024;
    }

    private void ForgetPeak() => File.WriteAllText($"/proc/{Peer.Id}/clear_refs", "5");
}
