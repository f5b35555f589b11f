using System.Text.Json;

namespace OpenClaw.Cli.Bench;

/// <summary>A measurement as JSON. Names are kept: programs read them.</summary>
internal static class BenchJson
{
    public static void Write(Utf8JsonWriter writer, BenchResult result)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("scenario", BenchOptions.NameOf(result.Options.Scenario));
        writer.WriteString("type", result.Options.Type);
        writer.WriteNumber("payload_bytes", result.Options.Payload.Length);
        writer.WriteString("cluster", result.OwnCluster ? "own" : "running");
        writer.WriteNumber("slots", result.Slots);
        writer.WriteBoolean("workers_held", result.WorkersHeld);
        writer.WriteBoolean("interrupted", result.Interrupted);
        writer.WriteNumber("seconds", Round(result.Took.TotalSeconds));
        writer.WriteNumber("submitted", result.Submitted);
        writer.WriteNumber("tasks_per_second", Round(result.Rate));
        WriteOptional(writer, "submitted_per_second", result.SubmitRate);
        writer.WriteNumber("ended", result.Tally.Ended);
        writer.WriteNumber("succeeded", result.Tally.Succeeded);
        writer.WriteNumber("failed", result.Tally.Failed);
        writer.WriteNumber("crashes", result.Crashes);
        if (result.Options.CrashPercent is { } percent)
        {
            writer.WriteNumber("crash_percent", percent);
            writer.WriteNumber("crashes_expected", result.ExpectedCrashes);
        }

        writer.WriteNumber("retries", result.Tally.Retries);
        writer.WriteNumber("retry_rate", Math.Round(result.RetryRate, 6));
        WriteOptional(writer, "rate", result.Options.Rate);
        WriteOptional(writer, "tasks_per_commit", result.TasksPerCommit);
        WriteOptional(writer, "manager_allocated_bytes_per_task", result.AllocatedPerTask);
        WriteLatencies(writer, result);
        WritePrograms(writer, result);
        result.Soak?.Write(writer);
        writer.WriteBoolean("good", result.IsGood);
        writer.WriteEndObject();
    }

    private static void WriteLatencies(Utf8JsonWriter writer, BenchResult result)
    {
        writer.WriteStartObject("latency_ms");
        foreach (var (name, histogram) in result.Latencies.Where(l => l.Histogram.Count > 0))
        {
            writer.WriteStartObject(name.Replace(" → ", "_to_", StringComparison.Ordinal));
            writer.WriteNumber("count", histogram.Count);
            writer.WriteNumber("mean", Round(histogram.MeanMicros / 1000));
            writer.WriteNumber("p50", Millis(histogram.Percentile(0.5)));
            writer.WriteNumber("p90", Millis(histogram.Percentile(0.9)));
            writer.WriteNumber("p99", Millis(histogram.Percentile(0.99)));
            writer.WriteNumber("p99_9", Millis(histogram.Percentile(0.999)));
            writer.WriteNumber("max", Millis(histogram.MaxMicros));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WritePrograms(Utf8JsonWriter writer, BenchResult result)
    {
        writer.WriteStartObject("programs");
        foreach (var role in ProcessFigures.Roles.Where(result.CpuPerTask.ContainsKey))
        {
            writer.WriteStartObject(role == ProcessFigures.Store ? "store" : role);
            writer.WriteNumber("cpu_us_per_task", Round(result.CpuPerTask[role]));
            if (result.Memory.TryGetValue(role, out var use))
            {
                writer.WriteNumber("pss_bytes", use.PssBytes);
                writer.WriteNumber("processes", use.Processes);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, Round(number));
        }
    }

    private static double Millis(long micros) => micros / 1000.0;

    private static double Round(double number) => Math.Round(number, 3);
}
