using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Crashes;

namespace OpenClaw.Worker.Crashes;

/// <summary>What of a crash is kept, by the settings.</summary>
/// <param name="CoresOn">Processes that run tasks may leave cores.</param>
/// <param name="Shelf">Where they are kept.</param>
internal sealed record CrashKeeping(bool CoresOn, CoreShelf Shelf);

/// <summary>
/// Examines crashes, one at a time and beside everything else: finds the core, reads the address, asks gdb, moves the core, writes the
/// report to disk. Ends that leave no core (a memory limit, SIGKILL) have nothing to wait for: they are told at once. Bounded: of crashes
/// that come faster than they can be looked at, the outcome is told without, and their cores are removed.
/// </summary>
internal sealed partial class CrashExaminer : ICrashExaminer, IAsyncDisposable
{
    private const int MostWaiting = 32;
    private const int MostAside = 1000;
    private const string TooMany = "not looked for: more crashes at once than can be looked at";
    private const int BacktracesPerMinute = 6;
    private static readonly TimeSpan GdbLimit = TimeSpan.FromSeconds(5);

    private readonly Channel<(CrashScene Scene, Action<CrashReport> Found)> waiting = Channel.CreateBounded<(
        CrashScene,
        Action<CrashReport>
    )>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    /// <summary>What is told already: its report is written, and the core of one that was not looked at removed.</summary>
    private readonly Channel<(CrashScene Scene, CrashReport Report, bool HasCore)> aside = Channel.CreateBounded<(
        CrashScene,
        CrashReport,
        bool
    )>(new BoundedChannelOptions(MostAside) { SingleReader = true });
    private readonly CrashRecords records;
    private readonly Action<Action> post;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Queue<long> backtraces = new();
    private readonly Task running;
    private readonly Task runningAside;
    private volatile CrashKeeping keeping;

    /// <param name="keeping">Where cores go.</param>
    /// <param name="records">Where reports go.</param>
    /// <param name="post">Runs something in the worker's loop.</param>
    /// <param name="time">Counts.</param>
    /// <param name="logger">Told what could not be kept.</param>
    public CrashExaminer(CrashKeeping keeping, CrashRecords records, Action<Action> post, TimeProvider time, ILogger logger)
    {
        this.keeping = keeping;
        this.records = records;
        this.post = post;
        this.time = time;
        this.logger = logger;
        running = RunAsync();
        runningAside = RunAsideAsync();
    }

    /// <summary>Replaced when settings change. Any thread.</summary>
    public CrashKeeping Keeping
    {
        get => keeping;
        set => keeping = value;
    }

    public void Examine(CrashScene scene, Action<CrashReport> found)
    {
        var leavesCore = scene.Signal is { } signal && CoreSearch.LeavesCore(signal);
        if (leavesCore && waiting.Writer.TryWrite((scene, found)))
        {
            return;
        }

        var report = leavesCore ? scene.Report with { CoreNote = TooMany, BacktraceNote = TooMany } : scene.Report;
        post(() => found(report));
        if (!aside.Writer.TryWrite((scene, report, leavesCore)))
        {
            LogNotKept(logger, records.Directory, "more crashes at once than can be written down");
        }
    }

    /// <summary>Ends when what waits is examined.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = waiting.Writer.TryComplete();
        _ = aside.Writer.TryComplete();
        await running;
        await runningAside;
    }

    private async Task RunAsync()
    {
        await foreach (var (scene, found) in waiting.Reader.ReadAllAsync())
        {
            var report = scene.Report;
            try
            {
                report = await LookAsync(scene);
                // Never holds up the outcome: where it cannot be written, the task has it all the same.
                _ = records.Write(report);
            }
            catch (Exception e)
            {
                LogNotKept(logger, records.Directory, e.Message);
            }

            post(() => found(report));
        }
    }

    private async Task RunAsideAsync()
    {
        await foreach (var (scene, report, hasCore) in aside.Reader.ReadAllAsync())
        {
            try
            {
                if (
                    hasCore
                    && keeping.CoresOn
                    && CoreSearch.OfMachine().Find(report.Pid, scene.Signal!.Value, scene.WorkingDirectory, scene.Since, out _) is { } core
                )
                {
                    // Where it lies nobody bounds it, and it may be as large as its process was.
                    File.Delete(core.Path);
                }

                _ = records.Write(report);
            }
            catch (Exception e)
            {
                LogNotKept(logger, records.Directory, e.Message);
            }
        }
    }

    private async Task<CrashReport> LookAsync(CrashScene scene)
    {
        var (report, now) = (scene.Report, keeping);
        const string noCore = "there is no core";
        if (!now.CoresOn)
        {
            return report with { CoreNote = "core dumps are off (task.enable_core_dumps, --core-dump)", BacktraceNote = noCore };
        }

        var search = CoreSearch.OfMachine();
        if (search.Find(report.Pid, scene.Signal!.Value, scene.WorkingDirectory, scene.Since, out var why) is not { } core)
        {
            return report with { CoreNote = search.WhyNot is { } off ? $"off, because {off}" : why, BacktraceNote = noCore };
        }

        report = report.With(core.Content);
        var frames = MayAskGdb()
            ? await Backtrace.OfAsync(core.Path, core.Content.Program, GdbLimit, time)
            : new Frames(null, $"left out: {BacktracesPerMinute} a minute are made");
        var kept = now.Shelf.Keep(core.Path, core.Content.Pid);
        return report with
        {
            Backtrace = frames.Lines,
            BacktraceNote = frames.Note,
            CorePath = kept.Path,
            CoreBytes = kept.Bytes,
            CoreNote = kept.Note ?? (core.Content.IsWhole ? null : "it is cut short (task.core_max_bytes, or the disk was full)"),
        };
    }

    private bool MayAskGdb()
    {
        while (backtraces.TryPeek(out var at) && time.GetElapsedTime(at) > TimeSpan.FromMinutes(1))
        {
            _ = backtraces.Dequeue();
        }

        if (backtraces.Count >= BacktracesPerMinute)
        {
            return false;
        }

        backtraces.Enqueue(time.GetTimestamp());
        return true;
    }

    [LoggerMessage(1, LogLevel.Warning, "A crash report cannot be kept whole in {directory}: {why}; the task's failure has what is known")]
    private static partial void LogNotKept(ILogger logger, string directory, string why);
}
