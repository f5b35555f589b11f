using OpenClaw.Abi.Processes;
using OpenClaw.Core.Tasks;
using OpenClaw.Rpc.Api;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskFailure = OpenClaw.Core.Tasks.TaskFailure;

namespace OpenClaw.Manager.Core;

/// <summary>Outcomes as they travel, and as they are kept.</summary>
internal static class OutcomeMapping
{
    public static Outcome ToStore(AttemptOutcome o, WorkerRef by) =>
        new()
        {
            Attempt = new AttemptRef(o.Task, o.Attempt),
            By = by,
            Succeeded = o.Succeeded,
            Retryable = o.Retryable,
            Result = o.Result.Memory,
            Failure = o.Succeeded ? default : FromWire(o.Failure, by.Worker).ToJson(),
            StartedAt = o.StartedAtMs,
            RunMicros = o.RunMicros,
            PluginVersion = o.PluginVersion.Length == 0 ? null : o.PluginVersion,
        };

    /// <summary>Checks nothing away: a worker of a later version may send codes that this one does not know.</summary>
    private static TaskFailure FromWire(V1.TaskFailure? failure, string worker) =>
        new()
        {
            Code = failure?.Code is { Length: > 0 } code ? code : "clw-task-failed",
            Message = Cut(failure?.Message ?? ""),
            ExitCode = failure?.HasExitCode == true ? failure.ExitCode : null,
            Signal = failure?.Signal is { Length: > 0 } signal ? signal : null,
            PeakMemoryBytes = failure?.HasPeakMemoryBytes == true ? failure.PeakMemoryBytes : null,
            CorePath = failure?.CorePath is { Length: > 0 } core ? core : null,
            LastLines = failure is { LastLines.Count: > 0 } ? [.. failure.LastLines.TakeLast(TaskLimits.MaxLastLines).Select(Cut)] : null,
            Worker = worker,
            Cause = failure?.Cause is { } cause && CrashCause.IsKnown(cause) ? cause : null,
            Crash = failure?.Crash is { } crash ? CrashMessages.FromWire(crash, failure.Cause) : null,
            Scope = failure?.Scope is "task" or "worker" or "queue" ? failure.Scope : null,
            Allowed = failure?.HasAllowed == true ? failure.Allowed : null,
            Used = failure?.HasUsed == true ? failure.Used : null,
        };

    public static V1.TaskFailure ToWire(TaskFailure failure)
    {
        var wire = new V1.TaskFailure
        {
            Code = failure.Code,
            Message = failure.Message,
            Signal = failure.Signal ?? "",
            CorePath = failure.CorePath ?? "",
            Worker = failure.Worker ?? "",
            Cause = failure.Cause ?? "",
            Scope = failure.Scope ?? "",
        };
        if (failure.Allowed is { } allowed)
        {
            wire.Allowed = allowed;
        }

        if (failure.Used is { } used)
        {
            wire.Used = used;
        }

        if (failure.ExitCode is { } exit)
        {
            wire.ExitCode = exit;
        }

        if (failure.PeakMemoryBytes is { } peak)
        {
            wire.PeakMemoryBytes = peak;
        }

        if (failure.Crash is { } crash)
        {
            wire.Crash = CrashMessages.ToWire(crash);
        }

        wire.LastLines.AddRange(failure.LastLines ?? []);
        return wire;
    }

    private static string Cut(string text) => text.Length <= TaskLimits.MaxMessageChars ? text : text[..TaskLimits.MaxMessageChars];
}
