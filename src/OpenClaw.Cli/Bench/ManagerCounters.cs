using System.Globalization;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Cli.Bench;

/// <summary>What the manager counts, as far as a measurement asks: read from its metrics before and after.</summary>
/// <param name="AllocatedBytes">Bytes that the manager allocated since its start; null when it does not tell.</param>
/// <param name="Commits">Commits of the store.</param>
/// <param name="Crashes">Attempts of the measured type whose process crashed, those that were retried with success too.</param>
internal sealed record ManagerCounters(long? AllocatedBytes, long Commits, long Crashes)
{
    /// <summary>Null when nobody answers there.</summary>
    /// <param name="web">The manager's web address, host and port.</param>
    /// <param name="type">The type that is measured.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<ManagerCounters?> ReadAsync(string web, string type, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            return Parse(await http.GetStringAsync(new Uri($"http://{web}/metrics"), cancellation), type);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>From Prometheus' text format: sums the series of each name.</summary>
    public static ManagerCounters Parse(string text, string type)
    {
        ArgumentNullException.ThrowIfNull(text);
        double? allocated = null;
        var commits = 0.0;
        var crashes = 0.0;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith('#') || line.LastIndexOf(' ') is var space && space < 0)
            {
                continue;
            }

            var name = line[..line.AsSpan().IndexOfAny('{', ' ')];
            if (name == MetricNames.ProcessAllocated.Name)
            {
                allocated = (allocated ?? 0) + Number(line, space);
            }
            else if (name == MetricNames.StoreCommits.Name)
            {
                commits += Number(line, space);
            }
            else if (name == MetricNames.WorkerCrashes.Name && line.Contains($"type=\"{type}\"", StringComparison.Ordinal))
            {
                crashes += Number(line, space);
            }
        }

        return new((long?)allocated, (long)commits, (long)crashes);
    }

    private static double Number(string line, int space) => double.Parse(line.AsSpan(space + 1), CultureInfo.InvariantCulture);
}
