using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Logs;

/// <summary>A log that can be read from any place. Thread-safe.</summary>
public interface ILogSource
{
    /// <summary>Unique among the logs of one program: <c>worker</c>, <c>task</c>, <c>supervisor.up</c>.</summary>
    string Name { get; }

    /// <summary>What its lines are about when they do not say.</summary>
    string Component { get; }

    /// <summary>Completes when there may be more than there was. Ask for it before reading.</summary>
    Task News { get; }

    /// <summary>Reads from disk or memory; never waits for news. Blocks for as long as the disk takes, so not in a loop of others.</summary>
    LogPage Read(LogRequest request);
}
