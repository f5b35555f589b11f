using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Metrics;

/// <summary>One figure of the cluster: now, and its course over the last minutes.</summary>
/// <param name="Name">For people.</param>
/// <param name="Key">In JSON.</param>
/// <param name="Now">NaN when nothing is known.</param>
/// <param name="Course">Oldest first.</param>
/// <param name="Show">How a value is shown.</param>
internal sealed record ClusterFigure(string Name, string Key, double Now, IReadOnlyList<double> Course, Func<double, string> Show);

/// <summary>The cluster at a glance.</summary>
internal static class ClusterFigures
{
    private const int SparkWidth = 40;

    public static IEnumerable<string> Lines(StatusResponse status, IReadOnlyList<ClusterFigure> figures)
    {
        var healthy = status.Workers.Count(w => w.State == "healthy");
        yield return $"CLUSTER: {status.Cluster}   manager {status.Manager?.State}, {healthy} of {status.Workers.Count} workers healthy";
        yield return "";
        var table = new Table("FIGURE", "NOW", "MIN", "MAX", "LAST 10 MIN");
        foreach (var figure in figures)
        {
            var known = figure.Course.Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).ToList();
            table.Add(
                figure.Name,
                figure.Show(figure.Now),
                figure.Show(known.Min()),
                figure.Show(known.Max()),
                MetricsCommand.Spark(figure.Course, SparkWidth)
            );
        }

        foreach (var line in table.Lines())
        {
            yield return line;
        }
    }

    public static void Write(Utf8JsonWriter writer, StatusResponse status, IReadOnlyList<ClusterFigure> figures)
    {
        writer.WriteStartObject();
        writer.WriteString("cluster", status.Cluster);
        writer.WriteBoolean("healthy", status.Healthy);
        writer.WriteNumber("workers", status.Workers.Count);
        writer.WriteNumber("workers_healthy", status.Workers.Count(w => w.State == "healthy"));
        foreach (var figure in figures)
        {
            MetricsCommand.WriteValue(writer, figure.Key, figure.Now);
        }

        writer.WriteEndObject();
    }
}
