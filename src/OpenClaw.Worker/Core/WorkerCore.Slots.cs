using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

// Slots and their runners: who runs what, what a report means, what an end means.
internal sealed partial class WorkerCore
{
    private const int StartsBeforeComplaint = 3;

    /// <summary>Runners that may end at an attempt's very start before the attempt is taken for the cause.</summary>
    private const int RunnersForOne = 3;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);

    private readonly RunTimes times = new();

    /// <summary>Puts waiting attempts into slots, in their order.</summary>
    private void Pump()
    {
        if (Stopping || leaseStopped || outboxProblem is not null)
        {
            return;
        }

        while (waiting.First?.Value is { } next)
        {
            if (SlotFor(next) is { } slot)
            {
                waiting.RemoveFirst();
                Hand(slot, next);
            }
            else if (!MakeRoomFor(next))
            {
                break;
            }
        }

        foreach (var slot in slots)
        {
            slot.Runner?.Flush();
        }
    }

    private Slot? SlotFor(Attempt attempt)
    {
        if (attempt.Handler.IsServing && ServingSlotFor(attempt) is { } serving)
        {
            return serving;
        }

        Slot? best = null;
        foreach (var slot in slots)
        {
            if (
                slot.CanTake
                && slot.Serving is null
                && (slot.InRunner.Count == 0 || MayQueueBehind(slot, attempt))
                && (best is null || slot.InRunner.Count < best.InRunner.Count)
            )
            {
                best = slot;
            }
        }

        return best;
    }

    // Short tasks go into the runner's pipe ahead of time, so that it need not wait for us between two of them.
    private bool MayQueueBehind(Slot slot, Attempt attempt) =>
        options.RecycleAfter > slot.TasksRun + slot.InRunner.Count
        && (attempt.Handler.Form != HandlerForm.Executable || slot.Serving is not null)
        && times.MeanOf(attempt.Handler.Type) is var mean
        && mean <= RunTimes.ShortMicros
        && slot.BacklogMicros + mean <= RunTimes.MostBacklogMicros
        && slot.InRunner.Count < RunTimes.MostAhead;

    private void Hand(Slot slot, Attempt attempt)
    {
        var id = new TaskId(attempt.Key.Task).ToString();
        string outputDirectory;
        try
        {
            outputDirectory = attempt.Handler.Form == HandlerForm.Builtin ? "" : outputOf(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Disk full, most likely. The attempt fails with its pause before the next one; the worker lives.
            Fail(attempt.Key, attempt, Catalogue.InitFail, $"The task's output directory cannot be made: {e.Message}");
            return;
        }

        attempt.Stage = AttemptStage.InRunner;
        slot.InRunner.Enqueue(attempt);
        slot.TasksRun++;
        var mean = times.MeanOf(attempt.Handler.Type);
        slot.BacklogMicros += double.IsInfinity(mean) ? RunTimes.MostBacklogMicros : mean;
        var assignment = attempt.Assignment;
        if (attempt.Handler.IsServing)
        {
            GiveToServing(slot, attempt, id, outputDirectory);
            return;
        }

        if (attempt.Handler.Form == HandlerForm.Executable)
        {
            slot.Executing = true;
            slot.Runner!.Execute(
                new ExecCommand
                {
                    Handle = (ulong)attempt.Key.Task,
                    TaskId = id,
                    Attempt = attempt.Key.Attempt,
                    Type = attempt.Handler.Type,
                    Path = attempt.Handler.Path,
                    Arguments = [attempt.Handler.Path],
                    Environment = PluginEnvironment.For(
                        System.Environment.GetEnvironmentVariables(),
                        id,
                        attempt.Handler.Type,
                        attempt.Key.Attempt,
                        outputDirectory,
                        options.Incarnation
                    ),
                    WorkingDirectory = outputDirectory,
                    Limits = limits,
                },
                assignment.Payload.Memory
            );
            return;
        }

        slot.Runner!.Queue(
            new RunCommand
            {
                Handle = (ulong)attempt.Key.Task,
                TaskId = id,
                Attempt = attempt.Key.Attempt,
                Handler = attempt.Handler.Form == HandlerForm.Lua ? HandlerKind.Lua : HandlerKind.Builtin,
                Type = attempt.Handler.Type,
                Path = attempt.Handler.Path,
                Version = attempt.Handler.Version,
                Payload = assignment.Payload.Memory,
                OutputDirectory = outputDirectory,
            }
        );
    }

    private readonly Func<string, string> outputOf = id =>
    {
        // One directory per task, made when a plugin may want to write; empty ones cost nothing and are removed with the task's end.
        var path = System.IO.Path.Combine(options.StateDirectory, "output", id);
        Directory.CreateDirectory(path);
        return path;
    };

    private readonly ProcessLimits limits = LimitsOf(options);

    public static ProcessLimits LimitsOf(WorkerOptions options) =>
        new()
        {
            OpenFiles = options.OpenFiles,
            CoreBytes = options.CoreBytes,
            OomScoreAdjust = options.OomScore == 0 ? null : options.OomScore,
            LuaBytes = options.MaxTaskMemoryBytes,
        };

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
                }

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
                Recycle(slot);
                break;
            case FrameKind.Failed:
                Leave(slot, attempt);
                if (!FailedByRequest(slot, attempt, report))
                {
                    FailAsSaid(attempt, report, report.RunMicros);
                }

                Answered(slot);
                Recycle(slot);
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

    private void Recycle(Slot slot)
    {
        if (slot.InRunner.Count == 0 && slot.Ending == EndCause.None && (slot.TasksRun >= options.RecycleAfter || IsOutdated(slot)))
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

    /// <summary>A runner's process has ended and was reaped. What it ran is judged, what waited behind it goes back in front, and another is started.</summary>
    public void OnRunnerEnded(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output)
    {
        if (SlotOf(runner) is not { } slot)
        {
            return;
        }

        if (slot.InRunner.TryPeek(out var current))
        {
            JudgeHead(slot, current, end, output, runner.ProcessId);
        }

        if (!slot.Proven && slot.Ending == EndCause.None && !Stopping)
        {
            slot.FailedStarts++;
            LogStartFailed(logger, end.ToString(), slot.FailedStarts);
        }

        PutBack(slot);
        slot.Runner = null;
        slot.Ready = false;
        slot.Executing = false;
        slot.Serving = null;
        slot.Starting = false;
        slot.Violation = default;
        slot.Signalled = false;
        slot.Ending = EndCause.None;
        slot.EndingFor = null;
        slot.Proven = false;
        slot.KillAt = null;
        slot.TasksRun = 0;
        if (!Stopping)
        {
            StartRunner(slot);
        }
    }

    private void JudgeHead(Slot slot, Attempt head, ProcessEnd end, ReadOnlyMemory<byte> output, int processId)
    {
        var byItself = slot.Ending is EndCause.None or EndCause.Recycled;
        if (slot.EndingFor == head || (byItself && (head.StartedAt != default || slot.Starting)))
        {
            slot.InRunner.Dequeue();
            Judge(slot, head, end, output, processId);
            RemoveOutputIfEmpty(head);
        }
        else if (byItself && slot.Ready && head.Stage == AttemptStage.InRunner && ++head.RunnersLost >= RunnersForOne)
        {
            slot.InRunner.Dequeue();
            Fail(head.Key, head, Catalogue.WorkerCrash, $"{RunnersForOne} processes in a row ended when they were given the task: {end}");
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

    private void Judge(Slot slot, Attempt attempt, ProcessEnd end, ReadOnlyMemory<byte> output, int processId)
    {
        // Ended before it had begun, on our order: it has not run.
        var ran = attempt.StartedAt == default ? 0 : (long)RanFor(attempt).TotalMicroseconds;
        var meaning = ExitClassification.Of(
            end,
            slot.Ending == EndCause.Timeout,
            slot.Ending is not (EndCause.None or EndCause.Timeout),
            options.MaxTaskMemoryBytes
        );
        switch (slot.Ending)
        {
            case EndCause.Timeout:
                var limit = attempt.Limit;
                LogTimeout(logger, processId, new TaskId(attempt.Key.Task), limit?.TotalSeconds ?? 0);
                Fail(attempt.Key, attempt, Catalogue.TaskTimeout, TimeoutMessage(limit?.TotalSeconds ?? 0), true, ran, end, meaning);
                break;
            case EndCause.Violation:
                var (entry, message) = slot.Violation;
                Fail(attempt.Key, attempt, entry, message, entry != Catalogue.ResultTooLarge, ran);
                break;
            case EndCause.Memory:
                Fail(attempt.Key, attempt, Catalogue.MemoryExhaust, MemoryMessage(slot, attempt), true, ran, end, meaning);
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
                JudgeOwnEnd(slot, attempt, end, meaning, output, ran, processId);
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
        int processId
    )
    {
        if (slot.Executing && meaning.Class == ExitClass.Success)
        {
            SucceedWith(attempt, ProgramOutput.ToResult(output), ran);
            return;
        }

        if (meaning.IsCrash)
        {
            LogCrash(
                logger,
                processId,
                meaning.ShellCode,
                end.Signal ?? 0,
                end.Signal is { } s ? Signals.Name(s) : "none",
                new TaskId(attempt.Key.Task)
            );
        }

        if (slot.Executing)
        {
            if (!meaning.IsCrash && attempt.Said is { } said)
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
            slot.Serving is null ? $"The process that ran the task ended: {meaning.Sentence}"
            : slot.Starting ? $"The plugin serves, and ended before it said hello: {Describe(attempt, meaning)}"
            : $"The plugin serves, and ended instead of answering: {Describe(attempt, meaning)}";
        Fail(attempt.Key, attempt, code, sentence, true, ran, end, meaning);
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

    private static string Describe(Attempt attempt, ExitMeaning meaning) =>
        attempt.LastLines is { Count: > 0 } lines
            ? $"{System.IO.Path.GetFileName(attempt.Handler.Path)} {meaning.Sentence}: {lines.Last()}"
            : $"{System.IO.Path.GetFileName(attempt.Handler.Path)} {meaning.Sentence}";

    private void StartRunner(Slot slot)
    {
        if (Elapsed < slot.StartNotBefore)
        {
            return;
        }

        try
        {
            slot.Runner = startRunner(slot);
            slot.Ready = false;
            slot.ReadyBy = Elapsed + ReadyWithin;
            if (slot.FailedStarts > 0)
            {
                slot.StartNotBefore = Elapsed + TimeSpan.FromMilliseconds(Math.Min(100 << Math.Min(slot.FailedStarts, 8), 10_000));
            }
        }
        catch (ChildStartException e)
        {
            slot.FailedStarts++;
            slot.StartNotBefore = Elapsed + TimeSpan.FromSeconds(1);
            if (slot.FailedStarts % StartsBeforeComplaint == 1)
            {
                LogNoRunner(logger, e.Message);
            }
        }
    }

    private void End(Slot slot, EndCause cause)
    {
        if (slot.Ending is not (EndCause.None or EndCause.Recycled))
        {
            return;
        }

        slot.Ending = cause;
        slot.EndingFor = slot.InRunner.TryPeek(out var head) ? head : null;
        slot.KillAt = Elapsed + options.KillGrace;
        if (slot.Serving is not null && head is not null)
        {
            slot.Signalled = slot.Runner?.Cancel((ulong)head.Key.Task) == true;
        }
        else
        {
            slot.Runner?.Signal(Signals.Terminate);
        }
    }

    private Slot? SlotOf(IRunner runner) => Array.Find(slots, s => ReferenceEquals(s.Runner, runner));

    private static V1.Attempt Name(Attempt attempt) => new() { Task = attempt.Key.Task, Attempt_ = attempt.Key.Attempt };

    private static string LevelName(TaskLogLevel level) =>
        level switch
        {
            TaskLogLevel.Debug => "DEBUG",
            TaskLogLevel.Warning => "WARN",
            TaskLogLevel.Error => "ERROR",
            _ => "INFO",
        };

    [LoggerMessage(
        30,
        LogLevel.Critical,
        "clw-worker[pid={pid}]: FATAL: clw-worker-crash detected. Exit code: {code}, Signal: {signal} ({name}); task {task}"
    )]
    private static partial void LogCrash(ILogger logger, int pid, int code, int signal, string name, TaskId task);

    [LoggerMessage(31, LogLevel.Warning, "clw-worker[pid={pid}]: WARN: clw-task-timeout: task {task} ran longer than {seconds} s")]
    private static partial void LogTimeout(ILogger logger, int pid, TaskId task, double seconds);

    [LoggerMessage(
        35,
        LogLevel.Error,
        "clw-worker-crash: runner {pid} reported {kind} of another task than {task}, which it was given first; it is ended"
    )]
    private static partial void LogMixedUp(ILogger logger, int pid, string kind, TaskId task);

    [LoggerMessage(32, LogLevel.Error, "clw-init-fail: a runner ended before it began a task: {end} (attempt {attempt})")]
    private static partial void LogStartFailed(ILogger logger, string end, int attempt);

    [LoggerMessage(33, LogLevel.Error, "clw-init-fail: no runner can be started: {reason}")]
    private static partial void LogNoRunner(ILogger logger, string reason);

    [LoggerMessage(34, LogLevel.Debug, "runner {pid}: {line}")]
    private static partial void LogRunnerLine(ILogger logger, int pid, string line);
}
