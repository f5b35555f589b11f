using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

// What runners report about the tasks that they run.
internal sealed partial class WorkerCore
{
    public void OnReports(IRunner runner, IReadOnlyList<SlotReport> reports)
    {
        if (SlotOf(runner) is not { } slot)
        {
            return;
        }

        foreach (var report in reports)
        {
            if (report.Kind == FrameKind.Ready)
            {
                slot.Ready = true;
                slot.Starting = false;
            }
            else if (slot.InRunner.TryPeek(out var attempt))
            {
                // What a program says on descriptor 3 names nobody.
                if (report.Handle == 0 && OnAside(slot, attempt, report))
                {
                    continue;
                }

                if (report.Handle != (ulong)attempt.Key.Task)
                {
                    LogMixedUp(logger, runner.ProcessId, report.Kind.ToString(), new TaskId(attempt.Key.Task));
                    runner.Signal(Signals.Kill);
                    return;
                }

                OnReport(slot, attempt, report);
            }
        }
    }

    private void OnReport(Slot slot, Attempt attempt, SlotReport report)
    {
        switch (report.Kind)
        {
            case FrameKind.Started:
            case FrameKind.Becoming:
                // A program that serves starts first, within a limit of its own: its task begins when it is given to it.
                slot.Starting = slot.Serving is not null && report.Kind == FrameKind.Becoming;
                if (!slot.Starting)
                {
                    attempt.StartedAt = time.GetUtcNow();
                    attempt.StartedStamp = time.GetTimestamp();
                    attempt.Limit = LimitOf(attempt);
                    SayStarting(slot, attempt);
                }

                Guard(slot);
                slot.Proven = true;
                slot.FailedStarts = 0;
                if (attempt.Stage == AttemptStage.Gone)
                {
                    // Cancelled while it was next in the pipe.
                    End(slot, EndCause.Cancelled);
                }

                break;
            case FrameKind.Progress:
                attempt.UnsentProgress = new TaskProgress { Fraction = report.Fraction, Message = report.Text };
                break;
            case FrameKind.Log:
                Line(attempt, LevelName(report.Level), report.Text);
                break;
            case FrameKind.Succeeded:
                Leave(slot, attempt);
                SucceedWith(attempt, report.Result, report.RunMicros);
                Answered(slot);
                Recycle(slot, attempt.Handler);
                break;
            case FrameKind.Failed:
                Leave(slot, attempt);
                if (!FailedByRequest(slot, attempt, report))
                {
                    FailAsSaid(attempt, report, report.RunMicros);
                }

                Answered(slot);
                Recycle(slot, attempt.Handler);
                break;
            default:
                break;
        }
    }

    // The task's word before the plugin's before the worker's.
    private TimeSpan? LimitOf(Attempt attempt) =>
        attempt.Assignment.TimeoutMs > 0
            ? TimeSpan.FromMilliseconds(attempt.Assignment.TimeoutMs)
            : attempt.Handler.Manifest.Timeout ?? options.TaskTimeout;

    private TimeSpan RanFor(Attempt attempt) => time.GetElapsedTime(attempt.StartedStamp);

    private void Leave(Slot slot, Attempt attempt)
    {
        slot.InRunner.Dequeue();
        if (attempt.Handler.Form != HandlerForm.Builtin)
        {
            Guard(slot);
        }

        var mean = times.MeanOf(attempt.Handler.Type);
        slot.BacklogMicros = slot.InRunner.Count == 0 ? 0 : Math.Max(0, slot.BacklogMicros - (double.IsInfinity(mean) ? 0 : mean));
        RemoveOutputIfEmpty(attempt);
    }

    private void RemoveOutputIfEmpty(Attempt attempt)
    {
        if (attempt.Handler.Form == HandlerForm.Builtin)
        {
            return;
        }

        var path = System.IO.Path.Combine(options.StateDirectory, "output", new TaskId(attempt.Key.Task).ToString());
        try
        {
            Directory.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not empty: the task left something there, which is what it is for.
        }
    }

    private void Recycle(Slot slot, TaskHandler ran)
    {
        if (slot.InRunner.Count > 0 || slot.Ending != EndCause.None || (slot.TasksRun < RecycleAfter(ran) && !IsOutdated(slot)))
        {
            return;
        }

        if (slot.Serving is null)
        {
            Replace(slot);
        }
        else
        {
            Retire(slot);
        }
    }

    public void OnLines(IRunner runner, IReadOnlyList<string> lines)
    {
        if (SlotOf(runner) is { } slot && slot.InRunner.TryPeek(out var attempt))
        {
            foreach (var line in lines)
            {
                Line(attempt, "INFO", line);
            }
        }
        else
        {
            foreach (var line in lines)
            {
                LogRunnerLine(logger, runner.ProcessId, line);
            }
        }
    }

    private static string LevelName(TaskLogLevel level) =>
        level switch
        {
            TaskLogLevel.Debug => "DEBUG",
            TaskLogLevel.Warning => "WARN",
            TaskLogLevel.Error => "ERROR",
            _ => "INFO",
        };

    [LoggerMessage(
        35,
        LogLevel.Error,
        "clw-worker-crash: runner {pid} reported {kind} of another task than {task}, which it was given first; it is ended"
    )]
    private static partial void LogMixedUp(ILogger logger, int pid, string kind, TaskId task);

    [LoggerMessage(34, LogLevel.Debug, "runner {pid}: {line}")]
    private static partial void LogRunnerLine(ILogger logger, int pid, string line);
}
