using Google.Protobuf;
using OpenClaw.V1;

namespace OpenClaw.Cli.Bench;

/// <summary>What is measured.</summary>
internal enum Scenario
{
    /// <summary>Tasks are submitted in bulk while workers run them; counted to the last recorded outcome.</summary>
    EndToEnd,

    /// <summary>Bulk submission alone: the worker is held meanwhile.</summary>
    Submit,

    /// <summary>One task for each call, several calls in flight; the worker of an own cluster is held.</summary>
    Calls,

    /// <summary>Tasks that wait already are worked off.</summary>
    Drain,

    /// <summary>A steady rate far below the limit: how long one task takes.</summary>
    Latency,

    /// <summary>What the programs hold after some work and a rest.</summary>
    Memory,

    /// <summary>A steady rate for long: what the programs hold must not grow.</summary>
    Soak,
}

/// <summary>One measurement as it was asked for. Immutable.</summary>
internal sealed record BenchOptions
{
    public required Scenario Scenario { get; init; }

    public required string Type { get; init; }

    /// <summary>One JSON value.</summary>
    public required ByteString Payload { get; init; }

    /// <summary>Ends after this many tasks; null: time alone ends it.</summary>
    public long? Tasks { get; init; }

    /// <summary>Ends after this time; null: the number of tasks alone ends it.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Calls in flight, or the most tasks that are submitted and have not ended; null: no limit.</summary>
    public int? InFlight { get; init; }

    /// <summary>Tasks a second, each at its own moment; null: as many as go.</summary>
    public double? Rate { get; init; }

    /// <summary>Of the type <see cref="CrashMix"/>: how many of a hundred tasks crash; null: another type, of which none may.</summary>
    public double? CrashPercent { get; init; }

    /// <summary>Tasks of one batch of a bulk submission, 1 to 10,000.</summary>
    public int BatchSize { get; init; } = 1000;

    /// <summary>Tasks that run before anything is measured: compiled code, opened files, known run times.</summary>
    public int WarmUp { get; init; }

    /// <summary>How long <see cref="Scenario.Memory"/> lets the cluster rest.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The project that the tasks belong to, so that they can be told from others' afterwards.</summary>
    public const string Project = "bench";

    /// <summary>Retries of each task; null: as the cluster has it.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>A new task of this measurement.</summary>
    /// <param name="index">Its number, from 0 on; below 0: one of the warm-up.</param>
    public TaskSpec NewTask(long index)
    {
        var spec = new TaskSpec
        {
            Type = Type,
            Payload = Payload,
            Project = Project,
        };
        if (CrashPercent is { } percent)
        {
            // One attempt each: so many tasks, so many crashes.
            spec.MaxRetries = 0;
            spec.Payload = CrashMix.Crashes(index, percent) ? CrashMix.CrashPayload : Payload;
        }

        if (MaxRetries is { } retries)
        {
            spec.MaxRetries = retries;
        }

        return spec;
    }

    /// <summary>How many of so many tasks have to crash.</summary>
    public long ExpectedCrashes(long tasks) => CrashPercent is { } percent ? CrashMix.Expected(tasks, percent) : 0;

    /// <summary>The scenario with this name on the command line.</summary>
    public static string NameOf(Scenario scenario) => Names.Single(n => n.Scenario == scenario).Name;

    /// <summary>Scenarios by their names on the command line.</summary>
    public static IReadOnlyList<(string Name, Scenario Scenario, string Description)> Names { get; } =
    [
        ("end-to-end", Scenario.EndToEnd, "bulk submission while workers run, to the last recorded outcome"),
        ("submit", Scenario.Submit, "bulk submission alone"),
        ("calls", Scenario.Calls, "one task for each call, --in-flight calls at a time"),
        ("drain", Scenario.Drain, "tasks that wait already are worked off"),
        ("latency", Scenario.Latency, "--rate tasks a second: how long one takes"),
        ("memory", Scenario.Memory, "what the programs hold after a rest"),
        ("soak", Scenario.Soak, "--rate tasks a second for long: memory, descriptors and processes must not grow"),
    ];

    /// <summary>Scenarios that hold the worker back, or look at what is left, need a cluster that is nobody else's.</summary>
    public static bool NeedsOwnCluster(Scenario scenario) =>
        scenario is Scenario.Submit or Scenario.Drain or Scenario.Memory or Scenario.Soak;
}
