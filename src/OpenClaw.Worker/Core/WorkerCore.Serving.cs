using System.Globalization;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Plugins;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

// Programs that serve: which slot becomes one, which stops being one, and what they say that others do not.
internal sealed partial class WorkerCore
{
    /// <summary>How far behind the first that waits one is looked for that a serving program can take.</summary>
    private const int LookAhead = 64;

    /// <summary>How long the first that waits lets others pass before a serving program ends for its sake: a change of program costs a start.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private Attempt? passed;
    private long passedSince;

    /// <summary>The slot that serves this handler and is least busy; null when none can take it.</summary>
    private Slot? ServingSlotFor(Attempt attempt)
    {
        Slot? best = null;
        foreach (var slot in slots)
        {
            if (
                slot.CanTake
                && slot.Serving == attempt.Handler
                && (slot.InRunner.Count == 0 || MayQueueBehind(slot, attempt))
                && (best is null || slot.InRunner.Count < best.InRunner.Count)
            )
            {
                best = slot;
            }
        }

        return best;
    }

    /// <summary>
    /// The first that waits fits no slot. Idle programs that serve something else take what waits for them behind it, for a while; then,
    /// or when nothing does, one ends to make room. True when something was handed out.
    /// </summary>
    private bool MakeRoomFor(Attempt first)
    {
        var starting = 0;
        Slot? idle = null;
        foreach (var slot in slots)
        {
            var ends = slot.Ending != EndCause.None || !slot.Ready;
            starting += slot.Runner is null || (ends && slot.InRunner.Count == 0) ? 1 : 0;
            if (slot.Serving is null || !slot.IsIdle)
            {
                continue;
            }

            if (HasPatience(first) && WaitingFor(slot.Serving) is { } other)
            {
                waiting.Remove(other);
                Hand(slot, other);
                return true;
            }

            idle ??= slot;
        }

        if (idle is not null && starting < waiting.Count)
        {
            Retire(idle);
        }

        return false;
    }

    private bool HasPatience(Attempt first)
    {
        if (passed != first)
        {
            passed = first;
            passedSince = time.GetTimestamp();
        }

        return time.GetElapsedTime(passedSince) < Patience;
    }

    private Attempt? WaitingFor(TaskHandler handler)
    {
        var node = waiting.First;
        for (var i = 0; node is not null && i < LookAhead; i++, node = node.Next)
        {
            if (node.Value.Handler == handler)
            {
                return node.Value;
            }
        }

        return null;
    }

    private void GiveToServing(Slot slot, Attempt attempt, string id, string outputDirectory)
    {
        if (slot.Serving is null)
        {
            slot.Serving = attempt.Handler;

            // Until it has said hello it takes nothing more.
            slot.Ready = false;
            slot.Runner!.Serve(
                new ExecCommand
                {
                    Handle = (ulong)attempt.Key.Task,
                    TaskId = id,
                    Attempt = attempt.Key.Attempt,
                    Type = attempt.Handler.Type,
                    Path = attempt.Handler.Path,
                    Arguments = [attempt.Handler.Path],
                    Environment = PluginEnvironment.ForServing(
                        System.Environment.GetEnvironmentVariables(),
                        attempt.Handler.Type,
                        options.Incarnation,
                        slot.Runner!.Mark
                    ),
                    WorkingDirectory = ServingDirectory(slot.Runner!, System.IO.Path.GetDirectoryName(outputDirectory)!),
                    Limits = LimitsOf(attempt.Handler),
                },
                attempt.Handler.Manifest.StartTimeout
            );
        }

        slot.Runner!.Give(
            new ServeTask
            {
                Handle = (ulong)attempt.Key.Task,
                TaskId = id,
                Attempt = attempt.Key.Attempt,
                Type = attempt.Handler.Type,
                Payload = attempt.Assignment.Payload.Memory,
                OutputDirectory = outputDirectory,
                Timeout = LimitOf(attempt),
            }
        );
    }

    // Its own, so that the cores of two that crash do not take each other's name; the common one only when the disk refused it.
    private static string ServingDirectory(IRunner runner, string otherwise) =>
        runner.WorkingDirectory.Length > 0 ? runner.WorkingDirectory : otherwise;

    /// <summary>Lets an idle runner end by itself; a program that does not is ended.</summary>
    private void Retire(Slot slot)
    {
        slot.Ending = EndCause.Recycled;
        slot.KillAt = slot.Serving is null ? null : Elapsed + options.KillGrace;
        slot.Runner!.Close();
    }

    private bool IsOutdated(Slot slot) =>
        slot.SettingsNumber != settingsNumber || (slot.Serving is { } serving && handlerOf(serving.Type) != serving);

    /// <summary>Plugins have changed: what waits will run with what is there now, and no idle program of before is kept.</summary>
    private void TakeUp(PluginSet plugins)
    {
        for (var node = waiting.First; node is not null; )
        {
            var (attempt, next) = (node.Value, node.Next);
            if (plugins.Handlers.TryGetValue(attempt.Handler.Type, out var handler) && handler != attempt.Handler)
            {
                attempt.Handler = handler;
                if (WrongVersion(attempt.Assignment, handler) is { } wrong)
                {
                    waiting.Remove(node);
                    Fail(attempt.Key, attempt, Catalogue.PluginMissing, wrong);
                }
            }

            node = next;
        }

        foreach (var slot in slots)
        {
            if (slot.IsIdle && IsOutdated(slot))
            {
                Retire(slot);
            }
        }
    }

    /// <summary>A program has said what it must not, or too much.</summary>
    public void OnViolation(IRunner runner, ErrorEntry entry, string message)
    {
        if (SlotOf(runner) is not { } slot || slot.Ending is not (EndCause.None or EndCause.Recycled))
        {
            // It is ended already.
            runner.Signal(Signals.Kill);
            return;
        }

        slot.Ending = EndCause.Violation;
        slot.Violation = (entry, message);
        slot.EndingFor = slot.InRunner.TryPeek(out var head) ? head : null;
        if (head is null)
        {
            LogViolation(logger, entry.Code, slot.Serving?.Path ?? "", message);
        }

        runner.Signal(Signals.Kill);
    }

    /// <summary>What a plain program says on descriptor 3. False when it must not say that.</summary>
    private bool OnAside(Slot slot, Attempt attempt, SlotReport report)
    {
        switch (report.Kind)
        {
            case FrameKind.Progress:
                OnReport(slot, attempt, report);
                return true;
            case FrameKind.Log when slot.Executing || slot.Serving is not null:
                OnReport(slot, attempt, report);
                return true;
            case FrameKind.Failed when slot.Executing:
                attempt.Said = report;
                return true;
            default:
                // A script that writes to descriptor 3 has other ways to log and to fail.
                return report.Kind is FrameKind.Log or FrameKind.Failed;
        }
    }

    /// <summary>A program that serves was asked to give up and has answered: it lives on, unless a signal told it.</summary>
    private void Answered(Slot slot)
    {
        if (slot.Serving is null || slot.Ending is not (EndCause.Timeout or EndCause.Cancelled or EndCause.HandBack))
        {
            return;
        }

        slot.EndingFor = null;
        if (slot.Signalled)
        {
            // The answer was in the pipe when the signal was sent: the process ends all the same, and must not take others with it.
            PutBack(slot);
            return;
        }

        slot.Ending = EndCause.None;
        slot.KillAt = null;
    }

    /// <summary>The failure of an attempt that a serving program was asked to give up is that request, not what the program made of it.</summary>
    private bool FailedByRequest(Slot slot, Attempt attempt, SlotReport report)
    {
        if (slot.Serving is null || slot.EndingFor != attempt)
        {
            return false;
        }

        switch (slot.Ending)
        {
            case EndCause.Timeout:
                var limit = attempt.Limit?.TotalSeconds ?? 0;
                LogTimeout(logger, slot.Runner?.ProcessId ?? 0, new TaskId(attempt.Key.Task), limit);
                Fail(attempt.Key, attempt, Catalogue.TaskTimeout, TimeoutMessage(limit), true, report.RunMicros);
                return true;
            case EndCause.HandBack:
                Forget(attempt);
                session?.Send(new WorkerMessage { HandBack = new HandBack { Attempts = { Name(attempt) } } });
                return true;
            case EndCause.Cancelled:
                Forget(attempt);
                return true;
            default:
                return false;
        }
    }

    private static string TimeoutMessage(double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"The task ran longer than its limit of {seconds:0.###} s and was ended");

    // A plugin may give its failures codes of its own; what is no code at all is said in the message.
    private void FailAsSaid(Attempt attempt, SlotReport said, long ran, ProcessEnd? end = null, ExitMeaning? meaning = null)
    {
        var known = Catalogue.Find(said.Code);
        var own = known is null && PluginProtocol.IsOwnCode(said.Code) ? said.Code : null;
        var text = known is null && own is null && said.Code.Length > 0 ? $"{said.Text} (code '{said.Code}')" : said.Text;
        Fail(attempt.Key, attempt, known ?? Catalogue.TaskFailed, text, said.Retryable, ran, end, meaning, own);
    }

    [LoggerMessage(36, LogLevel.Warning, "{code}: {path}: {message}; the process is ended, it ran no task")]
    private static partial void LogViolation(ILogger logger, string code, string path, string message);
}
