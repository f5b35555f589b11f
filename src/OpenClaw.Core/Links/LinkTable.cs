using System.Text;

namespace OpenClaw.Core.Links;

/// <summary>What moves a link from phase to phase: an event after the guards have looked at it.</summary>
public enum LinkOn
{
    Start,
    Stop,
    Retry,
    Credentials,

    /// <summary>The dial succeeded.</summary>
    Dialed,

    /// <summary>This address failed (or its connection was lost after a good life) and another is left to try at once.</summary>
    NextAddress,

    /// <summary>All addresses failed, or a connection was lost: wait.</summary>
    BackOff,

    /// <summary>A dial that a probe had started failed: the rest of the wait goes on.</summary>
    ResumeWait,

    /// <summary>Attempts are used up; stay and probe.</summary>
    Exhausted,

    /// <summary>Attempts are used up; exit.</summary>
    GaveUp,

    AuthRefused,
    Fatal,

    /// <summary>A failure while reconnecting is switched off.</summary>
    NoReconnect,

    /// <summary>Too many losses in too short a time.</summary>
    Flapped,

    /// <summary>The wait or the hold is over.</summary>
    WaitOver,

    /// <summary>A probe found the other side there.</summary>
    ProbeAnswered,

    /// <summary>Nobody used the connection for the idle timeout.</summary>
    IdleTimedOut,
}

/// <summary>One row of the table.</summary>
public readonly record struct LinkTransition(LinkPhase From, LinkOn On, LinkPhase To);

/// <summary>
/// The transitions of a link, as data. A pair that has no row changes nothing. The machine moves only along rows;
/// the tests walk every pair, and the diagram in the documentation is printed from here.
/// </summary>
public static class LinkTable
{
    private static readonly LinkTransition[] Rows =
    [
        new(LinkPhase.Idle, LinkOn.Start, LinkPhase.Dialing),
        //
        new(LinkPhase.Dialing, LinkOn.Dialed, LinkPhase.Open),
        new(LinkPhase.Dialing, LinkOn.NextAddress, LinkPhase.Dialing),
        new(LinkPhase.Dialing, LinkOn.BackOff, LinkPhase.Waiting),
        new(LinkPhase.Dialing, LinkOn.AuthRefused, LinkPhase.AuthRequired),
        new(LinkPhase.Dialing, LinkOn.Fatal, LinkPhase.Failed),
        new(LinkPhase.Dialing, LinkOn.NoReconnect, LinkPhase.Idle),
        new(LinkPhase.Dialing, LinkOn.Stop, LinkPhase.Idle),
        //
        new(LinkPhase.Redialing, LinkOn.Dialed, LinkPhase.Open),
        new(LinkPhase.Redialing, LinkOn.NextAddress, LinkPhase.Redialing),
        new(LinkPhase.Redialing, LinkOn.BackOff, LinkPhase.Waiting),
        new(LinkPhase.Redialing, LinkOn.ResumeWait, LinkPhase.Waiting),
        new(LinkPhase.Redialing, LinkOn.Exhausted, LinkPhase.Dormant),
        new(LinkPhase.Redialing, LinkOn.GaveUp, LinkPhase.Failed),
        new(LinkPhase.Redialing, LinkOn.AuthRefused, LinkPhase.AuthRequired),
        new(LinkPhase.Redialing, LinkOn.Fatal, LinkPhase.Failed),
        new(LinkPhase.Redialing, LinkOn.Stop, LinkPhase.Idle),
        //
        new(LinkPhase.Open, LinkOn.NextAddress, LinkPhase.Redialing),
        new(LinkPhase.Open, LinkOn.BackOff, LinkPhase.Waiting),
        new(LinkPhase.Open, LinkOn.Flapped, LinkPhase.Held),
        new(LinkPhase.Open, LinkOn.Exhausted, LinkPhase.Dormant),
        new(LinkPhase.Open, LinkOn.GaveUp, LinkPhase.Failed),
        new(LinkPhase.Open, LinkOn.AuthRefused, LinkPhase.AuthRequired),
        new(LinkPhase.Open, LinkOn.Fatal, LinkPhase.Failed),
        new(LinkPhase.Open, LinkOn.NoReconnect, LinkPhase.Idle),
        new(LinkPhase.Open, LinkOn.IdleTimedOut, LinkPhase.Idle),
        new(LinkPhase.Open, LinkOn.Stop, LinkPhase.Idle),
        //
        new(LinkPhase.Waiting, LinkOn.WaitOver, LinkPhase.Redialing),
        new(LinkPhase.Waiting, LinkOn.ProbeAnswered, LinkPhase.Redialing),
        new(LinkPhase.Waiting, LinkOn.Retry, LinkPhase.Redialing),
        new(LinkPhase.Waiting, LinkOn.Stop, LinkPhase.Idle),
        //
        new(LinkPhase.Held, LinkOn.WaitOver, LinkPhase.Redialing),
        new(LinkPhase.Held, LinkOn.Retry, LinkPhase.Redialing),
        new(LinkPhase.Held, LinkOn.Stop, LinkPhase.Idle),
        //
        new(LinkPhase.Dormant, LinkOn.ProbeAnswered, LinkPhase.Redialing),
        new(LinkPhase.Dormant, LinkOn.Retry, LinkPhase.Redialing),
        new(LinkPhase.Dormant, LinkOn.Start, LinkPhase.Redialing),
        new(LinkPhase.Dormant, LinkOn.Stop, LinkPhase.Idle),
        //
        new(LinkPhase.AuthRequired, LinkOn.Credentials, LinkPhase.Dialing),
        new(LinkPhase.AuthRequired, LinkOn.Retry, LinkPhase.Dialing),
        new(LinkPhase.AuthRequired, LinkOn.Start, LinkPhase.Dialing),
        new(LinkPhase.AuthRequired, LinkOn.Stop, LinkPhase.Idle),
        //
        new(LinkPhase.Failed, LinkOn.Retry, LinkPhase.Dialing),
        new(LinkPhase.Failed, LinkOn.Start, LinkPhase.Dialing),
        new(LinkPhase.Failed, LinkOn.Stop, LinkPhase.Idle),
    ];

    private static readonly int Triggers = Enum.GetValues<LinkOn>().Length;
    private static readonly LinkPhase?[] Index = BuildIndex();

    /// <summary>All rows.</summary>
    public static IReadOnlyList<LinkTransition> All { get; } = Array.AsReadOnly(Rows);

    /// <summary>Where the pair leads, or null when it leads nowhere.</summary>
    public static LinkPhase? Find(LinkPhase from, LinkOn on) => Index[((int)from * Triggers) + (int)on];

    /// <summary>The table as a Mermaid state diagram.</summary>
    public static string ToDiagram()
    {
        var text = new StringBuilder("stateDiagram-v2\n    [*] --> Idle\n");
        foreach (var row in Rows)
        {
            text.Append("    ").Append(row.From).Append(" --> ").Append(row.To).Append(": ").Append(row.On).Append('\n');
        }

        return text.ToString();
    }

    private static LinkPhase?[] BuildIndex()
    {
        var index = new LinkPhase?[Enum.GetValues<LinkPhase>().Length * Triggers];
        foreach (var row in Rows)
        {
            ref var cell = ref index[((int)row.From * Triggers) + (int)row.On];
            cell = cell is null ? row.To : throw new InvalidOperationException($"two rows for {row.From}, {row.On}");
        }

        return index;
    }
}
