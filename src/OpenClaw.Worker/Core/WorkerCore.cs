using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Core.Telemetry;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Outbox;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;
using OpenClaw.Worker.Session;
using CrashReport = OpenClaw.Abi.Crashes.CrashReport;

namespace OpenClaw.Worker.Core;

/// <summary>
/// What a worker decides, one method per thing that can happen. Every method runs in the owner loop; none blocks. Runners, outbox and
/// session are ports, so that the simulator runs this same class.
/// </summary>
/// <remarks>
/// A crash at any point is safe: an attempt without an outcome on disk is run again by another incarnation, one with an outcome is
/// delivered by the next.
/// </remarks>
internal sealed partial class WorkerCore(
    WorkerOptions options,
    TimeProvider time,
    IOutbox outbox,
    Func<string, TaskHandler?> handlerOf,
    Func<Slot, IRunner> startRunner,
    ILogger<WorkerCore> logger,
    Action<LogLine>? keepLine = null,
    Func<TreeFigures?>? figures = null
)
{
    /// <summary>Outcomes in one message. With its bytes bounded it stays under the limit of 4 MiB, whatever one outcome has.</summary>
    private const int MostOutcomesPerMessage = 2000;
    private const int MostBytesPerMessage = 2 << 20;

    /// <summary>Replaced as a whole when settings change (<see cref="Reconfigure"/>).</summary>
    private WorkerOptions options = options;
    private readonly Dictionary<AttemptKey, Attempt> attempts = [];
    private readonly LinkedList<Attempt> waiting = new();
    private readonly List<AttemptOutcome> unsent = [];
    private readonly Slot[] slots = [.. Enumerable.Range(0, options.Slots).Select(n => new Slot(n))];
    private readonly long begun = time.GetTimestamp();
    private IManagerSession? session;
    private string? outboxProblem;

    /// <summary>Set by a stop: nothing new is started.</summary>
    public bool Stopping { get; private set; }

    public int Running => slots.Count(s => s.InRunner.Count > 0);
    public int Waiting => waiting.Count;
    public int Held => attempts.Count;

    /// <summary>A task that is held here may be using the output directory of this name.</summary>
    public bool UsesOutput(string name) =>
        attempts.Keys.Concat(slots.SelectMany(s => s.InRunner).Select(a => a.Key)).Any(k => new TaskId(k.Task).ToString() == name);

    public int OutboxCount => outbox.Count;
    public bool IsConnected => session is not null;

    /// <summary>Since the worker's start, by the clock that nobody sets: deadlines and pauses count by it.</summary>
    private TimeSpan Elapsed => time.GetElapsedTime(begun);

    /// <summary>Starts the runners. Once, before anything else.</summary>
    public void Start()
    {
        foreach (var slot in slots)
        {
            StartRunner(slot);
        }
    }

    public void OnAssignments(Assignments message)
    {
        if (Stopping)
        {
            // Under way when the manager was told. Nobody is blamed.
            var back = new HandBack();
            back.Attempts.AddRange(
                message
                    .Assignments_.Where(a => !attempts.ContainsKey(new AttemptKey(a.Task, a.Attempt)))
                    .Select(a => new V1.Attempt { Task = a.Task, Attempt_ = a.Attempt })
            );
            session?.Send(new WorkerMessage { HandBack = back });
            return;
        }

        foreach (var assignment in message.Assignments_)
        {
            var key = new AttemptKey(assignment.Task, assignment.Attempt);
            if (attempts.ContainsKey(key))
            {
                continue;
            }

            if (handlerOf(assignment.Type) is not { } handler)
            {
                Fail(key, null, Catalogue.PluginMissing, $"This worker has no plugin for the type {assignment.Type} any more");
                continue;
            }

            if (WrongVersion(assignment, handler) is { } wrong)
            {
                Fail(key, null, Catalogue.PluginMissing, wrong);
                continue;
            }

            var attempt = new Attempt(key, assignment, handler);
            attempts[key] = attempt;
            waiting.AddLast(attempt);
        }
    }

    private static string? WrongVersion(Assignment assignment, TaskHandler handler) =>
        assignment.PluginVersion.Length > 0 && assignment.PluginVersion != handler.Version
            ? $"Version {assignment.PluginVersion} of {assignment.Type} was asked for; this worker has {handler.Version}"
            : null;

    /// <summary>After every run of the loop: gives waiting attempts to slots, writes and sends outcomes.</summary>
    public void AfterRun()
    {
        Pump();
        FlushOutcomes();
    }

    /// <summary>The manager has recorded outcomes: they need not be kept.</summary>
    public void OnRecorded(long incarnation, IEnumerable<V1.Attempt> recorded)
    {
        foreach (var attempt in recorded)
        {
            outbox.Acknowledge(new OutboxKey(incarnation, new AttemptKey(attempt.Task, attempt.Attempt_)));
        }
    }

    /// <summary>The manager wants attempts stopped; it wants no outcome of them.</summary>
    public void OnCancel(IEnumerable<V1.Attempt> cancelled)
    {
        foreach (var named in cancelled)
        {
            if (attempts.TryGetValue(new AttemptKey(named.Task, named.Attempt_), out var attempt))
            {
                Drop(attempt, EndCause.Cancelled);
            }
        }
    }

    /// <summary>The manager wants attempts back that have not been started.</summary>
    public void OnRecall(IEnumerable<V1.Attempt> recalled)
    {
        var back = new HandBack();
        foreach (var named in recalled)
        {
            if (attempts.TryGetValue(new AttemptKey(named.Task, named.Attempt_), out var attempt) && attempt.Stage == AttemptStage.Waiting)
            {
                waiting.Remove(attempt);
                Forget(attempt);
                back.Attempts.Add(named);
            }
        }

        if (back.Attempts.Count > 0)
        {
            session?.Send(new WorkerMessage { HandBack = back });
        }
    }

    private void Drop(Attempt attempt, EndCause cause)
    {
        if (attempt.Stage == AttemptStage.Waiting)
        {
            waiting.Remove(attempt);
            Forget(attempt);
        }
        else if (SlotOf(attempt) is { } slot)
        {
            if (slot.InRunner.Peek() == attempt)
            {
                End(slot, cause);
            }

            // Next in the runner's pipe: it cannot be taken out. It runs, and its outcome is not wanted.
            Forget(attempt);
        }
        else if (attempt.Stage == AttemptStage.Examined)
        {
            // It ended by itself before this was asked for.
            Forget(attempt);
        }
    }

    private void Forget(Attempt attempt)
    {
        attempt.Stage = AttemptStage.Gone;
        attempts.Remove(attempt.Key);
    }

    private Slot? SlotOf(Attempt attempt) => Array.Find(slots, s => s.InRunner.Contains(attempt));

    private void Succeed(Attempt attempt, Google.Protobuf.ByteString result, long runMicros)
    {
        Finish(
            attempt,
            new AttemptOutcome
            {
                Task = attempt.Key.Task,
                Attempt = attempt.Key.Attempt,
                Succeeded = true,
                Result = result,
                RunMicros = runMicros,
                StartedAtMs = Ms(attempt.StartedAt),
                PluginVersion = attempt.Handler.Version,
            }
        );
        times.Observe(attempt.Handler.Type, runMicros);
    }

    private void Fail(
        AttemptKey key,
        Attempt? attempt,
        ErrorEntry code,
        string message,
        bool retryable = true,
        long runMicros = 0,
        ProcessEnd? end = null,
        ExitMeaning? meaning = null,
        string? ownCode = null,
        CrashReport? crash = null,
        Excess? excess = null
    )
    {
        var failure = new V1.TaskFailure
        {
            Code = ownCode ?? code.Code,
            Message = message.Length > TaskLimits.MaxMessageChars ? message[..TaskLimits.MaxMessageChars] : message,
            Worker = options.WorkerId,
            Signal = end?.Signal is { } signal ? Signals.Name(signal) : "",
        };
        if (end is not null && meaning is not null)
        {
            failure.ExitCode = meaning.ShellCode;

            // The kernel's figure is of the whole life of the process: of the tasks before this one, and of the runner that became the
            // program. Only a task that went over a limit is known to be the one that held it.
            if (code == Catalogue.MemoryExhaust)
            {
                failure.PeakMemoryBytes = end.PeakMemoryBytes;
            }
        }

        if (crash is not null)
        {
            failure.Cause = crash.Cause;
            failure.CorePath = crash.CorePath ?? "";
            failure.Crash = CrashMessages.ToWire(crash);
        }

        if (code == Catalogue.MemoryExhaust)
        {
            failure.Scope = "task";
        }

        if (excess is { } over)
        {
            failure.Scope = over.Scope;
            failure.Allowed = over.Allowed;
            failure.Used = over.Used;
        }

        if (attempt?.LastLines is { } lines)
        {
            failure.LastLines.AddRange(lines);
        }

        var outcome = new AttemptOutcome
        {
            Task = key.Task,
            Attempt = key.Attempt,
            Retryable = retryable,
            Failure = failure,
            RunMicros = runMicros,
            StartedAtMs = attempt is null ? 0 : Ms(attempt.StartedAt),
            PluginVersion = attempt?.Handler.Version ?? "",
        };
        if (attempt is null)
        {
            outbox.Add(outcome);
            unsent.Add(outcome);
        }
        else
        {
            Finish(attempt, outcome);
        }
    }

    private void Finish(Attempt attempt, AttemptOutcome outcome)
    {
        // Dropped meanwhile (cancelled, taken over by another worker): a result is still worth delivering, a failure is not.
        if (attempt.Stage == AttemptStage.Gone && !outcome.Succeeded)
        {
            return;
        }

        Forget(attempt);
        outbox.Add(outcome);
        unsent.Add(outcome);
    }

    // On disk before it is sent. When the disk refuses, the manager is the safer place: sent all the same, kept in memory until it is
    // acknowledged, and nothing new is started meanwhile.
    private void FlushOutcomes()
    {
        var problem = outbox.Flush() ?? (outbox.IsFull ? "it has reached worker.outbox_max_bytes" : null);
        if (problem is not null && outboxProblem is null)
        {
            LogOutboxFull(logger, problem);
        }
        else if (problem is null && outboxProblem is not null)
        {
            LogOutboxWorks(logger);
        }

        outboxProblem = problem;
        if (session is null)
        {
            // Delivered from the outbox when there is a session again.
            unsent.Clear();
            return;
        }

        if (unsent.Count > 0)
        {
            // Whoever watches a task hears its last words before its end.
            SendLines();
            Send(unsent);
            unsent.Clear();
        }
    }

    private void Send(IEnumerable<AttemptOutcome> outcomes)
    {
        Outcomes? message = null;
        var bytes = 0;
        foreach (var outcome in outcomes)
        {
            var size = outcome.CalculateSize() + 10;
            if (message is not null && (message.Outcomes_.Count >= MostOutcomesPerMessage || bytes + size > MostBytesPerMessage))
            {
                session!.Send(new WorkerMessage { Outcomes = message });
                message = null;
                bytes = 0;
            }

            message ??= new Outcomes();
            message.Outcomes_.Add(outcome);
            bytes += size;
        }

        if (message is not null)
        {
            session!.Send(new WorkerMessage { Outcomes = message });
        }
    }

    private static long Ms(DateTimeOffset at) => at == default ? 0 : at.ToUnixTimeMilliseconds();

    [LoggerMessage(10, LogLevel.Error, "clw-outbox-full: outcomes cannot be kept on disk: {problem}; no task is started until they can")]
    private static partial void LogOutboxFull(ILogger logger, string problem);

    [LoggerMessage(11, LogLevel.Information, "Outcomes are kept on disk again; tasks are started")]
    private static partial void LogOutboxWorks(ILogger logger);
}
