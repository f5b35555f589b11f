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
    public required TimeProvider Time { get; init; }

    /// <summary>Tells the parent (and systemd later) that the daemon works. Call it once.</summary>
    public required Action Ready { get; init; }

    /// <summary>Ends the process at once with <c>clw-store-uncertain</c> or the like: a state that must not be answered from.</summary>
    public required Action<Core.Errors.Failure> Abort { get; init; }
}
