using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Hosting.Links;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Links;

public sealed class LinkDriverTests
{
    private readonly VirtualTime time = new();
    private readonly RecordingLogger logger = new();

    private static LinkOptions Plain { get; } = LinkRig.Plain with { ProbeInterval = null, DialTimeout = TimeSpan.FromSeconds(30) };

    private static TimeSpan Seconds(double s) => TimeSpan.FromSeconds(s);

    private LinkDriver<ScriptedEndpoint.Connection> Drive(LinkOptions options, ScriptedEndpoint endpoint)
    {
        var driver = new LinkDriver<ScriptedEndpoint.Connection>(options, endpoint, time, logger, seed: 1, watchNetwork: false);
        driver.Start();
        return driver;
    }

    private static async Task Reaches(ILink link, LinkPhase phase)
    {
        using var patience = new CancellationTokenSource(ScriptedEndpoint.Patience);
        Assert.True(await link.WaitForAsync(s => s.Phase == phase, patience.Token), $"ended as {link.Snapshot.Phase}, not {phase}");
    }

    // A timer armed for the wait (± its jitter); the fact to wait on before the clock is moved.
    private Task<TimeSpan> Armed(double seconds) =>
        time.WhenArmedAsync(left => Math.Abs(left.TotalSeconds - seconds) <= seconds * 0.3).WaitAsync(ScriptedEndpoint.Patience);

    [Fact]
    public async Task Connects_loses_waits_and_reconnects()
    {
        var endpoint = new ScriptedEndpoint();
        await using var link = Drive(Plain, endpoint);
        (await endpoint.NextDialAsync()).Accept();
        var first = await endpoint.NextServedAsync();
        await Reaches(link, LinkPhase.Open);
        time.Advance(Seconds(60));
        first.End.SetResult(LinkRig.Broken);
        await first.Closed;
        await Reaches(link, LinkPhase.Waiting);
        time.Advance(await Armed(5));
        (await endpoint.NextDialAsync()).Accept();
        var second = await endpoint.NextServedAsync();
        await Reaches(link, LinkPhase.Open);
        Assert.Equal(
            [LinkState.Connecting, LinkState.Connected, LinkState.Reconnecting, LinkState.Connected],
            link.History.Select(c => c.To).ToArray()
        );
        Assert.Equal(LinkRig.Broken, link.History[2].Cause);
        await link.StopAsync(CancellationToken.None);
        await second.Closed;
        Assert.Null(await link.Completion);
        Assert.Equal(LinkState.Disconnected, link.Snapshot.State);
        Assert.Equal(1, endpoint.MostDialsAtOnce);
    }

    [Fact]
    public async Task The_lines_are_those_that_people_know()
    {
        var endpoint = new ScriptedEndpoint();
        await using var link = Drive(
            Plain with
            {
                MaxAttempts = 1,
                WhenExhausted = LinkExhaustion.Exit,
                Backoff = new(Seconds(5), Seconds(5)),
            },
            endpoint
        );
        (await endpoint.NextDialAsync()).Accept();
        var connection = await endpoint.NextServedAsync();
        await Reaches(link, LinkPhase.Open);
        Assert.All(logger.Lines, l => Assert.DoesNotMatch("(?i)error|disconnect|FATAL|CRASH", l.Text));
        time.Advance(Seconds(60));
        connection.End.SetResult(LinkRig.Broken);
        time.Advance(await Armed(5));
        (await endpoint.NextDialAsync()).Accept();
        connection = await endpoint.NextServedAsync();
        await Reaches(link, LinkPhase.Open);
        connection.End.SetResult(LinkRig.Broken);
        var why = await link.Completion.WaitAsync(ScriptedEndpoint.Patience);
        Assert.Same(Catalogue.ReconnectExhausted, why?.Entry);
        Assert.Equal("Connected to manager at a:1", logger.Lines[0].Text);
        Assert.Equal(["clw-connection-lost: connection lost to manager at a:1: broken"], logger.At(LogLevel.Error));
        Assert.Equal(["Retrying connection in 5 seconds..."], logger.At(LogLevel.Warning));
        Assert.Equal(["Maximum reconnection attempts (1) exceeded"], logger.At(LogLevel.Critical));
        Assert.Contains(
            logger.At(LogLevel.Information),
            l => l.StartsWith("Connection to manager at a:1 reconnected after ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_long_outage_does_not_fill_the_log()
    {
        var endpoint = new ScriptedEndpoint();
        await using var link = Drive(Plain with { Backoff = new(Seconds(5), Seconds(5), 1) }, endpoint);
        for (var i = 0; i < 200; i++)
        {
            (await endpoint.NextDialAsync()).Refuse();
            await Reaches(link, LinkPhase.Waiting);
            time.Advance(await Armed(5));
        }

        Assert.InRange(logger.Lines.Count, 10, 30);
        Assert.Contains(logger.Lines, l => l.Text.Contains("more like this", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Silence_ends_the_connection_and_signs_of_life_keep_it()
    {
        var endpoint = new ScriptedEndpoint();
        await using var link = Drive(Plain with { KeepAlive = new(Seconds(10), Seconds(4)) }, endpoint);
        (await endpoint.NextDialAsync()).Accept();
        var connection = await endpoint.NextServedAsync();
        time.Advance(await Armed(10));
        Assert.Same(connection, await endpoint.NextKeepAliveAsync());
        connection.Session!.KeepAliveAnswered();
        time.Advance(await Armed(4));
        time.Advance(await Armed(6));
        await endpoint.NextKeepAliveAsync();
        Assert.Equal(LinkState.Connected, link.Snapshot.State);
        time.Advance(await Armed(4));
        await connection.Closed;
        await Reaches(link, LinkPhase.Waiting);
        Assert.Same(Catalogue.KeepAliveTimeout, link.Snapshot.LastFailure?.Entry);
    }

    [Fact]
    public async Task A_sick_other_side_is_left()
    {
        var endpoint = new ScriptedEndpoint { Health = () => LinkRig.Broken };
        await using var link = Drive(Plain with { HealthCheck = new(Seconds(10), Seconds(4), Failures: 1) }, endpoint);
        (await endpoint.NextDialAsync()).Accept();
        var connection = await endpoint.NextServedAsync();
        time.Advance(await Armed(10));
        await connection.Closed;
        await Reaches(link, LinkPhase.Waiting);
    }

    [Fact]
    public async Task A_refused_identity_waits_for_credentials()
    {
        var endpoint = new ScriptedEndpoint();
        await using var link = Drive(Plain, endpoint);
        (await endpoint.NextDialAsync()).Refuse(LinkRig.Unauthorized);
        await Reaches(link, LinkPhase.AuthRequired);
        // The refused dial puts its timer away on its own; after that nothing is due, however long it takes.
        Assert.True(SpinWait.SpinUntil(() => time.ArmedCount == 0, ScriptedEndpoint.Patience));
        link.NotifyCredentialsChanged();
        (await endpoint.NextDialAsync()).Accept();
        await Reaches(link, LinkPhase.Open);
    }

    [Fact]
    public async Task A_deaf_dial_is_waited_for_and_its_late_connection_closed()
    {
        var endpoint = new ScriptedEndpoint { Deaf = true };
        await using var link = Drive(Plain with { DialTimeout = Seconds(3) }, endpoint);
        var deaf = await endpoint.NextDialAsync();
        double[] waits = [5, 10, 20, 40];
        foreach (var wait in waits)
        {
            // Each of these rounds would dial beside the deaf one, if anything let it.
            time.Advance(await Armed(3));
            await Reaches(link, LinkPhase.Waiting);
            time.Advance(await Armed(wait));
            await Reaches(link, LinkPhase.Redialing);
        }

        var late = deaf.Accept();
        await late.Closed;
        (await endpoint.NextDialAsync()).Accept();
        await Reaches(link, LinkPhase.Open);
        Assert.Equal(1, endpoint.MostDialsAtOnce);
    }

    [Fact]
    public async Task Stopping_ends_a_dial_under_way()
    {
        var endpoint = new ScriptedEndpoint();
        var link = Drive(Plain, endpoint);
        var dial = await endpoint.NextDialAsync();
        await link.StopAsync(CancellationToken.None).WaitAsync(ScriptedEndpoint.Patience);
        Assert.True(dial.Cancelled.IsCancellationRequested);
        link.Start();
        Assert.False(await link.WaitForAsync(s => s.State == LinkState.Connected, CancellationToken.None));
        // The dial that was given up takes its time limit down behind our back.
        Assert.True(SpinWait.SpinUntil(() => time.ArmedCount == 0, ScriptedEndpoint.Patience));
    }

    [Fact]
    public async Task A_link_that_was_never_started_stops()
    {
        var link = new LinkDriver<ScriptedEndpoint.Connection>(Plain, new ScriptedEndpoint(), time, logger, 1, watchNetwork: false);
        await link.StopAsync(CancellationToken.None).WaitAsync(ScriptedEndpoint.Patience);
        Assert.Empty(link.History);
    }

    [Fact]
    public async Task Exceptions_become_failures_and_an_endpoint_that_throws_while_judging_does_not_hang_the_link()
    {
        var endpoint = new ScriptedEndpoint { Judgement = _ => throw new InvalidOperationException("judge is out") };
        await using var link = Drive(Plain, endpoint);
        (await endpoint.NextDialAsync()).Answer.SetException(new IOException("cable cut"));
        await Reaches(link, LinkPhase.Waiting);
        Assert.Contains("judge is out", link.Snapshot.LastFailure?.Message, StringComparison.Ordinal);
        time.Advance(await Armed(5));
        (await endpoint.NextDialAsync()).Accept();
        var connection = await endpoint.NextServedAsync();
        connection.End.SetException(new IOException("cable cut"));
        await connection.Closed;
        await Reaches(link, LinkPhase.Waiting);
    }

    [Fact]
    public async Task A_listener_that_throws_does_not_hurt_the_link()
    {
        var endpoint = new ScriptedEndpoint();
        await using var link = Drive(Plain, endpoint);
        link.Changed += _ => throw new InvalidOperationException("listener");
        (await endpoint.NextDialAsync()).Accept();
        await Reaches(link, LinkPhase.Open);
    }

    [Fact]
    public async Task An_answered_probe_ends_the_wait()
    {
        var endpoint = new ScriptedEndpoint();
        await using var link = Drive(LinkRig.Plain, endpoint);
        (await endpoint.NextDialAsync()).Refuse();
        await Reaches(link, LinkPhase.Waiting);
        time.Advance(await Armed(1));
        var next = await Armed(1); // The first probe has said no: the next is due.
        endpoint.ProbeAnswer = true;
        time.Advance(next);
        (await endpoint.NextDialAsync()).Accept();
        await Reaches(link, LinkPhase.Open);
        Assert.True(time.Elapsed < Seconds(4));
        Assert.Equal(0, link.Snapshot.Attempts);
    }
}
