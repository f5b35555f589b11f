using Microsoft.Extensions.Logging;
using OpenClaw.Hosting.Settings;
using OpenClaw.Hosting.Stopping;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Hosting.Daemons;

/// <summary>What a daemon's body gets from its surroundings.</summary>
public sealed class DaemonContext
{
    public required LoadedSettings Loaded { get; init; }

    /// <summary>Those of them that change while it runs: SIGHUP, and orders from the manager.</summary>
    public required LiveSettings Live { get; init; }
    public required DaemonLogging Logging { get; init; }
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>SIGTERM, Ctrl-C and the parent's end start it.</summary>
    public required StopClock Stop { get; init; }

    /// <summary>Cancelled when the parent has ended, which also starts the stop. Nobody starts this daemon again then.</summary>
    public required CancellationToken ParentGone { get; init; }
    public required TimeProvider Time { get; init; }

    /// <summary>Tells the parent, and through it the service manager, that the daemon works. Call it once.</summary>
    public required Action Ready { get; init; }

    /// <summary>
    /// Tells the parent how the daemon stands, one line for <c>systemctl status</c>. A daemon that has said one counts as started for
    /// the service manager, though what it needs may be away.
    /// </summary>
    public required Action<string> Status { get; init; }

    /// <summary>Tells the parent under which number this process is known, so that its end can be told under it.</summary>
    public required Action<long> Incarnation { get; init; }

    /// <summary>Tells the parent that the daemon lives; null when nobody watches.</summary>
    public (TimeSpan Every, Action Say)? Alive { get; init; }

    /// <summary>
    /// Gives signs of life through the daemon's own loop, so that a loop that stands still gives none. Null when nobody watches.
    /// </summary>
    /// <param name="post">Queues work for the loop.</param>
    public IDisposable? LiveThrough(Action<Action> post) =>
        Alive is { } alive ? Time.CreateTimer(_ => post(alive.Say), null, TimeSpan.Zero, alive.Every) : null;

    /// <summary>Ends the process at once with <c>clw-store-uncertain</c> or the like: a state that must not be answered from.</summary>
    public required Action<Core.Errors.Failure> Abort { get; init; }
}
