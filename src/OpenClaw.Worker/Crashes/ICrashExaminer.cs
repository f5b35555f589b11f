using OpenClaw.Abi.Crashes;

namespace OpenClaw.Worker.Crashes;

/// <summary>Where and how a process died: what the core knows at its end.</summary>
internal sealed record CrashScene
{
    /// <summary>What is known without looking any further.</summary>
    public required CrashReport Report { get; init; }

    /// <summary>The signal as its end or its shell tells it; null when no signal is known.</summary>
    public required int? Signal { get; init; }

    /// <summary>Where the process was started.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>When its task began.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>Looks at what a crash left behind: its core. Returns at once.</summary>
internal interface ICrashExaminer
{
    /// <param name="scene">The crash.</param>
    /// <param name="found">Called once, in the worker's loop: the report with all that was found. Within seconds, always.</param>
    void Examine(CrashScene scene, Action<CrashReport> found);
}
