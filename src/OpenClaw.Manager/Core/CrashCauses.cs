using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using TaskFailure = OpenClaw.V1.TaskFailure;

namespace OpenClaw.Manager.Core;

/// <summary>Why an attempt crashed, as the label <c>cause</c>: always one of <see cref="CrashCause"/>, whatever a worker says. Pure.</summary>
internal static class CrashCauses
{
    /// <summary>What the worker says; of one that does not say it, what signal and exit code mean.</summary>
    public static string Of(TaskFailure failure)
    {
        if (CrashCause.IsKnown(failure.Cause))
        {
            return failure.Cause;
        }

        if (failure.Code == Catalogue.MemoryExhaust.Code)
        {
            return CrashCause.OutOfMemory;
        }

        var signal = Enumerable.Range(1, 64).FirstOrDefault(n => Signals.Name(n) == failure.Signal);
        var end = new ProcessEnd(
            signal == 0 && failure.HasExitCode ? failure.ExitCode : null,
            signal == 0 ? null : signal,
            CoreDumped: false,
            PeakMemoryBytes: 0,
            CpuTime: TimeSpan.Zero
        );
        return CrashCause.Of(ExitClassification.Of(end, timedOut: false, killedByUs: false, memoryLimit: null).Class);
    }
}
