using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli.Bench;

/// <summary>A measurement as text, for a person.</summary>
internal static class BenchReport
{
    private const int LabelWidth = 22;
    private const int HistogramWidth = 40;

    public static IEnumerable<string> Lines(Terminal terminal, BenchResult result)
    {
        foreach (var (label, value) in Summary(terminal, result))
        {
            yield return $"{label, -LabelWidth} {value}";
        }

        foreach (var line in Latencies(result).Concat(Programs(result)).Concat(result.Soak?.Lines(terminal) ?? []))
        {
            yield return line;
        }

        if (result.Tally.FirstFailed is { } failed && result.Options.CrashPercent is null)
        {
            yield return "";
            yield return $"The first that failed: {failed.Id} {failed.Failure?.Code}: {Table.OneLine(failed.Failure?.Message ?? "")}";
        }
    }

    private static IEnumerable<(string Label, string Value)> Summary(Terminal terminal, BenchResult result)
    {
        var options = result.Options;
        if (options.Scenario == Scenario.Memory)
        {
            yield return ("rested", Figures.Seconds(result.Took));
            yield break;
        }

        if (result.Interrupted)
        {
            yield return (terminal.Yellow("interrupted"), $"after {Figures.Seconds(result.Took)}; outcomes are those of samples");
        }

        yield return ("throughput", $"{terminal.Bold(Figures.Count(result.Rate))} tasks/s");
        yield return ("tasks", $"{Figures.Count(result.Submitted)} in {Figures.Seconds(result.Took)}");
        if (result.SubmitRate is { } rate && result.HasOutcomes)
        {
            yield return ("submission", $"{Figures.Count(rate)} tasks/s");
        }

        if (result.WorkersHeld)
        {
            yield return ("workers", "held: submission alone is measured");
        }

        if (result.Tally.Ended > 0)
        {
            var failed = result.Tally.Failed > 0 ? terminal.Red(Figures.Count(result.Tally.Failed)) : "0";
            yield return ("failed", failed);
            yield return ("crashes", Crashes(terminal, result));
            var retries = $"{Figures.Percent(result.RetryRate)} ({Figures.Count(result.Tally.Retries)})";
            yield return ("retry rate", result.RetryRate >= BenchResult.MostRetries ? terminal.Red(retries) : retries);
        }

        if (result.TasksPerCommit is { } commit)
        {
            yield return ("tasks per commit", Figures.Count(commit));
        }

        if (result.AllocatedPerTask is { } bytes)
        {
            yield return ("manager allocates", $"{Figures.Count(Math.Round(bytes))} bytes per task");
        }
    }

    private static string Crashes(Terminal terminal, BenchResult result)
    {
        var count = Figures.Count(result.Crashes);
        var shown = result.Crashes == result.ExpectedCrashes ? count : terminal.Red(count);
        return result.Options.CrashPercent is { } percent
            ? $"{shown} ({Figures.Count(result.ExpectedCrashes)} were asked for: {Figures.Percent(percent / 100)} of the tasks)"
            : shown;
    }

    private static IEnumerable<string> Latencies(BenchResult result)
    {
        var shown = result.Latencies.Where(l => l.Histogram.Count > 0).ToList();
        if (shown.Count == 0)
        {
            yield break;
        }

        var table = new Table("LATENCY ms", "MEAN", "p50", "p90", "p99", "p99.9", "MAX", "VALUES");
        foreach (var (name, histogram) in shown)
        {
            table.Add(
                name,
                Figures.Millis((long)histogram.MeanMicros),
                Figures.Millis(histogram.Percentile(0.5)),
                Figures.Millis(histogram.Percentile(0.9)),
                Figures.Millis(histogram.Percentile(0.99)),
                Figures.Millis(histogram.Percentile(0.999)),
                Figures.Millis(histogram.MaxMicros),
                Figures.Count(histogram.Count)
            );
        }

        yield return "";
        foreach (var line in table.Lines())
        {
            yield return line;
        }

        yield return "";
        foreach (var line in Histogram(shown[^1].Name, shown[^1].Histogram))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> Histogram(string name, LatencyHistogram histogram)
    {
        var powers = histogram.Powers().ToList();
        var most = powers.Max(p => p.Values);
        yield return $"{name}, how many took up to";
        foreach (var (upTo, values) in powers)
        {
            var bar = new string('#', (int)Math.Ceiling((double)values / most * HistogramWidth));
            yield return $"  {Times.Took(upTo), 9} {bar.PadRight(HistogramWidth)} {Figures.Count(values)}";
        }
    }

    private static IEnumerable<string> Programs(BenchResult result)
    {
        if (result.CpuPerTask.Count == 0)
        {
            yield break;
        }

        var table = new Table("PROGRAM", "CPU µs/TASK", "MEMORY MiB (PSS)", "PROCESSES");
        foreach (var role in ProcessFigures.Roles.Where(result.CpuPerTask.ContainsKey))
        {
            var memory = result.Memory.TryGetValue(role, out var use) ? use : default;
            table.Add(
                role,
                result.Submitted > 0 ? Figures.Micros(result.CpuPerTask[role]) : "-",
                memory.PssBytes > 0 ? Figures.MiB(memory.PssBytes) : "-",
                memory.Processes > 0 ? Figures.Count(memory.Processes) : "-"
            );
        }

        yield return "";
        foreach (var line in table.Lines())
        {
            yield return line;
        }
    }
}
