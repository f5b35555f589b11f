using OpenClaw.Core.Links;

namespace OpenClaw.Tests.Links;

/// <summary>Every phase meets every event.</summary>
public sealed class LinkTableTests
{
    private static readonly LinkOptions Options = LinkRig.Plain with
    {
        Addresses = ["a", "b"],
        MaxAttempts = 1,
        Flap = new() { Drops = 1 },
        KeepAlive = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)),
        HealthCheck = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)),
    };

    private static LinkRig In(LinkPhase phase)
    {
        var rig = new LinkRig(Options);
        if (phase == LinkPhase.Idle)
        {
            return rig;
        }

        rig.Start();
        switch (phase)
        {
            case LinkPhase.Open:
                rig.Accept();
                break;
            case LinkPhase.Waiting or LinkPhase.Redialing or LinkPhase.Dormant:
                rig.Refuse();
                rig.Refuse();
                if (phase != LinkPhase.Waiting)
                {
                    while (rig.Dial is null)
                    {
                        rig.PassToNext();
                    }
                }

                if (phase == LinkPhase.Dormant)
                {
                    rig.Refuse();
                    rig.Refuse();
                }

                break;
            case LinkPhase.Held:
                rig.Accept();
                rig.Pass(TimeSpan.FromSeconds(11));
                rig.Lose();
                while (rig.Dial is null)
                {
                    rig.PassToNext();
                }

                rig.Accept();
                rig.Pass(TimeSpan.FromSeconds(11));
                rig.Lose();
                break;
            case LinkPhase.AuthRequired:
                rig.Refuse(LinkRig.Unauthorized, LinkVerdict.Auth);
                break;
            case LinkPhase.Failed:
                rig.Refuse(LinkRig.Unauthorized, LinkVerdict.Fatal);
                break;
        }

        Assert.Equal(phase, rig.Machine.Phase);
        return rig;
    }

    private static List<LinkEvent> Events(LinkRig rig)
    {
        var g = rig.Machine.Generation;
        var after = TimeSpan.FromSeconds(7);
        List<LinkEvent> events =
        [
            new LinkEvent.StartRequested(),
            new LinkEvent.StopRequested(),
            new LinkEvent.RetryRequested(),
            new LinkEvent.CredentialsChanged(),
            new LinkEvent.NetworkChanged(),
            new LinkEvent.Tick(),
            new LinkEvent.DialSucceeded(g),
            new LinkEvent.DialSucceeded(g - 1),
            new LinkEvent.Activity(g, rig.Now, rig.Now, rig.Now),
            new LinkEvent.ProbeReported(rig.Probe?.Number ?? 0, true),
            new LinkEvent.ProbeReported(rig.Probe?.Number ?? 0, false),
            new LinkEvent.HealthReported(rig.Health ?? 0, null),
            new LinkEvent.HealthReported(rig.Health ?? 0, LinkRig.Broken),
        ];
        foreach (var verdict in Enum.GetValues<LinkVerdict>())
        {
            events.Add(new LinkEvent.DialFailed(g, LinkRig.Refused, verdict));
            events.Add(new LinkEvent.DialFailed(g, LinkRig.Refused, verdict, after));
            events.Add(new LinkEvent.DialFailed(g - 1, LinkRig.Refused, verdict));
            events.Add(new LinkEvent.Lost(g, LinkRig.Broken, verdict));
            events.Add(new LinkEvent.Lost(g, LinkRig.Broken, verdict, Planned: true, after));
            events.Add(new LinkEvent.Lost(g - 1, LinkRig.Broken, verdict));
        }

        return events;
    }

    public static TheoryData<LinkPhase> Phases => [.. Enum.GetValues<LinkPhase>()];

    [Theory]
    [MemberData(nameof(Phases))]
    public void Every_event_in_every_phase_goes_along_a_row_or_nowhere(LinkPhase phase)
    {
        var kinds = new HashSet<Type>();
        var count = Events(In(phase)).Count;
        for (var i = 0; i < count; i++)
        {
            var rig = In(phase);
            var what = Events(rig)[i];
            kinds.Add(what.GetType());
            rig.Step(what);
            var to = rig.Machine.Phase;
            Assert.True(to == phase || LinkTable.All.Any(r => r.From == phase && r.To == to), $"{phase} --{what}--> {to} is no row");
            var changed = phase.State() != to.State();
            Assert.Equal(changed ? 1 : 0, rig.Last.OfType<LinkEffect.StateChanged>().Count());
            Assert.Equal(rig.Machine.Phase == LinkPhase.Open, rig.Serving is not null);
            Assert.Equal(to is LinkPhase.Dialing or LinkPhase.Redialing, rig.Dial is not null);
        }

        Assert.Equal(typeof(LinkEvent).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(LinkEvent))).ToHashSet(), kinds);
    }

    [Fact]
    public void Stop_leads_to_rest_from_everywhere()
    {
        foreach (var phase in Enum.GetValues<LinkPhase>())
        {
            var rig = In(phase);
            rig.Step(new LinkEvent.StopRequested());
            Assert.Equal(LinkPhase.Idle, rig.Machine.Phase);
            Assert.Null(rig.Machine.NextDue);
            Assert.Null(rig.Dial);
            Assert.Null(rig.Probe);
            Assert.Null(rig.Serving);
        }
    }

    [Fact]
    public void Every_phase_is_reached_by_rows_and_has_a_way_out()
    {
        foreach (var phase in Enum.GetValues<LinkPhase>())
        {
            Assert.Contains(LinkTable.All, r => r.To == phase && r.From != phase);
            Assert.Contains(LinkTable.All, r => r.From == phase && r.To != phase);
        }
    }

    [Fact]
    public void The_index_agrees_with_the_rows_and_the_diagram_shows_each()
    {
        var diagram = LinkTable.ToDiagram();
        foreach (var row in LinkTable.All)
        {
            Assert.Equal(row.To, LinkTable.Find(row.From, row.On));
            Assert.Contains($"{row.From} --> {row.To}: {row.On}\n", diagram, StringComparison.Ordinal);
        }

        var pairs = Enum.GetValues<LinkPhase>().SelectMany(f => Enum.GetValues<LinkOn>().Select(o => (f, o)));
        Assert.Equal(LinkTable.All.Count, pairs.Count(p => LinkTable.Find(p.f, p.o) is not null));
    }

    [Fact]
    public void Public_names_are_frozen() =>
        Assert.Equal(
            ["disconnected", "connecting", "connected", "reconnecting", "auth_required", "error"],
            Enum.GetValues<LinkState>().Select(s => s.Name()).ToArray()
        );
}
