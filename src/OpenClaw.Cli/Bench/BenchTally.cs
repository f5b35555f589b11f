using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Cli.Bench;

/// <summary>What became of tasks, by the manager's record. Pure; not thread-safe.</summary>
internal sealed class BenchTally
{
    public long Ended { get; private set; }

    public long Succeeded { get; private set; }

    /// <summary>Tasks that ended otherwise.</summary>
    public long Failed => Ended - Succeeded;

    /// <summary>Attempts that ended by a crash of their process, as far as the tasks' records tell, and attempts whose worker was lost.</summary>
    public long Crashes { get; private set; }

    /// <summary>Attempts after the first that an outcome caused.</summary>
    public long Retries { get; private set; }

    /// <summary>The first failure, as an example.</summary>
    public V1.Task? FirstFailed { get; private set; }

    /// <summary>Submission to start and to outcome by the manager's clock, to the millisecond.</summary>
    public LatencyHistogram Start { get; } = new();

    public LatencyHistogram Result { get; } = new();

    /// <summary>When the last of them ended, in Unix milliseconds.</summary>
    public long LastFinishedMs { get; private set; }

    public void Add(V1.Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Ended++;
        Retries += task.Retries;
        Crashes += task.Losses;
        if (task.State == TaskState.Succeeded)
        {
            Succeeded++;
        }
        else
        {
            FirstFailed ??= task;
            Crashes += IsCrash(task.Failure?.Code) ? 1 : 0;
        }

        LastFinishedMs = Math.Max(LastFinishedMs, task.FinishedAtMs);
        if (task.StartedAtMs > 0)
        {
            Start.Add((task.StartedAtMs - task.CreatedAtMs) * 1000);
        }

        if (task.FinishedAtMs > 0)
        {
            Result.Add((task.FinishedAtMs - task.CreatedAtMs) * 1000);
        }
    }

    private static bool IsCrash(string? code) => code == Catalogue.WorkerCrash.Code || code == Catalogue.MemoryExhaust.Code;
}
