using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

// What attempts may use: what runners are watched for, and what becomes of an attempt that went over a limit.
internal sealed partial class WorkerCore
{
    private bool memoryIsShort;

    /// <summary>The worker with everything it runs is near its own limit: nothing is begun until it is not, unless nothing runs at all.</summary>
    public void OnMemoryShort(bool isShort)
    {
        if (isShort != memoryIsShort)
        {
            memoryIsShort = isShort;
            LogShort(logger, isShort ? "nearly used up: no task is begun until one has ended" : "free again: tasks are begun");
        }
    }

    // Waiting helps only as long as something runs that will give memory back.
    private bool WaitsForMemory => memoryIsShort && Running > 0;

    /// <summary>An attempt went over a limit: it is ended at once, a grace would let it take more.</summary>
    public void OnExceeded(IRunner runner, Excess excess)
    {
        if (SlotOf(runner) is not { } slot || slot.Ending is not (EndCause.None or EndCause.Recycled))
        {
            return;
        }

        var head = slot.InRunner.TryPeek(out var first) ? first : null;
        if (excess.Handle != 0 && (ulong?)head?.Key.Task != excess.Handle)
        {
            // It has ended meanwhile, and the next one is not to blame.
            return;
        }

        slot.Ending = EndCause.Excess;
        slot.Excess = excess;
        slot.EndingFor = head;
        LogExceeded(logger, runner.ProcessId, excess.Entry.Code, Words(slot, head, excess));
        runner.Signal(Signals.Kill);
    }

    private string Words(Slot slot, Attempt? head, Excess excess)
    {
        if ((head?.Handler ?? slot.Serving) is not { } handler)
        {
            return excess.Entry.Title;
        }

        var message = excess.Message(handler, AttemptLimits.Of(handler, options));
        return head is null ? $"{message}; it ran no task" : $"{new TaskId(head.Key.Task)}: {message}";
    }

    /// <summary>Tells a runner what it is watched for: of the attempt that runs in it, or of the program that waits in it.</summary>
    private void Guard(Slot slot)
    {
        var head = slot.InRunner.TryPeek(out var first) && first.StartedAt != default ? first : null;
        if (slot.Runner is not { } runner || (head is not null && head.Handler.Form == HandlerForm.Builtin))
        {
            return;
        }

        if ((slot.Serving ?? head?.Handler) is not { } handler)
        {
            runner.Guard(null);
            return;
        }

        var limits = AttemptLimits.Of(handler, options);
        runner.Guard(
            TaskGuard.Of(
                limits,
                (ulong)(head?.Key.Task ?? 0),
                handler.Form == HandlerForm.Executable,
                head is null || limits.Output is null ? "" : OutputPathOf(new TaskId(head.Key.Task).ToString())
            )
        );
    }

    private void FailForExcess(Attempt attempt, Excess excess, long ran, ProcessEnd end, ExitMeaning meaning, IRunner runner)
    {
        var message = excess.Message(attempt.Handler, AttemptLimits.Of(attempt.Handler, options));
        if (excess.Entry == Catalogue.MemoryExhaust)
        {
            // What ran out of memory counts among the crashes.
            FailCrashed(attempt, excess.Entry, message, ran, end, meaning, runner, excess);
            return;
        }

        Fail(
            attempt.Key,
            attempt,
            excess.Entry,
            message,
            true,
            ran,
            end,
            meaning,
            crash: ReportOf(attempt, excess.Entry, ran, end, meaning, runner.ProcessId),
            excess: excess
        );
    }

    /// <summary>A limit that the kernel held: it ends the process by a signal, or lets it fail. Null: the end has another cause.</summary>
    private Excess? HeldByKernel(Attempt attempt, ProcessEnd end)
    {
        if (attempt.Handler.Form != HandlerForm.Executable || end.IsSuccess)
        {
            return null;
        }

        var limits = AttemptLimits.Of(attempt.Handler, options);
        var handle = (ulong)attempt.Key.Task;
        return (end.Signal ?? end.ExitCode - 128) switch
        {
            // After SIGXCPU comes SIGKILL, for who goes on.
            Signals.CpuLimit or Signals.Kill when limits.Cpu is { } cpu && end.CpuTime >= cpu.Value => new Excess(
                ExcessKind.Cpu,
                handle,
                (long)end.CpuTime.TotalMilliseconds,
                (long)cpu.Value.TotalMilliseconds
            ),
            Signals.FileLimit when limits.FileSize is { } file => new Excess(ExcessKind.FileSize, handle, file.Value, file.Value),
            // Above its limit the process gets no more memory from the kernel: what it makes of that is its own way to end. The figure alone
            // proves nothing, files that the program mapped are in it.
            var signal
                when limits.Memory is { } memory
                    && end.PeakMemoryBytes > limits.OfProgram(isServing: false).DataBytes / 10 * 9
                    && (EndsForLackOfMemory(signal) || AllocatorWords.Are(attempt.LastLines)) => new Excess(
                ExcessKind.Memory,
                handle,
                end.PeakMemoryBytes,
                memory.Value
            ),
            _ => null,
        };
    }

    // By abort(), by using the null that malloc gave, by the kernel.
    private static bool EndsForLackOfMemory(int? signal) => signal is Signals.Abort or Signals.SegmentationFault or Signals.Kill;

    [LoggerMessage(37, LogLevel.Warning, "clw-worker[pid={pid}]: WARN: {code}: {what}")]
    private static partial void LogExceeded(ILogger logger, int pid, string code, string what);

    [LoggerMessage(38, LogLevel.Warning, "clw-memory-exhaust: the memory that the worker may have (worker.max_memory) is {what}")]
    private static partial void LogShort(ILogger logger, string what);
}
