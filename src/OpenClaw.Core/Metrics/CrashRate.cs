using OpenClaw.Core.Telemetry;

namespace OpenClaw.Core.Metrics;

/// <summary>How <c>worker_crash_rate</c> is computed: crashed attempts ÷ finished attempts, of the same groups. Pure.</summary>
internal static class CrashRate
{
    private const string Type = "type";
    private const string Worker = "worker";
    private static readonly string Finished = MetricNames.TaskRun.Name + "_count";

    /// <summary>The series that it is computed from.</summary>
    public static IReadOnlyList<string> SourcesOf(IReadOnlyList<string> group) =>
        group.Contains(Worker) ? [MetricNames.WorkerAttempts.Name] : [MetricNames.WorkerCrashes.Name, Finished];

    /// <summary>Whether series of this name have a label: finished attempts are known by type alone, whatever they crashed from.</summary>
    public static bool Has(string name, string label) => name != Finished || label == Type;

    public static bool IsFinished(string name) => name != MetricNames.WorkerCrashes.Name;

    public static bool IsCrash(string name, IReadOnlyList<KeyValuePair<string, string>> labels) =>
        name == MetricNames.WorkerCrashes.Name
        || (name == MetricNames.WorkerAttempts.Name && LabelMatcher.ValueOf(labels, "result") == AttemptResults.Crashed);

    /// <summary>The labels that finished attempts are summed by.</summary>
    public static IReadOnlyList<string> FinishedBy(IReadOnlyList<string> group) => [.. group.Where(l => l is Type or Worker)];

    /// <param name="crashed">Crashed attempts by group.</param>
    /// <param name="finished">Finished attempts by group, as far as they are known by it.</param>
    /// <param name="steps">Steps of the answer.</param>
    /// <param name="asked">Labels that were asked for by value: they are answered also when nothing has happened.</param>
    public static (IReadOnlyList<AnsweredSeries> Series, bool HasFinished) Of(
        IEnumerable<AnsweredSeries> crashed,
        IEnumerable<AnsweredSeries> finished,
        int steps,
        IReadOnlyList<KeyValuePair<string, string>> asked
    )
    {
        var crashes = crashed.ToList();
        var ends = finished.ToList();
        var groups = new Dictionary<string, AnsweredSeries>(StringComparer.Ordinal);
        foreach (var crash in crashes)
        {
            var end = ends.Find(e => e.Labels.All(crash.Labels.Contains));
            groups[SeriesKey.Join(crash.Labels)] = new(crash.Labels, Ratios(crash.Values, end?.Values));
        }

        // What finished without a crash, unless its crashes are told apart by more than it is known by.
        foreach (var end in ends.Where(e => !crashes.Exists(c => e.Labels.All(c.Labels.Contains))))
        {
            IReadOnlyList<KeyValuePair<string, string>> labels = [.. end.Labels, .. asked.Where(a => !end.Labels.Any(l => l.Key == a.Key))];
            groups.TryAdd(SeriesKey.Join(labels), new(labels, Ratios(new double[steps], end.Values)));
        }

        if (groups.Count == 0)
        {
            groups[""] = new(asked, Ratios(new double[steps], null));
        }

        return ([.. groups.OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Value)], ends.Exists(e => e.Values.Any(v => v > 0)));
    }

    private static double[] Ratios(double[] crashed, double[]? finished)
    {
        var ratios = new double[crashed.Length];
        for (var i = 0; i < ratios.Length; i++)
        {
            var of = finished is null || double.IsNaN(finished[i]) ? 0 : finished[i];
            var by = double.IsNaN(crashed[i]) ? 0 : crashed[i];

            // Both are counted one after the other, and may be looked at in between. One value is always a number; over time what
            // nobody knows is a gap.
            ratios[i] =
                of > 0 ? Math.Min(1, by / of)
                : ratios.Length == 1 ? 0
                : double.NaN;
        }

        return ratios;
    }
}
