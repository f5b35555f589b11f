using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

// What the end of a runner's process means for the task that it ran and for those that waited behind it.
internal sealed partial class WorkerCore
{
    /// <summary>A runner's process has ended and was reaped. What it ran is judged, what waited behind it goes back in front, and another is started.</summary>
    public void OnRunnerEnded(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output)
    {
        if (SlotOf(runner) is not { } slot)
        {
            Left(runner);
            RunnerDirectories.Remove(runner.WorkingDirectory);
            return;
        }

        if (slot.InRunner.TryPeek(out var current))
        {
            JudgeHead(slot, current, end, output, runner);
        }

        if (examined != runner)
        {
            RunnerDirectories.Remove(runner.WorkingDirectory);
        }

        examined = null;
        if (!slot.Proven && slot.Ending == EndCause.None && !Stopping)
        {
            slot.FailedStarts++;
            LogStartFailed(logger, end.ToString(), slot.FailedStarts);
        }

        PutBack(slot);
        slot.Clear();
        if (!Stopping)
        {
            StartRunner(slot);
        }
    }

    private void JudgeHead(Slot slot, Attempt head, ProcessEnd end, ReadOnlyMemory<byte> output, IRunner runner)
    {
        var byItself = slot.Ending is EndCause.None or EndCause.Recycled;
        if (slot.EndingFor == head || (byItself && (head.StartedAt != default || slot.Starting)))
        {
            slot.InRunner.Dequeue();
            Judge(slot, head, end, output, runner);
            RemoveOutputIfEmpty(head);
        }
        else if (byItself && slot.Ready && head.Stage == AttemptStage.InRunner && ++head.RunnersLost >= RunnersForOne)
        {
            slot.InRunner.Dequeue();
            var meaning = ExitClassification.Of(end, timedOut: false, killedByUs: false, options.MaxTaskMemoryBytes);
            FailCrashed(
                head,
                Catalogue.WorkerCrash,
                $"{RunnersForOne} processes in a row ended when they were given the task: {end}",
                0,
                end,
                meaning,
                runner
            );
            RemoveOutputIfEmpty(head);
        }
    }

    // What waited in the pipe has not run, or was cut off for the sake of the one before it: it goes first, and nobody is blamed.
    private void PutBack(Slot slot)
    {
        var back = new HandBack();
        foreach (var behind in slot.InRunner.Reverse())
        {
            if (behind.Stage != AttemptStage.InRunner)
            {
                continue;
            }

            if (Stopping)
            {
                back.Attempts.Add(Name(behind));
                Forget(behind);
                continue;
            }

            behind.Stage = AttemptStage.Waiting;
            behind.StartedAt = default;
            behind.Limit = null;
            behind.StartReported = false;
            waiting.AddFirst(behind);
        }

        slot.InRunner.Clear();
        slot.BacklogMicros = 0;
        if (back.Attempts.Count > 0)
        {
            session?.Send(new WorkerMessage { HandBack = back });
        }
    }

    private void Judge(Slot slot, Attempt attempt, ProcessEnd end, ReadOnlyMemory<byte> output, IRunner runner)
    {
        // Ended before it had begun, on our order: it has not run.
        var ran = attempt.StartedAt == default ? 0 : (long)RanFor(attempt).TotalMicroseconds;
        var meaning = ExitClassification.Of(
            end,
            slot.Ending == EndCause.Timeout,
            slot.Ending is not (EndCause.None or EndCause.Timeout),
            AttemptLimits.Of(attempt.Handler, options).Memory?.Value
        );
        switch (slot.Ending)
        {
            case EndCause.Timeout:
                var limit = attempt.Limit;
                LogTimeout(logger, runner.ProcessId, new TaskId(attempt.Key.Task), limit?.TotalSeconds ?? 0);
                Fail(
                    attempt.Key,
                    attempt,
                    Catalogue.TaskTimeout,
                    TimeoutMessage(limit?.TotalSeconds ?? 0),
                    true,
                    ran,
                    end,
                    meaning,
                    crash: ReportOf(attempt, Catalogue.TaskTimeout, ran, end, meaning, runner.ProcessId)
                );
                break;
            case EndCause.Violation:
                var (entry, message) = slot.Violation;
                Fail(attempt.Key, attempt, entry, message, entry != Catalogue.ResultTooLarge, ran);
                break;
            case EndCause.Excess:
                FailForExcess(attempt, slot.Excess, ran, end, meaning, runner);
                break;
            case EndCause.HandBack:
                Forget(attempt);
                session?.Send(new WorkerMessage { HandBack = new HandBack { Attempts = { Name(attempt) } } });
                break;
            case EndCause.Cancelled:
                Forget(attempt);
                break;
            case EndCause.None:
            case EndCause.Recycled:
            default:
                JudgeOwnEnd(slot, attempt, end, meaning, output, ran, runner);
                break;
        }
    }

    private void JudgeOwnEnd(
        Slot slot,
        Attempt attempt,
        ProcessEnd end,
        ExitMeaning meaning,
        ReadOnlyMemory<byte> output,
        long ran,
        IRunner runner
    )
    {
        if (slot.Executing && meaning.Class == ExitClass.Success)
        {
            SucceedWith(attempt, ProgramOutput.ToResult(output), ran);
            return;
        }

        if (HeldByKernel(attempt, end) is { } excess)
        {
            FailForExcess(attempt, excess, ran, end, meaning, runner);
            return;
        }

        if (slot.Executing || slot.Starting)
        {
            meaning = ExitClassification.OfLoaded(meaning, attempt.LastLines);
        }

        if (slot.Executing && meaning.IsCrash)
        {
            FailCrashed(attempt, Catalogue.Find(meaning.Code)!, Describe(attempt, meaning), ran, end, meaning, runner);
            return;
        }

        if (slot.Executing)
        {
            if (attempt.Said is { } said)
            {
                FailAsSaid(attempt, said, ran, end, meaning);
                return;
            }

            Fail(
                attempt.Key,
                attempt,
                Catalogue.Find(meaning.Code) ?? Catalogue.TaskFailed,
                Describe(attempt, meaning),
                true,
                ran,
                end,
                meaning
            );
            return;
        }

        // A runner that ends while a task runs in it was ended by that task, whatever its exit code: os.exit, a signal, lack of memory.
        var code =
            meaning.IsCrash ? Catalogue.Find(meaning.Code)!
            : slot.Starting ? Catalogue.PluginStart
            : Catalogue.WorkerCrash;
        var sentence =
            slot.Serving is null ? OfRunner(meaning)
            : slot.Starting ? $"The plugin serves, and ended before it said hello: {Describe(attempt, meaning)}"
            : $"The plugin serves, and ended instead of answering: {Describe(attempt, meaning)}";
        if (code == Catalogue.PluginStart)
        {
            Fail(attempt.Key, attempt, code, sentence, true, ran, end, meaning);
            return;
        }

        FailCrashed(attempt, code, sentence, ran, end, meaning, runner);
    }

    // A program's text grows when it becomes a JSON string. What is over the limit would fit into no message and no segment.
    private void SucceedWith(Attempt attempt, Google.Protobuf.ByteString result, long ran)
    {
        if (result.Length <= TaskLimits.MaxResultBytes)
        {
            Succeed(attempt, result, ran);
            return;
        }

        Fail(
            attempt.Key,
            attempt,
            Catalogue.ResultTooLarge,
            $"The result has {result.Length:N0} bytes as JSON; {TaskLimits.MaxResultBytes:N0} are allowed",
            false,
            ran
        );
    }

    /// <summary>What is said of a runner that a script or a built-in took with it.</summary>
    internal static string OfRunner(ExitMeaning meaning) =>
        meaning.IsCrash ? $"The process that ran the task ended: {meaning.Sentence}"
        : meaning.Class == ExitClass.Success ? "The process that ran the task ended with exit code 0 instead of answering"
        : $"The process that ran the task {meaning.Sentence}";

    private static string Describe(Attempt attempt, ExitMeaning meaning) =>
        attempt.LastLines is { Count: > 0 } lines
            ? $"{System.IO.Path.GetFileName(attempt.Handler.Path)} {meaning.Sentence}: {lines.Last()}"
            : $"{System.IO.Path.GetFileName(attempt.Handler.Path)} {meaning.Sentence}";

    [LoggerMessage(31, LogLevel.Warning, "clw-worker[pid={pid}]: WARN: clw-task-timeout: task {task} ran longer than {seconds} s")]
    private static partial void LogTimeout(ILogger logger, int pid, TaskId task, double seconds);

    [LoggerMessage(32, LogLevel.Error, "clw-init-fail: a runner ended before it began a task: {end} (attempt {attempt})")]
    private static partial void LogStartFailed(ILogger logger, string end, int attempt);
}
