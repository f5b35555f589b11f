using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Processes;
using OpenClaw.Core.Tasks;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;
using OpenClaw.Worker.Health;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Session;

namespace OpenClaw.Worker.Core;

// The manager's side of things: registration, the lease, reports about what runs, and the stop.
internal sealed partial class WorkerCore
{
    /// <summary>Attempts that run at least this long are told to the manager; shorter ones are told by their outcome.</summary>
    private static readonly TimeSpan ToldAfter = TimeSpan.FromMilliseconds(100);
    private const int MostLinesUnsent = 2000;
    private const int MostLineCharsUnsent = 512 * 1024;

    private readonly List<TaskLog> unsentLines = [];
    private int unsentLineChars;
    private long droppedLines;
    private bool leaseStopped;

    /// <summary>Attempts that the last registration named as held here.</summary>
    private readonly List<AttemptKey> registeredAs = [];
    private TimeSpan? leaseStop;
    private DateTimeOffset? leaseCountsFrom;

    /// <summary>When that was learned, by the clock that nobody sets, and how old it was then.</summary>
    private long leaseLearnedAt;
    private TimeSpan leaseAgeThen;

    /// <summary>What to say at registration: who this is and what it holds.</summary>
    public Register Registration(PluginSet plugins, int processId)
    {
        var register = new Register
        {
            Worker = options.WorkerId,
            Incarnation = options.Incarnation,
            Identity = options.Identity,
            Protocol = 1,
            Version = options.Version,
            Slots = options.Slots,
            Prefetch = options.Prefetch,
            Environment = options.Environment,
            HealthPort = HealthPort,
            Pid = processId,
            Host = System.Environment.MachineName,
            HeartbeatIntervalMs = (long)options.HeartbeatInterval.TotalMilliseconds,
            Restartable = options.IsRestartable,
            AnswersRestart = true,
        };
        register.Labels.Add(options.Labels.ToDictionary());
        register.Types_.AddRange(TypesToRegister(plugins));
        register.Refused.AddRange(RefusedFiles.Of(plugins));
        registeredAs.Clear();
        registeredAs.AddRange(attempts.Keys);
        register.Holding.AddRange(attempts.Values.Select(Name));
        register.Holding.AddRange(outbox.Own.Select(o => new V1.Attempt { Task = o.Task, Attempt_ = o.Attempt }));
        return register;
    }

    private IReadOnlyList<TaskType> TypesOf(PluginSet plugins) =>
        [
            .. plugins.Handlers.Values.Select(h => new TaskType
            {
                Name = h.Type,
                Version = h.Version,
                Kind = h.Kind,
                ReassignAfterMs = (long)ReassignAfter(h).TotalMilliseconds,
            }),
        ];

    /// <summary>Outcomes that an earlier incarnation of this worker left on disk.</summary>
    public IReadOnlyList<EarlierOutcomes> EarlierOutcomes()
    {
        var messages = new List<EarlierOutcomes>();
        foreach (var group in outbox.Earlier)
        {
            EarlierOutcomes? message = null;
            var bytes = 0;
            foreach (var outcome in group)
            {
                var size = outcome.CalculateSize() + 10;
                if (message is null || bytes + size > MostBytesPerMessage || message.Outcomes.Count >= MostOutcomesPerMessage)
                {
                    message = new EarlierOutcomes { Worker = options.WorkerId, Incarnation = group.Key };
                    messages.Add(message);
                    bytes = 0;
                }

                message.Outcomes.Add(outcome);
                bytes += size;
            }
        }

        return messages;
    }

    /// <summary>A session is open. What the manager no longer wants is stopped, what it has not recorded is delivered.</summary>
    public void OnConnected(IManagerSession opened, Registered registered, DateTimeOffset sentAt)
    {
        session = opened;
        leaseStop = TimeSpan.FromMilliseconds(registered.LeaseStopMs);
        CountLeaseFrom(sentAt);
        TakeLease(registered);
        HandBackWhatEndedMeanwhile();
        OnCancel(registered.Superseded);

        // Sent after this run of the loop has brought them to the disk.
        unsent.Clear();
        unsent.AddRange(outbox.Own);
        if (Stopping)
        {
            session.Send(new WorkerMessage { Draining = new Draining { Cause = stopsFor } });
        }

        foreach (var attempt in attempts.Values)
        {
            attempt.StartReported = false;
        }
    }

    // Given up between the registration and now (the lease ended, a stop): the manager was told that they are here, and without an
    // outcome it would wait for them for ever.
    private void HandBackWhatEndedMeanwhile()
    {
        var gone = registeredAs.Where(key => !attempts.ContainsKey(key)).ToList();
        if (gone.Count == 0)
        {
            return;
        }

        var finished = outbox.Own.Select(o => new AttemptKey(o.Task, o.Attempt)).ToHashSet();
        var back = new HandBack();
        back.Attempts.AddRange(
            gone.Where(key => !finished.Contains(key)).Select(key => new V1.Attempt { Task = key.Task, Attempt_ = key.Attempt })
        );
        if (back.Attempts.Count > 0)
        {
            session!.Send(new WorkerMessage { HandBack = back });
        }
    }

    public void OnDisconnected(IManagerSession closed)
    {
        if (session == closed)
        {
            session = null;
        }
    }

    /// <summary>Where the health endpoint listens; 0: it has none, and none is shown. Set before the first registration.</summary>
    public int HealthPort { get; set; }

    /// <summary>What the health endpoint tells.</summary>
    public HealthFigures HealthFigures() =>
        new(Stopping, IsConnected, leaseCountsFrom, Running, outbox.Count)
        {
            Unanswered = leaseCountsFrom is null ? TimeSpan.Zero : leaseAgeThen + time.GetElapsedTime(leaseLearnedAt),
            HeartbeatInterval = options.HeartbeatInterval,
        };

    /// <summary>A heartbeat was acknowledged: the lease counts from when it was sent.</summary>
    public void OnHeartbeatAcknowledged(DateTimeOffset sentAt)
    {
        CountLeaseFrom(sentAt);
        HeardUntil(sentAt);
    }

    private void CountLeaseFrom(DateTimeOffset sentAt)
    {
        leaseCountsFrom = sentAt;
        leaseLearnedAt = time.GetTimestamp();
        leaseAgeThen = time.GetUtcNow() - sentAt;
        leaseStopped = false;
    }

    public Heartbeat Heartbeat(long sequence)
    {
        var heartbeat = new Heartbeat
        {
            Sequence = sequence,
            Running = Running,
            Waiting = waiting.Count,
            Outbox = outbox.Count,
            UptimeMs = (long)Elapsed.TotalMilliseconds,
            RunnerStarts = runnerStarts,
        };
        if (figures?.Invoke() is { } tree)
        {
            heartbeat.MemoryBytes = tree.ResidentBytes;
            heartbeat.CpuSeconds = tree.CpuTime.TotalSeconds;
        }

        return heartbeat;
    }

    public void OnTypesChanged(PluginSet plugins)
    {
        shown = plugins;
        TellTypes();
        TakeUp(plugins);
    }

    /// <summary>What depends on time: ten times a second.</summary>
    public void Tick()
    {
        var now = Elapsed;
        foreach (var slot in slots)
        {
            if (slot.InRunner.TryPeek(out var current) && current.StartedAt != default && RanFor(current) >= current.Limit)
            {
                End(slot, EndCause.Timeout);
            }

            if (slot.KillAt <= now)
            {
                slot.KillAt = null;
                slot.Runner?.Signal(Signals.Kill);
            }

            // A program that serves is watched by who reads what it says.
            if (slot.Runner is not null && !slot.Ready && slot.Serving is null && slot.ReadyBy <= now)
            {
                slot.ReadyBy = now + ReadyWithin;
                slot.Runner.Signal(Signals.Kill);
            }

            if (slot.Runner is null && !Stopping)
            {
                StartRunner(slot);
            }
        }

        KillLeaving(now);
        CheckLease(time.GetUtcNow());
        ReportRunning();
        SaySumOfStarts();
        SendLines();
    }

    // Progress waits with the attempt, the newest alone, while there is nobody who takes it.
    private void ReportRunning()
    {
        Started? started = null;
        ProgressReports? progress = null;
        foreach (var slot in slots)
        {
            if (!slot.InRunner.TryPeek(out var attempt) || attempt.StartedAt == default || attempt.Stage == AttemptStage.Gone)
            {
                continue;
            }

            if (!attempt.StartReported && RanFor(attempt) >= ToldAfter)
            {
                attempt.StartReported = true;
                (started ??= new Started()).Started_.Add(
                    new StartedAttempt
                    {
                        Task = attempt.Key.Task,
                        Attempt = attempt.Key.Attempt,
                        StartedAtMs = Ms(attempt.StartedAt),
                    }
                );
            }

            if (attempt.UnsentProgress is { } report && session?.Waiting <= MostLinesUnsent)
            {
                attempt.UnsentProgress = null;
                (progress ??= new ProgressReports()).Reports.Add(
                    new ProgressReport
                    {
                        Task = attempt.Key.Task,
                        Attempt = attempt.Key.Attempt,
                        Progress = report,
                    }
                );
            }
        }

        if (started is not null)
        {
            session?.Send(new WorkerMessage { Started = started });
        }

        if (progress is not null)
        {
            session?.Send(new WorkerMessage { Progress = progress });
        }
    }

    private void Line(Attempt attempt, string level, string text)
    {
        var lines = attempt.LastLines ??= new Queue<string>();
        lines.Enqueue(text);
        if (lines.Count > TaskLimits.MaxLastLines)
        {
            lines.Dequeue();
        }

        var at = time.GetUtcNow();
        keepLine?.Invoke(TaskLine(attempt, level, text, at));

        // Lines are informative: a manager that is slow or away gets the newest it can take, and is told how many are missing.
        if (session is null || unsentLines.Count >= MostLinesUnsent || unsentLineChars >= MostLineCharsUnsent)
        {
            droppedLines++;
            return;
        }

        unsentLineChars += text.Length;
        unsentLines.Add(
            new TaskLog
            {
                Task = attempt.Key.Task,
                Attempt = attempt.Key.Attempt,
                Level = level,
                Text = text,
                AtMs = Ms(at),
            }
        );
    }

    // Kept beside the worker's own log, where it outlives both the task and this process.
    private static LogLine TaskLine(Attempt attempt, string level, string text, DateTimeOffset at) =>
        new()
        {
            Severity = LogSeverities.TryParse(level, out var severity) ? severity : LogSeverity.Info,
            Time = at,
            Text = $"{new TaskId(attempt.Key.Task)}: {text}",
        };

    private void SendLines()
    {
        if (unsentLines.Count == 0 || session is null || session.Waiting > MostLinesUnsent)
        {
            return;
        }

        if (droppedLines > 0)
        {
            LogDropped(logger, droppedLines);
            droppedLines = 0;
        }

        var message = new TaskLogs();
        message.Lines.AddRange(unsentLines);
        unsentLines.Clear();
        unsentLineChars = 0;
        session.Send(new WorkerMessage { Logs = message });
    }

    private string stopsFor = "";

    /// <summary>A graceful stop begins: no more work is wanted; what has not begun goes back.</summary>
    /// <param name="cause">Why, when nobody told it to; the manager then misses this worker.</param>
    public void BeginStop(string cause = "")
    {
        if (Stopping)
        {
            return;
        }

        Stopping = true;
        stopsFor = cause;
        session?.Send(new WorkerMessage { Draining = new Draining { Cause = cause } });
        OnRecall([.. attempts.Values.Where(a => a.Stage == AttemptStage.Waiting).Select(Name)]);
    }

    /// <summary>The grace is over: what still runs is stopped and goes back.</summary>
    public void HandBackAll() => StopEverything();

    /// <summary>Nothing runs and everything is acknowledged.</summary>
    public bool IsDrained => attempts.Count == 0 && (outbox.Count == 0 || session is null);

    /// <summary>Lets the runners end.</summary>
    public void CloseRunners()
    {
        foreach (var slot in slots)
        {
            slot.Runner?.Close();
        }
    }

    public void KillRunners()
    {
        foreach (var slot in slots)
        {
            slot.Runner?.Signal(Signals.Kill);
        }

        foreach (var (runner, _) in leaving)
        {
            runner.Signal(Signals.Kill);
        }
    }

    public bool HasRunners => leaving.Count > 0 || slots.Any(s => s.Runner is not null);

    [LoggerMessage(42, LogLevel.Warning, "{count} lines of tasks were not sent to the manager: more than it can take")]
    private static partial void LogDropped(ILogger logger, long count);
}
