using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Tests.Links;

public sealed class LinkScenarioTests
{
    private static TimeSpan Seconds(double s) => TimeSpan.FromSeconds(s);

    private static LinkRig Connected(LinkOptions options, double lived = 60)
    {
        var rig = new LinkRig(options);
        rig.Start();
        rig.Accept();
        rig.Pass(Seconds(lived));
        Assert.Equal(LinkState.Connected, rig.Machine.State);
        return rig;
    }

    [Fact]
    public void Lost_waits_then_reconnects_and_the_history_says_why_and_how_long()
    {
        var rig = Connected(LinkRig.Plain with { ProbeInterval = null });
        rig.Lose();
        Assert.Equal(LinkState.Reconnecting, rig.Machine.State);
        Assert.InRange(rig.Effect<LinkEffect.RetryScheduled>().Delay.TotalSeconds, 4.5, 5.5);
        Assert.Null(rig.Dial);
        rig.Pass(Seconds(5.5));
        rig.Accept();
        var history = rig.Machine.History.ToArray();
        Assert.Equal(
            [LinkState.Connecting, LinkState.Connected, LinkState.Reconnecting, LinkState.Connected],
            history.Select(c => c.To).ToArray()
        );
        Assert.Equal(LinkRig.Broken, history[2].Cause);
        Assert.Equal(Seconds(60), history[2].Lasted);
        Assert.Equal("a:1", history[2].Address);
        Assert.InRange(history[3].Lasted.TotalSeconds, 4.5, 5.5);
        Assert.Equal(1, history[3].Attempts);
    }

    [Fact]
    public void A_probe_ends_the_wait_and_spends_no_attempt()
    {
        var rig = Connected(LinkRig.Plain with { MaxAttempts = 1 });
        rig.Lose();
        rig.PassToNext();
        Assert.InRange(rig.Now.TotalSeconds, 60.8, 61.2);
        rig.AnswerProbe(false);
        rig.PassToNext();
        rig.AnswerProbe(true);
        Assert.NotNull(rig.Dial);
        Assert.Equal(0, rig.Machine.Attempts);
        rig.Accept();
        Assert.Equal(LinkState.Connected, rig.Machine.State);
    }

    [Fact]
    public void A_probe_that_lied_leaves_the_rest_of_the_wait_and_the_budget_still_ends()
    {
        var rig = Connected(LinkRig.Plain with { MaxAttempts = 2, WhenExhausted = LinkExhaustion.Exit });
        rig.Lose();
        var waits = 0;
        while (rig.Machine.Phase != LinkPhase.Failed)
        {
            Assert.True(waits++ < 10);
            var until = rig.Now + rig.Last.OfType<LinkEffect.RetryScheduled>().Single().Delay;
            rig.PassToNext();
            rig.AnswerProbe(true);
            rig.Refuse();
            Assert.Equal(until, rig.Machine.NextDue);
            rig.PassToNext();
            rig.Refuse();
        }

        Assert.Equal(2, waits);
        Assert.Same(Catalogue.ReconnectExhausted, rig.Effect<LinkEffect.GiveUp>().Failure.Entry);
        Assert.Equal("Maximum reconnection attempts (2) exceeded", rig.Effect<LinkEffect.GiveUp>().Failure.Message);
    }

    [Fact]
    public void Connections_that_are_taken_and_dropped_use_the_attempts_up()
    {
        var rig = Connected(LinkRig.Plain with { MaxAttempts = 3, WhenExhausted = LinkExhaustion.Exit });
        rig.Lose();
        var taken = 0;
        while (rig.Machine.Phase != LinkPhase.Failed)
        {
            Assert.True(++taken <= 3, $"{taken} connections were taken and dropped, and it still comes back");
            rig.PassToNext();
            rig.AnswerProbe(true);
            rig.Accept();
            rig.Pass(Seconds(0.1));
            rig.Lose();
        }

        Assert.Equal(3, taken);
        Assert.Same(Catalogue.ReconnectExhausted, rig.Effect<LinkEffect.GiveUp>().Failure.Entry);
    }

    [Fact]
    public void Short_waits_are_not_probed()
    {
        var rig = Connected(LinkRig.Plain with { Backoff = new(Seconds(0.5), Seconds(0.5)) });
        rig.Lose();
        rig.Pass(Seconds(0.6));
        Assert.Empty(rig.All.OfType<LinkEffect.Probe>());
        Assert.NotNull(rig.Dial);
    }

    [Fact]
    public void Other_addresses_are_tried_at_once_and_backoff_comes_after_all_failed()
    {
        var rig = Connected(LinkRig.Plain with { Addresses = ["a", "b", "c"], ProbeInterval = null });
        rig.Lose();
        Assert.Equal("b", rig.Dial?.Address);
        rig.Refuse();
        Assert.Equal("c", rig.Dial?.Address);
        rig.Refuse();
        Assert.Null(rig.Dial);
        Assert.Equal(LinkPhase.Waiting, rig.Machine.Phase);
        rig.PassToNext();
        Assert.Equal("a", rig.Dial?.Address);
        Assert.Equal(1, rig.Machine.Attempts);
        rig.Refuse();
        rig.Refuse();
        rig.Refuse();
        Assert.Equal(LinkPhase.Waiting, rig.Machine.Phase);
        Assert.Equal(1, rig.Machine.Attempts);
    }

    [Fact]
    public void A_connection_that_dies_young_waits_even_with_other_addresses()
    {
        var rig = Connected(LinkRig.Plain with { Addresses = ["a", "b"] }, lived: 1);
        rig.Lose();
        Assert.Equal(LinkPhase.Waiting, rig.Machine.Phase);
    }

    [Fact]
    public void Young_deaths_keep_the_backoff_growing()
    {
        var rig = Connected(LinkRig.Plain with { ProbeInterval = null }, lived: 1);
        double[] expected = [5, 10, 20, 40, 60];
        foreach (var seconds in expected)
        {
            rig.Lose(planned: true);
            Assert.InRange(rig.Effect<LinkEffect.RetryScheduled>().Delay.TotalSeconds, seconds * 0.75, seconds * 1.25);
            rig.PassToNext();
            rig.Accept();
        }
    }

    [Fact]
    public void The_fourth_drop_within_the_window_is_held_back_without_probes()
    {
        var rig = Connected(LinkRig.Plain with { Flap = new(), Addresses = ["a", "b"], StableAfter = Seconds(1) }, lived: 2);
        for (var drop = 0; drop < 3; drop++)
        {
            rig.Lose();
            Assert.NotEqual(LinkPhase.Held, rig.Machine.Phase);
            rig.Accept();
            rig.Pass(Seconds(2));
        }

        rig.Lose();
        Assert.Equal(LinkPhase.Held, rig.Machine.Phase);
        Assert.Same(Catalogue.LinkFlapping, rig.Effect<LinkEffect.StateChanged>().Change.Cause?.Entry);
        rig.Step(new LinkEvent.NetworkChanged());
        rig.Pass(Seconds(26.9));
        Assert.Equal(LinkPhase.Held, rig.Machine.Phase);
        Assert.Null(rig.Probe);
        rig.Pass(Seconds(6.2));
        Assert.NotNull(rig.Dial);
    }

    [Fact]
    public void Planned_losses_and_old_drops_do_not_flap()
    {
        var rig = Connected(LinkRig.Plain with { Flap = new(), Addresses = ["a", "b"], StableAfter = Seconds(1) }, lived: 2);
        for (var drop = 0; drop < 10; drop++)
        {
            rig.Lose(planned: drop % 2 == 0);
            Assert.NotEqual(LinkPhase.Held, rig.Machine.Phase);
            rig.Accept();
            rig.Pass(Seconds(drop % 2 == 0 ? 2 : 30));
        }
    }

    [Fact]
    public void Silence_is_questioned_and_no_answer_is_a_loss()
    {
        var rig = new LinkRig(LinkRig.Plain with { KeepAlive = new(Seconds(10), Seconds(4)) });
        rig.Start();
        rig.Accept();
        rig.Pass(Seconds(9));
        rig.Receive();
        rig.Pass(Seconds(9.9));
        Assert.Empty(rig.All.OfType<LinkEffect.SendKeepAlive>());
        rig.Pass(Seconds(0.1));
        Assert.Single(rig.All.OfType<LinkEffect.SendKeepAlive>());
        rig.Pass(Seconds(3));
        rig.AnswerKeepAlive();
        rig.Pass(Seconds(10));
        Assert.Equal(LinkState.Connected, rig.Machine.State);
        rig.Pass(Seconds(4));
        Assert.Equal(LinkState.Reconnecting, rig.Machine.State);
        Assert.Same(Catalogue.KeepAliveTimeout, rig.Machine.History.ToArray()[^1].Cause?.Entry);
        Assert.Null(rig.Serving);
    }

    [Fact]
    public void Steady_heartbeats_go_out_despite_traffic_and_only_answers_count()
    {
        var keepAlive = new KeepAliveOptions(Seconds(10), Seconds(60), KeepAliveStyle.Steady) { Lost = Catalogue.HeartbeatLost };
        var rig = new LinkRig(LinkRig.Plain with { KeepAlive = keepAlive });
        rig.Start();
        rig.Accept();
        for (var second = 0; second < 65; second++)
        {
            rig.Pass(Seconds(1));
            rig.Receive();
        }

        Assert.Equal(6, rig.All.OfType<LinkEffect.SendKeepAlive>().Count());
        Assert.Equal(LinkState.Connected, rig.Machine.State);
        rig.Pass(Seconds(5));
        Assert.Same(Catalogue.HeartbeatLost, rig.Machine.History.ToArray()[^1].Cause?.Entry);
    }

    [Fact]
    public void Health_checks_need_several_failures_in_a_row()
    {
        var rig = new LinkRig(LinkRig.Plain with { HealthCheck = new(Seconds(30), Seconds(5), Failures: 2) });
        var sick = new Failure(Catalogue.HealthCheckFailed, "sick");
        rig.Start();
        rig.Accept();
        rig.Pass(Seconds(30));
        rig.AnswerHealth(sick);
        rig.Pass(Seconds(30));
        rig.AnswerHealth(null);
        rig.Pass(Seconds(30));
        rig.AnswerHealth(sick);
        Assert.Equal(LinkState.Connected, rig.Machine.State);
        rig.Pass(Seconds(35));
        Assert.Equal(LinkState.Reconnecting, rig.Machine.State);
        Assert.Contains("no result", rig.Machine.History.ToArray()[^1].Cause?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unused_connection_is_closed_and_opens_again_on_demand()
    {
        var rig = new LinkRig(LinkRig.Plain with { IdleTimeout = Seconds(30), KeepAlive = new(Seconds(10), Seconds(5)) });
        rig.Start();
        rig.Accept();
        for (var i = 0; i < 2; i++)
        {
            rig.Pass(Seconds(10));
            rig.AnswerKeepAlive();
        }

        rig.Pass(Seconds(10));
        Assert.Equal(LinkPhase.Idle, rig.Machine.Phase);
        Assert.Null(rig.Serving);
        Assert.Null(rig.Machine.NextDue);
        rig.Start();
        Assert.NotNull(rig.Dial);
    }

    [Fact]
    public void Auth_required_stays_until_the_credentials_change()
    {
        var rig = new LinkRig(LinkRig.Plain);
        rig.Start();
        rig.Refuse(LinkRig.Unauthorized, LinkVerdict.Auth);
        Assert.Equal(LinkState.AuthRequired, rig.Machine.State);
        Assert.Null(rig.Machine.NextDue);
        rig.Step(new LinkEvent.NetworkChanged());
        rig.Pass(TimeSpan.FromDays(1));
        Assert.Null(rig.Dial);
        rig.Step(new LinkEvent.CredentialsChanged());
        rig.Accept();
        Assert.Equal(LinkState.Connected, rig.Machine.State);
    }

    [Fact]
    public void A_fatal_failure_is_not_repeated_until_somebody_says_so()
    {
        var rig = Connected(LinkRig.Plain);
        rig.Lose(verdict: LinkVerdict.Fatal);
        Assert.Equal(LinkState.Error, rig.Machine.State);
        rig.Pass(TimeSpan.FromDays(1));
        Assert.Null(rig.Dial);
        rig.Step(new LinkEvent.RetryRequested());
        Assert.NotNull(rig.Dial);
    }

    [Fact]
    public void Used_up_attempts_stay_disconnected_and_a_probe_leads_back()
    {
        var rig = Connected(LinkRig.Plain with { MaxAttempts = 2, ProbeTimeout = Seconds(1) });
        rig.Lose();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            while (rig.Dial is null)
            {
                rig.PassToNext();
            }

            rig.Refuse();
        }

        Assert.Equal(LinkState.Disconnected, rig.Machine.State);
        Assert.Equal(LinkPhase.Dormant, rig.Machine.Phase);
        Assert.Same(Catalogue.ReconnectExhausted, rig.Effect<LinkEffect.StateChanged>().Change.Cause?.Entry);
        rig.Pass(TimeSpan.FromHours(1));
        Assert.Equal(LinkPhase.Dormant, rig.Machine.Phase);
        while (rig.Probe is null)
        {
            rig.PassToNext();
        }

        rig.AnswerProbe(true);
        rig.Refuse();
        Assert.Equal(LinkPhase.Dormant, rig.Machine.Phase);
        Assert.True(rig.Machine.NextDue - rig.Now > Seconds(40), "a listener that does not serve is not knocked at every second");
        while (rig.Probe is null)
        {
            rig.PassToNext();
        }

        rig.AnswerProbe(true);
        rig.Accept();
        rig.Pass(Seconds(20));
        Assert.Equal(0, rig.Machine.Snapshot(rig.At).Attempts);
    }

    [Fact]
    public void A_network_change_shortens_the_wait_and_probes_at_once()
    {
        var rig = new LinkRig(LinkRig.Plain with { ProbeTimeout = Seconds(0.1) });
        rig.Start();
        rig.Refuse();
        for (var i = 0; i < 5; i++)
        {
            while (rig.Dial is null)
            {
                rig.PassToNext();
            }

            rig.Refuse();
        }

        var before = rig.Machine.Snapshot(rig.At).NextAttempt - rig.At.Wall;
        Assert.True(before > Seconds(40));
        rig.Step(new LinkEvent.NetworkChanged());
        Assert.True(rig.Machine.Snapshot(rig.At).NextAttempt - rig.At.Wall < Seconds(5.6));
        Assert.Equal(rig.Now, rig.Machine.NextDue);
        rig.PassToNext();
        Assert.NotNull(rig.Probe);
        rig.Pass(Seconds(5.6));
        Assert.NotNull(rig.Dial);
    }

    [Fact]
    public void A_wait_that_the_other_side_asked_for_is_kept()
    {
        var rig = new LinkRig(LinkRig.Plain);
        rig.Start();
        rig.Refuse(after: Seconds(90));
        rig.Step(new LinkEvent.NetworkChanged());
        rig.Pass(Seconds(89.9));
        Assert.Null(rig.Dial);
        Assert.Empty(rig.All.OfType<LinkEffect.Probe>());
        rig.Pass(Seconds(9.2));
        Assert.NotNull(rig.Dial);
    }

    [Fact]
    public void A_dial_without_an_answer_times_out_and_its_late_connection_is_closed()
    {
        var rig = new LinkRig(LinkRig.Plain with { DialTimeout = Seconds(3) });
        rig.Start();
        var late = rig.Machine.Generation;
        rig.Pass(Seconds(3));
        Assert.Equal(LinkPhase.Waiting, rig.Machine.Phase);
        Assert.Same(Catalogue.ConnectionTimeout, rig.Effect<LinkEffect.AttemptFailed>().Failure.Entry);
        rig.Step(new LinkEvent.DialSucceeded(late));
        Assert.Equal(late, rig.Effect<LinkEffect.Close>().Generation);
        Assert.Equal(LinkPhase.Waiting, rig.Machine.Phase);
    }

    [Fact]
    public void Without_reconnection_a_loss_ends_it()
    {
        var rig = Connected(LinkRig.Plain with { Reconnect = false });
        rig.Lose();
        Assert.Equal(LinkState.Disconnected, rig.Machine.State);
        Assert.Null(rig.Machine.NextDue);
    }

    [Fact]
    public void The_history_forgets_the_oldest()
    {
        var rig = Connected(LinkRig.Plain with { HistoryLimit = 5, ProbeInterval = null });
        for (var i = 0; i < 20; i++)
        {
            rig.Lose();
            rig.PassToNext();
            rig.Accept();
        }

        Assert.Equal(5, rig.Machine.History.Count);
        Assert.Equal(LinkState.Connected, rig.Machine.History.ToArray()[^1].To);
    }
}
