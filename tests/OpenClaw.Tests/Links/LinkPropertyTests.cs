using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Tests.Links;

/// <summary>Random lives of links: each number of a list is one thing that happens, and the rules hold after each.</summary>
public sealed class LinkPropertyTests
{
    private static readonly Lock Gate = new();

    private static TimeSpan Seconds(double s) => TimeSpan.FromSeconds(s);

    private static LinkOptions OptionsOf(int pick) =>
        new()
        {
            Name = "any",
            Addresses = [.. Enumerable.Range(0, 1 + (pick % 3)).Select(i => $"h{i}:1")],
            Backoff = new(Seconds(pick % 5 == 0 ? 0.2 : 2), Seconds(20), 1 + (pick % 4 * 0.5)),
            MaxAttempts = pick % 4,
            WhenExhausted = pick % 2 == 0 ? LinkExhaustion.StayAndProbe : LinkExhaustion.Exit,
            Reconnect = pick % 11 != 0,
            ProbeInterval = pick % 4 == 0 && pick % 3 == 0 ? null : Seconds(1),
            StableAfter = Seconds(3),
            IdleTimeout = pick % 7 == 0 ? Seconds(45) : null,
            KeepAlive = pick % 3 == 0 ? null : new(Seconds(7), Seconds(3), (KeepAliveStyle)(pick % 2)),
            HealthCheck = pick % 5 == 1 ? new(Seconds(9), Seconds(2)) : null,
            Flap = pick % 2 == 0 ? new() : null,
            HistoryLimit = 1 + (pick % 6),
        };

    /// <summary>One life; returns the rows of the table that it went along.</summary>
    private static HashSet<(LinkPhase From, LinkPhase To)> Live(int pick, int[] happenings)
    {
        pick = Math.Abs(pick % 1000);
        var rig = new LinkRig(OptionsOf(pick), seed: pick);
        var budget = new BudgetWatch(rig);
        rig.Start();
        budget.Look();
        foreach (var happening in happenings)
        {
            Happen(rig, Math.Abs(happening % 100_000));
            budget.Look();
            Rules(rig);
        }

        return rig.Moves;
    }

    private static void Happen(LinkRig rig, int happening)
    {
        var detail = happening / 20;
        switch (happening % 20)
        {
            case 0:
                rig.Step(new LinkEvent.StartRequested());
                break;
            case 1 when detail % 3 == 0:
                rig.Step(new LinkEvent.StopRequested());
                break;
            case 2 when detail % 3 == 0:
                rig.Step(new LinkEvent.RetryRequested());
                break;
            case 3:
                rig.Step(new LinkEvent.NetworkChanged());
                break;
            case 4:
                rig.Step(new LinkEvent.CredentialsChanged());
                break;
            case 5 or 6 when rig.Dial is not null:
                rig.Accept();
                break;
            case 7 or 8 or 9 when rig.Dial is not null:
                var verdict =
                    detail % 9 == 0 ? LinkVerdict.Auth
                    : detail % 11 == 0 ? LinkVerdict.Fatal
                    : LinkVerdict.Retry;
                rig.Refuse(verdict: verdict, after: detail % 13 == 0 ? Seconds(detail % 50) : null);
                break;
            case 10 or 11 when rig.Serving is not null:
                rig.Lose(
                    planned: detail % 5 == 0,
                    detail % 23 == 0 ? LinkVerdict.Auth
                        : detail % 29 == 0 ? LinkVerdict.Fatal
                        : LinkVerdict.Retry
                );
                break;
            case 12 or 13 when rig.Probe is not null:
                rig.AnswerProbe(detail % 2 == 0);
                break;
            case 14 when rig.Health is not null:
                rig.AnswerHealth(detail % 2 == 0 ? null : LinkRig.Broken);
                break;
            case 15 when rig.Serving is not null:
                rig.Step(new LinkEvent.Activity(rig.Machine.Generation, rig.Now, rig.Now, detail % 2 == 0 ? rig.Now : null));
                break;
            case 16:
                // What a superseded dial, connection or probe says changes nothing.
                var phase = rig.Machine.Phase;
                var old = rig.Machine.Generation - 1;
                rig.Step(new LinkEvent.DialSucceeded(old));
                Assert.IsType<LinkEffect.Close>(Assert.Single(rig.Last));
                rig.Step(new LinkEvent.DialFailed(old, LinkRig.Refused));
                rig.Step(new LinkEvent.Lost(old, LinkRig.Broken));
                rig.Step(new LinkEvent.ProbeReported(-1, true));
                rig.Step(new LinkEvent.HealthReported(-1, LinkRig.Broken));
                Assert.Equal(phase, rig.Machine.Phase);
                break;
            default:
                // Ticks that nothing is due for are harmless; the rig wakes the machine only when it asks to be.
                rig.Step(new LinkEvent.Tick());
                rig.Pass(TimeSpan.FromMilliseconds(detail % 5000));
                break;
        }
    }

    private static void Rules(LinkRig rig)
    {
        var machine = rig.Machine;
        Assert.Equal(machine.Phase.State(), machine.State);

        // It cannot hang: whoever reconnects has a timer, and it is not further away than the longest thing to wait for.
        if (machine.State is LinkState.Connecting or LinkState.Reconnecting || machine.Phase == LinkPhase.Dormant)
        {
            Assert.NotNull(machine.NextDue);
            Assert.True(machine.NextDue - rig.Now <= Seconds(60), $"waits {machine.NextDue - rig.Now} in {machine.Phase}");
        }

        // A dial or a connection is outstanding exactly in the phases that are about one; never both, never two (the rig asserts).
        Assert.Equal(machine.Phase is LinkPhase.Dialing or LinkPhase.Redialing, rig.Dial is not null);
        Assert.Equal(machine.Phase == LinkPhase.Open, rig.Serving is not null);
        Assert.True(rig.Probe is null || machine.Phase is LinkPhase.Waiting or LinkPhase.Dormant);
        Assert.InRange(machine.History.Count, 0, rig.Options.HistoryLimit);

        // No backoff over the cap and its jitter; flap hold and the other side's wish have limits of their own.
        foreach (var retry in rig.Last.OfType<LinkEffect.RetryScheduled>())
        {
            Assert.InRange(retry.Delay, TimeSpan.FromMilliseconds(1), Seconds(55));
        }
    }

    /// <summary>What is spent stays within the budget; a dial is spent once at most: when it begins, or when what a probe led to dies young.</summary>
    private sealed class BudgetWatch(LinkRig rig)
    {
        private int read;
        private int lastAttempts;
        private int unspent;

        public void Look()
        {
            var attempts = rig.Machine.Attempts;
            Assert.True(rig.Options.MaxAttempts == 0 || attempts <= rig.Options.MaxAttempts, "over budget");
            unspent += rig.All.Skip(read).Count(e => e is LinkEffect.Dial) - Math.Max(0, attempts - lastAttempts);
            Assert.True(unspent >= 0, "spent without a dial");
            read = rig.All.Count;
            lastAttempts = attempts;
        }
    }

    private static Config Checks(int count) =>
        Config.QuickThrowOnFailure.WithMaxTest(count).WithStartSize(20).WithEndSize(400).WithReplay(2025, 17);

    [Fact]
    public void The_rules_hold_in_every_life_and_every_row_is_walked()
    {
        var walked = new HashSet<(LinkPhase From, LinkPhase To)>();
        var happenings = Gen.Choose(0, 99_999).ArrayOf();
        var lives = Gen.Choose(0, 999).Zip(happenings).ToArbitrary();
        var property = Prop.ForAll(
            lives,
            life =>
            {
                var seen = Live(life.Item1, life.Item2);
                lock (Gate)
                {
                    walked.UnionWith(seen);
                }
            }
        );
        Check.One(Checks(3000), property);
        var moves = LinkTable.All.Where(r => r.From != r.To).Select(r => (r.From, r.To)).ToHashSet();
        Assert.Empty(walked.Except(moves));
        Assert.Empty(moves.Except(walked));
    }

    [Fact]
    public void An_answered_probe_never_spends_an_attempt()
    {
        var property = Prop.ForAll(
            Gen.Choose(0, 999).Zip(Gen.Choose(0, 99_999).ArrayOf()).ToArbitrary(),
            life =>
            {
                var rig = new LinkRig(OptionsOf(life.Item1), seed: life.Item1);
                rig.Start();
                foreach (var happening in life.Item2)
                {
                    Happen(rig, happening);
                    if (rig.Probe is not null)
                    {
                        var spent = rig.Machine.Attempts;
                        rig.AnswerProbe(true);
                        Assert.NotNull(rig.Dial);
                        Assert.Equal(spent, rig.Machine.Attempts);
                    }
                }
            }
        );
        Check.One(Checks(500), property);
    }

    [Fact]
    public void Against_a_dead_server_the_number_of_rounds_is_the_budget()
    {
        for (var pick = 0; pick < 300; pick++)
        {
            var options = OptionsOf(pick) with { Reconnect = true, MaxAttempts = 1 + (pick % 4), WhenExhausted = LinkExhaustion.Exit };
            var rig = new LinkRig(options, pick);
            rig.Start();
            var dials = 0;
            while (rig.Machine.Phase != LinkPhase.Failed)
            {
                if (rig.Dial is not null)
                {
                    dials++;
                    rig.Refuse();
                }
                else
                {
                    rig.PassToNext();
                    if (rig.Probe is not null)
                    {
                        rig.AnswerProbe(false);
                    }
                }
            }

            Assert.Equal((1 + options.MaxAttempts) * options.Addresses.Count, dials);
        }
    }

    [Fact]
    public void Waits_stay_under_the_cap_and_its_jitter()
    {
        for (var pick = 0; pick < 200; pick++)
        {
            var rig = new LinkRig(OptionsOf(pick) with { Reconnect = true, MaxAttempts = 0, ProbeInterval = null }, pick);
            rig.Start();
            for (var i = 0; i < 60; i++)
            {
                if (rig.Dial is not null)
                {
                    rig.Refuse();
                    continue;
                }

                var wait = rig.Last.OfType<LinkEffect.RetryScheduled>().Single().Delay;
                Assert.Equal(wait, rig.Machine.NextDue - rig.Now);
                Assert.InRange(wait.TotalSeconds, 0.15, 20 * 1.25);
                rig.PassToNext();
            }
        }
    }
}
