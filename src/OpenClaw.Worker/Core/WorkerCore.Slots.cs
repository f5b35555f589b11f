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

// Slots and their runners: who runs what, and their start and end.
internal sealed partial class WorkerCore
{
    private const int StartsBeforeComplaint = 3;

    /// <summary>Runners that may end at an attempt's very start before the attempt is taken for the cause.</summary>
    private const int RunnersForOne = 3;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);

    private readonly RunTimes times = new();
    private long runnerStarts;

    /// <summary>Puts waiting attempts into slots, in their order.</summary>
    private void Pump()
    {
        if (Stopping || leaseStopped || outboxProblem is not null || WaitsForMemory)
        {
            return;
        }

        while (waiting.First?.Value is { } next && !WaitsForMemory)
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

        if (NeedsFresh(attempt.Handler))
        {
            return FreshSlot();
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
        RecycleAfter(attempt.Handler) > slot.TasksRun + slot.InRunner.Count
        && !(slot.InRunner.TryPeek(out var first) && NeedsFresh(first.Handler))
        && slot.SettingsNumber == settingsNumber
        // What stops by a rule of its own when the link is lost stands alone in its runner.
        && !attempt.Handler.Manifest.HasLinkRule
        && !(slot.InRunner.TryPeek(out var head) && head.Handler.Manifest.HasLinkRule)
        && (attempt.Handler.Form != HandlerForm.Executable || slot.Serving is not null)
        && times.MeanOf(attempt.Handler.Type) is var mean
        && mean <= RunTimes.ShortMicros
        && slot.BacklogMicros + mean <= RunTimes.MostBacklogMicros
        && slot.InRunner.Count < RunTimes.MostAhead
        && !IsLate(slot);

    // What it runs takes longer than a short task ever does: whatever else the type's times say, nothing waits behind this one.
    private bool IsLate(Slot slot) =>
        slot.InRunner.TryPeek(out var first) && first.StartedAt != default && time.GetElapsedTime(first.StartedStamp) > RunTimes.Late;

    private void Hand(Slot slot, Attempt attempt)
    {
        var id = new TaskId(attempt.Key.Task).ToString();
        string outputDirectory;
        try
        {
            outputDirectory = attempt.Handler.Form == HandlerForm.Builtin ? "" : OutputOf(id);
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
                        options.Incarnation,
                        slot.Runner!.Mark
                    ),
                    WorkingDirectory = outputDirectory,
                    Limits = LimitsOf(attempt.Handler),
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

    private string OutputOf(string id)
    {
        // One directory per task, made when a plugin may want to write; empty ones cost nothing and are removed with the task's end.
        var path = OutputPathOf(id);
        Directory.CreateDirectory(path);
        return path;
    }

    private string OutputPathOf(string id) => System.IO.Path.Combine(options.StateDirectory, "output", id);

    /// <summary>What the kernel holds against a program.</summary>
    private ProcessLimits LimitsOf(TaskHandler handler) => AttemptLimits.Of(handler, options).OfProgram(handler.IsServing);

    /// <summary>What a runner holds itself to.</summary>
    public static ProcessLimits LimitsOf(WorkerOptions options) =>
        new()
        {
            OpenFiles = options.OpenFiles,
            CoreBytes = options.CoreBytes,
            OomScoreAdjust = options.OomScore == 0 ? null : options.OomScore,
            LuaBytes = LuaBytesOf(options),
        };

    private static long? LuaBytesOf(WorkerOptions options) =>
        options.MaxMemoryBytes is { } all && !(options.MaxTaskMemoryBytes < all)
            ? Math.Min(all, options.MaxTaskMemoryBytes ?? ProcessLimits.DefaultLuaBytes)
            : options.MaxTaskMemoryBytes;

    private void StartRunner(Slot slot)
    {
        if (Elapsed < slot.StartNotBefore)
        {
            return;
        }

        try
        {
            slot.Runner = startRunner(slot);
            runnerStarts++;
            slot.SettingsNumber = settingsNumber;
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

    [LoggerMessage(33, LogLevel.Error, "clw-init-fail: no runner can be started: {reason}")]
    private static partial void LogNoRunner(ILogger logger, string reason);
}
