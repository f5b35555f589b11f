using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Bench;

/// <summary>One measurement from its warm-up to its result. Used once, by one caller; others may read its progress.</summary>
internal sealed class BenchRun(BenchTarget target, BenchOptions options, TimeProvider time, CancellationToken cancellation)
{
    /// <summary>Ids of one request of Wait.</summary>
    private const int IdsPerWait = 50_000;

    /// <summary>A timer that was early enough fires late by up to this.</summary>
    private static readonly TimeSpan TimerGrain = TimeSpan.FromMilliseconds(2);

    private Dictionary<string, ProgramUse> usedBefore = [];
    private Dictionary<string, ProgramUse> usedAfter = [];
    private ManagerCounters? countersBefore;
    private ManagerCounters? countersAfter;
    private long began;
    private TimeSpan elapsed;

    public BenchTarget Target => target;

    public BenchOptions Options => options;

    public BenchProgress Progress { get; } = new();

    public TimeProvider Time => time;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Wall clock of the begin, in Unix milliseconds.</summary>
    public long BeganAtMs { get; private set; }

    public async Task<BenchResult> RunAsync()
    {
        await WarmUpAsync();
        return options.Scenario switch
        {
            Scenario.EndToEnd or Scenario.Latency when options.Rate is not null => await CallScenarios.LatencyAsync(this),
            Scenario.EndToEnd => await BulkScenarios.EndToEndAsync(this),
            Scenario.Submit => await BulkScenarios.SubmitAsync(this),
            Scenario.Drain => await BulkScenarios.DrainAsync(this),
            Scenario.Calls => await CallScenarios.CallsAsync(this),
            Scenario.Soak => await SoakScenario.RunAsync(this),
            _ => await MemoryScenario.RunAsync(this),
        };
    }

    /// <summary>The measurement begins here.</summary>
    public async Task BeginAsync(string phase)
    {
        countersBefore = await target.CountersAsync(options.Type, cancellation);
        usedBefore = target.Processes.Read(memory: false);
        Progress.Enter(phase);
        BeganAtMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        began = time.GetTimestamp();
    }

    /// <summary>
    /// Waits for the moment of a task where there is a rate, and tells it as a timestamp: latencies count from there. A cluster that
    /// answers late holds the tasks behind it up and does not move their moments, so what they wait is theirs (no coordinated omission).
    /// Only what our own timer oversleeps, its milliseconds, is not the cluster's.
    /// </summary>
    public async ValueTask<long> MomentAsync(long index)
    {
        if (options.Rate is not { } rate)
        {
            return time.GetTimestamp();
        }

        var offset = TimeSpan.FromSeconds(index / rate);
        var intended = began + (long)(offset.TotalSeconds * time.TimestampFrequency);
        var early = offset - Elapsed();
        if (early <= TimeSpan.Zero)
        {
            return intended;
        }

        await Task.Delay(early, time, cancellation);
        var late = time.GetElapsedTime(intended);
        return late > TimeSpan.Zero && late < TimerGrain ? time.GetTimestamp() : intended;
    }

    public TimeSpan Elapsed() => time.GetElapsedTime(began);

    /// <summary>It ends here: what follows (fetching outcomes, looking at memory) is not part of it.</summary>
    public async Task EndAsync()
    {
        elapsed = Elapsed();
        usedAfter = target.Processes.Read(memory: true);
        countersAfter = await target.CountersAsync(options.Type, CancellationToken.None);
    }

    /// <summary>Whether tasks or time are used up.</summary>
    public bool IsOver(long handed) => handed >= options.Tasks || (options.Duration is { } limit && Elapsed() >= limit);

    /// <summary>The result, with what the programs used between begin and end.</summary>
    public BenchResult Result(long submitted, BenchTally tally, TimeSpan? took = null)
    {
        var tasks = Math.Max(1, submitted);
        var allocated =
            submitted > 0 && countersAfter?.AllocatedBytes - countersBefore?.AllocatedBytes is { } bytes
                ? (double)bytes / tasks
                : (double?)null;
        var commits = countersAfter?.Commits - countersBefore?.Commits;
        return new()
        {
            Options = options,
            OwnCluster = target.IsOwn,
            Slots = target.Slots,
            Took = took ?? elapsed,
            Submitted = submitted,
            Tally = tally,
            CpuPerTask = ProcessFigures
                .Roles.Where(usedAfter.ContainsKey)
                .ToDictionary(r => r, r => Math.Max(0, usedAfter[r].CpuMicros - usedBefore.GetValueOrDefault(r).CpuMicros) / tasks),
            Memory = usedAfter.Where(u => u.Value.PssBytes > 0).ToDictionary(),
            Crashes = Math.Max(tally.Crashes, countersAfter?.Crashes - countersBefore?.Crashes ?? 0),
            AllocatedPerTask = allocated,
            TasksPerCommit = commits > 0 ? (double)submitted / commits : null,
        };
    }

    /// <summary>Fetches the outcomes of tasks that have ended, each once. A task that is missing is an error.</summary>
    public async Task<BenchTally> CollectAsync(List<string> ids)
    {
        Progress.Enter("checking");
        var tally = new BenchTally();
        foreach (var chunk in ids.Chunk(IdsPerWait))
        {
            await foreach (var task in target.Client.WaitAsync(chunk, cancellation))
            {
                tally.Add(task);
            }
        }

        return tally.Ended == ids.Count
            ? tally
            : throw new Failure(Catalogue.Internal, $"{ids.Count} tasks were stored, and {tally.Ended} outcomes came").AsException();
    }

    /// <summary>From the begin to this moment of the manager's clock; by our own clock where the manager's is another one.</summary>
    public TimeSpan Until(long unixMs) => target.IsLocal && unixMs > BeganAtMs ? TimeSpan.FromMilliseconds(unixMs - BeganAtMs) : elapsed;

    private async Task WarmUpAsync()
    {
        if (options.WarmUp == 0)
        {
            return;
        }

        Progress.Enter("warming up");
        var ids = new List<string>(options.WarmUp);
        if (options.Scenario == Scenario.Calls || options.Rate is not null)
        {
            // By the way that is measured: another would leave its code cold.
            await CallScenarios.WarmUpAsync(this, ids);
        }
        else
        {
            var tasks = Enumerable.Range(0, options.WarmUp).Select(_ => options.NewTask(-1)).ToAsyncEnumerable();
            var submission = new BulkOptions { BatchSize = options.BatchSize, OnAcknowledged = batch => ids.AddRange(batch.Ids) };
            _ = (await target.Client.SubmitManyAsync(tasks, submission, cancellation)).Value;
        }

        await foreach (var task in target.Client.WaitAsync(ids, cancellation))
        {
            Require(task);
        }
    }

    // A type that fails is better told now than after a million of them.
    private static void Require(V1.Task task)
    {
        if (task.State != V1.TaskState.Succeeded)
        {
            throw new Failure(
                Catalogue.FindOrInternal(task.Failure?.Code ?? ""),
                $"The measurement did not begin, because a task of the warm-up ended {TaskMessages.Name(task.State)}: {task.Failure?.Message}",
                "Try one by hand (clw task submit --wait); --payload gives the tasks what their type wants"
            ).AsException();
        }
    }
}
