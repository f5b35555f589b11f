using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Metrics;

/// <summary>One worker in <c>clw metrics watch --workers</c>: its status, and what the history says of it. NaN where nothing is known.</summary>
internal sealed record WorkerRow(WorkerStatus Status)
{
    /// <summary>Finished attempts in a second, over the last minutes, oldest first.</summary>
    public IReadOnlyList<double> Rates { get; init; } = [];

    /// <summary>Memory over the same minutes.</summary>
    public IReadOnlyList<double> Memories { get; init; } = [];

    /// <summary>Share of the attempts of these minutes that crashed.</summary>
    public double CrashRate { get; init; } = double.NaN;

    /// <summary>Of the last runs, in seconds.</summary>
    public double P50 { get; init; } = double.NaN;

    /// <summary>Of the last runs, in seconds.</summary>
    public double P95 { get; init; } = double.NaN;

    /// <summary>Memory now.</summary>
    public double Memory { get; init; } = double.NaN;

    /// <summary>CPU time per time; 1 is one core.</summary>
    public double Cpu { get; init; } = double.NaN;

    /// <summary>Restarts in the last 24 hours.</summary>
    public double Restarts { get; init; } = double.NaN;

    /// <summary>Finished attempts in a second, over the last step.</summary>
    public double Rate => Rates.Count > 0 ? Rates[^1] : double.NaN;

    /// <summary>Rows in the order of a column: names rise, figures fall.</summary>
    public static IEnumerable<WorkerRow> Sorted(IEnumerable<WorkerRow> rows, string column)
    {
        // Unknown figures come last whichever way.
        static double Known(double figure) => double.IsNaN(figure) ? double.NegativeInfinity : figure;
        var byName = rows.OrderBy(r => r.Status.Id, StringComparer.Ordinal);
        return column switch
        {
            "state" => byName.OrderBy(r => r.Status.State == "healthy").ThenBy(r => r.Status.State, StringComparer.Ordinal),
            "busy" => byName.OrderByDescending(r => r.Status.Running),
            "tasks" => byName.OrderByDescending(r => Known(r.Rate)),
            "crash" => byName.OrderByDescending(r => Known(r.CrashRate)),
            "p95" => byName.OrderByDescending(r => Known(r.P95)),
            "memory" => byName.OrderByDescending(r => Known(r.Memory)),
            "cpu" => byName.OrderByDescending(r => Known(r.Cpu)),
            "restarts" => byName.OrderByDescending(r => Known(r.Restarts)),
            _ => byName,
        };
    }

    /// <summary>What rows can be sorted by.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["name", "state", "busy", "tasks", "crash", "p95", "memory", "cpu", "restarts"];
}
