namespace OpenClaw.Bench.Suite;

/// <summary>One benchmark: how <c>clw bench</c> is called for it, and how often.</summary>
/// <param name="Name">What bench/run calls it.</param>
/// <param name="What">What it measures, for the list.</param>
/// <param name="Runs">The words after <c>clw bench</c>, for each size that it is measured with.</param>
/// <param name="Repeat">How often each is run; the run that stands in the middle counts, and all are told.</param>
/// <param name="By">The figure by which the middle is found: names in the JSON of a run, parted by dots.</param>
internal sealed record Benchmark(
    string Name,
    string What,
    IReadOnlyList<BenchmarkRun> Runs,
    int Repeat = 1,
    string By = "tasks_per_second"
);

/// <param name="Label">Its place in the results.</param>
/// <param name="Words">Words after <c>clw bench</c>.</param>
internal sealed record BenchmarkRun(string Label, string Words);

/// <summary>All benchmarks of the whole system.</summary>
internal static class Benchmarks
{
    private static readonly int[] Sizes = [1_000, 10_000, 100_000, 1_000_000];

    public static IReadOnlyList<Benchmark> All { get; } =
    [
        One("end-to-end", "no-op tasks of 100 bytes, bulk submission while workers run", "--scenario end-to-end --tasks 100000", 3),
        One("sleep", "the same with sleep of 0 ms: user code, each result is written before the next begins", "--type sleep --tasks 20000"),
        One("submit", "bulk submission alone", "--scenario submit --tasks 200000", 3),
        One("calls", "one task for each call, 64 in flight", "--scenario calls --tasks 50000", 3),
        One("drain", "100,000 waiting tasks", "--scenario drain --tasks 100000", 3),
        One("latency", "100 tasks a second", "--scenario latency --rate 100 --tasks 2000", 3, "latency_ms.submit_to_result.p50"),
        One("memory", "after 60 s at rest", "--scenario memory --rest 60s"),
        One("backlog", "a manager with 1,000,000 waiting tasks", "--scenario submit --tasks 1000000", 3, "programs.manager.pss_bytes"),
        new(
            "growth",
            "end to end and submission from 1,000 to 1,000,000 tasks",
            [
                .. Sizes.Select(n => new BenchmarkRun($"growth-end-to-end-{n}", $"--scenario end-to-end --tasks {n}")),
                .. Sizes.Select(n => new BenchmarkRun($"growth-submit-{n}", $"--scenario submit --tasks {n}")),
            ]
        ),
    ];

    /// <summary>The sizes of <c>growth</c>.</summary>
    public static IReadOnlyList<int> GrowthSizes => Sizes;

    private static Benchmark One(string name, string what, string words, int repeat = 1, string by = "tasks_per_second") =>
        new(name, what, [new(name, words)], repeat, by);
}
