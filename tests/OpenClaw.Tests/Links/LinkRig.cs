using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Tests.Links;

/// <summary>Drives a machine as a shell would, without a network: it keeps count of what is outstanding and what was asked for.</summary>
public sealed class LinkRig
{
    public static readonly Failure Refused = new(Catalogue.ConnectionRefused, "refused");
    public static readonly Failure Broken = new(Catalogue.ConnectionLost, "broken");
    public static readonly Failure Unauthorized = new(Catalogue.AuthRefused, "who are you?");

    private static readonly DateTimeOffset Origin = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public LinkRig(LinkOptions options, int seed = 1)
    {
        Options = options;
        Machine = new(options, new Random(seed), At);
    }

    public static LinkOptions Plain { get; } =
        new()
        {
            Name = "manager",
            Addresses = ["a:1"],
            Backoff = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60)),
            Flap = null,
        };

    public LinkOptions Options { get; }

    public LinkMachine Machine { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>The dial whose result is awaited; null when none is.</summary>
    public LinkEffect.Dial? Dial { get; private set; }

    public LinkEffect.Probe? Probe { get; private set; }

    /// <summary>The health check whose result is awaited.</summary>
    public long? Health { get; private set; }

    public long? Serving { get; private set; }

    /// <summary>The moves between phases so far.</summary>
    public HashSet<(LinkPhase From, LinkPhase To)> Moves { get; } = [];

    public List<LinkEffect> All { get; } = [];

    public List<LinkEffect> Last { get; private set; } = [];

    public LinkInstant At => new(Now, Origin + Now);

    public IReadOnlyList<LinkEffect> Step(LinkEvent what)
    {
        Last = [];
        Forget(what);
        var from = Machine.Phase;
        Machine.Step(what, At, Last);
        if (from != Machine.Phase)
        {
            Moves.Add((from, Machine.Phase));
        }

        foreach (var effect in Last)
        {
            Apply(effect);
        }

        All.AddRange(Last);
        return Last;
    }

    /// <summary>Lets time pass, waking the machine when it asks for it.</summary>
    public void Pass(TimeSpan time)
    {
        var end = Now + time;
        for (var guard = 0; Machine.NextDue is { } due && due <= end; guard++)
        {
            Assert.True(guard < 100_000, "the machine spins");
            Now = due > Now ? due : Now;
            Step(new LinkEvent.Tick());
        }

        Now = end;
    }

    /// <summary>Lets time pass up to what the machine waits for next.</summary>
    public void PassToNext()
    {
        Assert.NotNull(Machine.NextDue);
        Pass(Machine.NextDue.Value > Now ? Machine.NextDue.Value - Now : TimeSpan.Zero);
    }

    public void Start() => Step(new LinkEvent.StartRequested());

    public void Accept() => Step(new LinkEvent.DialSucceeded(Outstanding.Generation));

    public void Refuse(Failure? why = null, LinkVerdict verdict = LinkVerdict.Retry, TimeSpan? after = null) =>
        Step(new LinkEvent.DialFailed(Outstanding.Generation, why ?? Refused, verdict, after));

    public void Lose(bool planned = false, LinkVerdict verdict = LinkVerdict.Retry) =>
        Step(new LinkEvent.Lost(Machine.Generation, Broken, verdict, planned));

    public void AnswerProbe(bool yes)
    {
        var probe = Assert.IsType<LinkEffect.Probe>(Probe);
        Step(new LinkEvent.ProbeReported(probe.Number, yes));
    }

    public void AnswerHealth(Failure? failure)
    {
        Assert.NotNull(Health);
        Step(new LinkEvent.HealthReported(Health.Value, failure));
    }

    public void Receive() => Step(new LinkEvent.Activity(Machine.Generation, Now, null, null));

    public void AnswerKeepAlive() => Step(new LinkEvent.Activity(Machine.Generation, null, null, Now));

    public T Effect<T>()
        where T : LinkEffect => Assert.Single(Last.OfType<T>());

    private LinkEffect.Dial Outstanding => Assert.IsType<LinkEffect.Dial>(Dial);

    // What reports its result is outstanding no longer.
    private void Forget(LinkEvent what)
    {
        switch (what)
        {
            case LinkEvent.DialSucceeded dialed when dialed.Generation == Dial?.Generation:
            case LinkEvent.DialFailed failed when failed.Generation == Dial?.Generation:
                Dial = null;
                break;
            case LinkEvent.ProbeReported probe when probe.Probe == Probe?.Number:
                Probe = null;
                break;
            case LinkEvent.HealthReported health when health.Check == Health:
                Health = null;
                break;
        }
    }

    private void Apply(LinkEffect effect)
    {
        switch (effect)
        {
            case LinkEffect.Dial dial:
                Assert.Null(Dial);
                Assert.Null(Serving);
                Dial = dial;
                break;
            case LinkEffect.Serve serve:
                Assert.Null(Serving);
                Serving = serve.Generation;
                break;
            case LinkEffect.Close close:
                Dial = Dial?.Generation == close.Generation ? null : Dial;
                Serving = Serving == close.Generation ? null : Serving;
                Health = null;
                break;
            case LinkEffect.Probe probe:
                Assert.Null(Probe);
                Probe = probe;
                break;
            case LinkEffect.CancelProbe:
                Probe = null;
                break;
            case LinkEffect.CheckHealth check:
                Health = check.Check;
                break;
        }
    }
}
