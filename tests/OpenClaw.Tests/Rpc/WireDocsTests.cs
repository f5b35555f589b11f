using System.Globalization;
using OpenClaw.Core.Tasks;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Server;
using OpenClaw.Tests.Cli;

namespace OpenClaw.Tests.Rpc;

/// <summary>The figures of docs/wire.md are those of the code.</summary>
public sealed class WireDocsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(ErrorsPageTests.Root, "docs", "wire.md"));

    private static string Count(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    [Fact]
    public void EveryLimitIsTheOneInTheCode()
    {
        var limits = new RpcLimits();
        var options = new RpcServerOptions();
        string[] rows =
        [
            $"| one message, each way, unpacked | {RpcProtocol.DefaultMaxMessageSize >> 20} MiB |",
            $"| payload, result | {TaskLimits.MaxPayloadBytes >> 20} MiB |",
            $"| metadata of one call | {limits.MetadataEntries} entries, {limits.MetadataSize >> 10} KiB, one entry {limits.MetadataEntrySize >> 10} KiB |",
            $"| calls at once on one connection | {Count(limits.CallsPerConnection)} |",
            $"| connections | {Count(limits.Connections)} |",
            $"the request of a call that has one, from the call's beginning | {options.ReceiveTimeout.TotalSeconds} s |",
            $"| the headers of a call | {limits.HeadTimeout.TotalSeconds} s |",
            $"| answers that the client does not take | {options.SendTimeout.TotalMinutes} min |",
            $"| a connection without a call | {limits.IdleTimeout.TotalMinutes} min |",
            $"nothing came for {limits.KeepAliveDelay.TotalSeconds} s, closes it when the ping is not answered for {limits.KeepAliveTimeout.TotalSeconds} s",
            $"holds {HealthService.MostWatches} watches at once",
        ];
        Assert.All(rows, row => Assert.Contains(row, Page, StringComparison.Ordinal));
        Assert.Equal((options.MaxReceiveSize, options.MaxSendSize), (RpcProtocol.DefaultMaxMessageSize, RpcProtocol.DefaultMaxMessageSize));

        // "The same" for our clients.
        var client = new RpcChannelOptions();
        Assert.Equal((limits.KeepAliveDelay, limits.KeepAliveTimeout), (client.KeepAliveDelay, client.KeepAliveTimeout));
        Assert.Equal(RpcProtocol.DefaultMaxMessageSize, client.MaxReceiveSize);
    }
}
