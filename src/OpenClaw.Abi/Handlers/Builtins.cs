namespace OpenClaw.Abi.Handlers;

/// <summary>The task types that every runner has without a plugin. A plugin of the same name is refused by the worker.</summary>
public static class Builtins
{
    /// <summary>Does nothing and gives <c>null</c>; for measuring and trying out. Takes any payload.</summary>
    public const string Noop = "noop";

    /// <summary>Waits: payload <c>{"ms": 250}</c> or <c>{"seconds": 1.5}</c>, at most 366 days; gives <c>{"slept_ms": n}</c>.</summary>
    public const string Sleep = "sleep";

    /// <summary>
    /// Asks a host by ICMP echo whether it is there: payload <c>{"target": "HOST", "timeout_ms"?: 3000}</c>; gives
    /// <c>{"target", "address", "roundtrip_ms"}</c>.
    /// </summary>
    public const string Ping = "ping";

    public static IReadOnlyList<string> Names { get; } = [Noop, Ping, Sleep];
}
