namespace OpenClaw.Core.Links;

/// <summary>What the world sees of a link. The names of <see cref="LinkStates.Name"/> are public: health documents and metrics carry them.</summary>
public enum LinkState
{
    Disconnected,
    Connecting,
    Connected,
    Reconnecting,
    AuthRequired,
    Error,
}

/// <summary>What a link is doing; each phase shows as one <see cref="LinkState"/>.</summary>
public enum LinkPhase
{
    /// <summary>Not started, stopped, or closed for lack of use. Disconnected.</summary>
    Idle,

    /// <summary>The first dials since a start. Connecting.</summary>
    Dialing,

    /// <summary>Connected.</summary>
    Open,

    /// <summary>Until a backoff is over, probing meanwhile. Reconnecting.</summary>
    Waiting,

    /// <summary>Reconnecting.</summary>
    Redialing,

    /// <summary>Held back because it flaps; not probing. Reconnecting.</summary>
    Held,

    /// <summary>Attempts are used up; probing. Disconnected.</summary>
    Dormant,

    /// <summary>The other side refuses who we are; only new credentials or a person's wish lead on.</summary>
    AuthRequired,

    /// <summary>Repeating does not help; only a person's wish leads on. Error.</summary>
    Failed,
}

/// <summary>Names and views of states.</summary>
public static class LinkStates
{
    /// <summary>The public name: <c>connected</c>, <c>auth_required</c>…</summary>
    public static string Name(this LinkState state) =>
        state switch
        {
            LinkState.Disconnected => "disconnected",
            LinkState.Connecting => "connecting",
            LinkState.Connected => "connected",
            LinkState.Reconnecting => "reconnecting",
            LinkState.AuthRequired => "auth_required",
            LinkState.Error => "error",
            _ => throw new ArgumentOutOfRangeException(nameof(state)),
        };

    /// <summary>The state as which a phase shows.</summary>
    public static LinkState State(this LinkPhase phase) =>
        phase switch
        {
            LinkPhase.Idle or LinkPhase.Dormant => LinkState.Disconnected,
            LinkPhase.Dialing => LinkState.Connecting,
            LinkPhase.Open => LinkState.Connected,
            LinkPhase.Waiting or LinkPhase.Redialing or LinkPhase.Held => LinkState.Reconnecting,
            LinkPhase.AuthRequired => LinkState.AuthRequired,
            LinkPhase.Failed => LinkState.Error,
            _ => throw new ArgumentOutOfRangeException(nameof(phase)),
        };
}
