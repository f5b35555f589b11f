using OpenClaw.Client.Plugins;

namespace OpenClaw.Tests.Client;

/// <summary>A signal may come at any time, after the end too.</summary>
public sealed class StopSignalTests
{
    [Fact]
    public void ASignalAfterTheEndIsNobodys()
    {
        var stop = new StopSignal(CancellationToken.None);
        var token = stop.Token;
        stop.Dispose();
        stop.Raise();
        stop.Dispose();
        Assert.False(token.IsCancellationRequested);
    }

    [Fact]
    public void TheEndMayComeWhileItTells()
    {
        using var stop = new StopSignal(CancellationToken.None);
        var told = 0;

        // Two listeners: the second is told although the first has ended it all.
        using var last = stop.Token.Register(() => told++);
        using var first = stop.Token.Register(() =>
        {
            told++;
            stop.Dispose();
        });
        stop.Raise();
        stop.Raise();
        Assert.Equal(2, told);
    }

    [Fact]
    public void TheCallersWishIsPassedOn()
    {
        using var caller = new CancellationTokenSource();
        using var stop = new StopSignal(caller.Token);
        caller.Cancel();
        Assert.True(stop.Token.IsCancellationRequested);
    }
}
