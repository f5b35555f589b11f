using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;
using OpenClaw.Worker.Crashes;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

// What is said of a process that died under its task, and the line that a task begins with.
internal sealed partial class WorkerCore
{
    /// <summary>The name of this program in the lines of its tasks' processes.</summary>
    private const string ProgramName = "clw-worker";

    /// <summary>Lines of beginnings: so many at once, and so many a second on the average. Beyond that they are counted.</summary>
    private const int StartLinesAtOnce = 50;
    private const int StartLinesPerSecond = 10;
    private static readonly TimeSpan StartsCountedFor = TimeSpan.FromSeconds(10);

    /// <summary>The runner whose end is being judged, when what it left is looked at: that is removed afterwards.</summary>
    private IRunner? examined;
    private double startLinesLeft = StartLinesAtOnce;
    private long startLinesAt = time.GetTimestamp();
    private long startsUnsaid;
    private TimeSpan startsUnsaidSince;

    /// <summary>Looks for cores; null: nobody does, and a failure is told at once.</summary>
    public ICrashExaminer? Examiner { get; set; }

    /// <summary>
    /// The process ended under its task. Its slot goes on at once; the failure is told when what the crash left behind was looked at.
    /// </summary>
    private void FailCrashed(
        Attempt attempt,
        ErrorEntry code,
        string message,
        long ran,
        ProcessEnd end,
        ExitMeaning meaning,
        IRunner runner,
        Excess? excess = null
    )
    {
        var processId = runner.ProcessId;
        var report = ReportOf(attempt, code, ran, end, meaning, processId) with { Code = code.Code, Message = message };
        void Tell(CrashReport found)
        {
            SayCrash(found);
            Fail(attempt.Key, attempt, code, message, true, ran, end, meaning, crash: found, excess: excess);
            RemoveOutputIfEmpty(attempt);
            RunnerDirectories.Remove(runner.WorkingDirectory);
        }

        examined = runner;
        if (Examiner is not { } examiner)
        {
            Tell(report);
            return;
        }

        if (attempt.Stage != AttemptStage.Gone)
        {
            attempt.Stage = AttemptStage.Examined;
        }

        examiner.Examine(
            new CrashScene
            {
                Report = report,
                Signal = SignalOf(end),
                WorkingDirectory = WorkingDirectoryOf(attempt, runner),
                Since = attempt.StartedAt == default ? time.GetUtcNow() - TimeSpan.FromMinutes(1) : attempt.StartedAt,
            },
            Tell
        );
    }

    private CrashReport ReportOf(Attempt attempt, ErrorEntry code, long ran, ProcessEnd end, ExitMeaning meaning, int processId) =>
        new()
        {
            AtMs = Ms(time.GetUtcNow()),
            Pid = processId,
            Cause =
                code == Catalogue.MemoryExhaust ? CrashCause.OutOfMemory
                : code == Catalogue.WorkerCrash ? CrashCause.Of(meaning.Class)
                : "",
            Program = attempt.Handler.Path,
            ExitCode = meaning.ShellCode,
            Signal = SignalOf(end),
            Worker = options.WorkerId,
            Incarnation = options.Incarnation,
            Task = new TaskId(attempt.Key.Task).ToString(),
            Type = attempt.Handler.Type,
            Attempt = attempt.Key.Attempt,
            PluginVersion = attempt.Handler.Version,
            PeakMemoryBytes = end.PeakMemoryBytes > 0 ? end.PeakMemoryBytes : null,
            UserMicros = (long)end.UserTime.TotalMicroseconds,
            SystemMicros = (long)end.SystemTime.TotalMicroseconds,
            WallMicros = ran,
            LastLines = attempt.LastLines is { Count: > 0 } lines ? [.. lines] : null,
        };

    // A shell between tells the signal of what it ran by its own exit code.
    private static int? SignalOf(ProcessEnd end) =>
        end.Signal
        ?? (
            end.ExitCode is > 128 and <= 128 + 64 and var code && Signals.Name(code - 128).StartsWith("SIG", StringComparison.Ordinal)
                ? code - 128
                : null
        );

    private string WorkingDirectoryOf(Attempt attempt, IRunner runner) =>
        attempt.Handler.Form != HandlerForm.Executable ? runner.WorkingDirectory
        : attempt.Handler.IsServing ? ServingDirectory(runner, System.IO.Path.Combine(options.StateDirectory, "output"))
        : System.IO.Path.Combine(options.StateDirectory, "output", new TaskId(attempt.Key.Task).ToString());

    /// <summary>The lines that a crash is known by, in the words that people grep for.</summary>
    private void SayCrash(CrashReport report)
    {
        var about = $"; task {report.Task}, type {report.Type}{(report.Signal is null ? $": {report.Message}" : "")}";
        logger.LogProcess(ProgramName, report.Pid, LogSeverity.Fatal, $"{report.Code} detected. {report.Sentence}{about}");
        if (report.CorePath is { } core)
        {
            logger.LogProcess(ProgramName, report.Pid, LogSeverity.Critical, $"Core dump written to {core}");
        }

        if (report.CoreNote is { } note)
        {
            logger.LogProcess(
                ProgramName,
                report.Pid,
                LogSeverity.Info,
                $"{(report.CorePath is null ? "No core dump" : "The core dump")}: {note}"
            );
        }

        if (report.Backtrace is { Count: > 0 } frames)
        {
            LogFrames(logger, report.Task ?? "", string.Join(" | ", frames.Take(5)));
        }
    }

    /// <summary>
    /// The line that a task begins with. Tasks may begin by the thousand a second: what is beyond the rate is counted and said in sum.
    /// </summary>
    private void SayStarting(Slot slot, Attempt attempt)
    {
        var now = time.GetTimestamp();
        startLinesLeft = Math.Min(
            StartLinesAtOnce,
            startLinesLeft + (time.GetElapsedTime(startLinesAt, now).TotalSeconds * StartLinesPerSecond)
        );
        startLinesAt = now;
        if (startLinesLeft < 1)
        {
            if (startsUnsaid++ == 0)
            {
                startsUnsaidSince = Elapsed;
            }

            return;
        }

        startLinesLeft--;
        var id = new TaskId(attempt.Key.Task);
        logger.LogProcess(ProgramName, slot.Runner?.ProcessId ?? 0, LogSeverity.Info, $"Starting task '{attempt.Handler.Type}-{id}'");
    }

    private void SaySumOfStarts()
    {
        if (startsUnsaid > 0 && Elapsed - startsUnsaidSince >= StartsCountedFor)
        {
            LogStarts(logger, startsUnsaid, StartsCountedFor.TotalSeconds, StartLinesPerSecond);
            startsUnsaid = 0;
        }
    }

    [LoggerMessage(
        44,
        LogLevel.Information,
        "{count} more tasks were started in {seconds:0} s, without a line each (at most {rate} a second)"
    )]
    private static partial void LogStarts(ILogger logger, long count, double seconds, int rate);

    [LoggerMessage(45, LogLevel.Warning, "Backtrace of {task}: {frames}")]
    private static partial void LogFrames(ILogger logger, string task, string frames);
}
