namespace OpenClaw.Cli.Bench;

/// <summary>What was measured. Latencies carry their names; what could not be measured is absent.</summary>
internal sealed record BenchResult
{
    public required BenchOptions Options { get; init; }

    public required bool OwnCluster { get; init; }

    public required int Slots { get; init; }

    /// <summary>Whether the workers stood still meanwhile.</summary>
    public bool WorkersHeld { get; init; }

    /// <summary>Broken off by Ctrl-C: outcomes are those of samples.</summary>
    public bool Interrupted { get; init; }

    /// <summary>From the first submission to the last outcome (or to the last acknowledgement, where submission alone is measured).</summary>
    public required TimeSpan Took { get; init; }

    public required long Submitted { get; init; }

    /// <summary>From the first submission to the last acknowledgement.</summary>
    public TimeSpan SubmitTook { get; init; }

    public required BenchTally Tally { get; init; }

    /// <summary>Attempts whose process crashed or whose worker was lost, by the tasks' records and by the manager's count.</summary>
    public required long Crashes { get; init; }

    public IReadOnlyList<(string Name, LatencyHistogram Histogram)> Latencies { get; init; } = [];

    /// <summary>By role, in microseconds for each task.</summary>
    public IReadOnlyDictionary<string, double> CpuPerTask { get; init; } = new Dictionary<string, double>();

    /// <summary>By role, at the end of the measurement.</summary>
    public IReadOnlyDictionary<string, ProgramUse> Memory { get; init; } = new Dictionary<string, ProgramUse>();

    public double? AllocatedPerTask { get; init; }

    public double? TasksPerCommit { get; init; }

    /// <summary>What the programs held meanwhile; null where that was not looked at.</summary>
    public SoakVerdict? Soak { get; init; }

    /// <summary>Whether outcomes were waited for: else submission alone was measured.</summary>
    public bool HasOutcomes =>
        Options.Scenario is Scenario.EndToEnd or Scenario.Drain or Scenario.Latency or Scenario.Soak || Tally.Ended > 0;

    /// <summary>Crashes that were asked for, of the tasks that ended.</summary>
    public long ExpectedCrashes => Tally.Ended == 0 ? 0 : Options.ExpectedCrashes(Tally.Ended);

    /// <summary>Tasks a second; 0 when nothing was measured.</summary>
    public double Rate => Took > TimeSpan.Zero ? (HasOutcomes && !Interrupted ? Tally.Ended : Submitted) / Took.TotalSeconds : 0;

    public double? SubmitRate => SubmitTook > TimeSpan.Zero ? Submitted / SubmitTook.TotalSeconds : null;

    /// <summary>Retries for each ended task.</summary>
    public double RetryRate => Tally.Ended == 0 ? 0 : (double)Tally.Retries / Tally.Ended;

    /// <summary>The share of retries, or of failed tasks, from which on a measurement counts as failed.</summary>
    public const double MostRetries = 0.01;

    /// <summary>
    /// A measurement with a crash that was not asked for, or without one that was, or with too many retries or failures, is no good; nor
    /// is a soak that lost or doubled a task or ended with more than it began with.
    /// </summary>
    public bool IsGood =>
        Crashes == ExpectedCrashes
        && RetryRate < MostRetries
        && Tally.Failed >= ExpectedCrashes
        && Tally.Failed - ExpectedCrashes <= Tally.Ended * MostRetries
        && Soak is not { IsGood: false };
}
