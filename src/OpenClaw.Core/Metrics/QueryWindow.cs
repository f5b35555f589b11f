namespace OpenClaw.Core.Metrics;

/// <summary>
/// The time that a query is about, in steps: each holds the samples behind its beginning up to its end, the last ends with
/// <paramref name="End"/>. Counted in slots of <see cref="MetricTime"/>.
/// </summary>
/// <param name="End">The last slot.</param>
/// <param name="StepSlots">Slots of a step.</param>
/// <param name="Steps">How many steps; 1: one value.</param>
/// <param name="Span">Steps that a value looks back over: those of a window in brackets that is longer than a step.</param>
public sealed record QueryWindow(long End, int StepSlots, int Steps, int Span)
{
    /// <summary>Behind this slot the first step begins that anything is needed of.</summary>
    public long Begin => End - ((long)StepSlots * (Steps + Span - 1));

    /// <summary>What has to be read: also what stood before, from which the first rise is counted.</summary>
    public long ReadFrom => Begin - MetricTime.ChunkSlots;

    /// <summary>Places in an array of steps, those that are only looked back at included.</summary>
    public int Places => Steps + Span - 1;

    /// <summary>The step that a slot is in; negative: before the first.</summary>
    public int PlaceOf(long slot) => slot <= Begin ? -1 : (int)((slot - Begin - 1) / StepSlots);

    /// <summary>Seconds that a value is about.</summary>
    public double Seconds => (double)StepSlots * Span * MetricTime.StepSeconds;

    /// <summary>A window for one value, or for samples over time.</summary>
    /// <param name="end">The last slot.</param>
    /// <param name="range">How far back it goes.</param>
    /// <param name="step">From one value to the next; null: one value of all of it.</param>
    /// <param name="brackets">The window that stood in brackets.</param>
    public static QueryWindow Of(long end, TimeSpan range, TimeSpan? step, TimeSpan? brackets)
    {
        if (step is not { } each)
        {
            return new(end, MetricTime.SlotsOf(brackets ?? range), 1, 1);
        }

        var slots = MetricTime.SlotsOf(each);
        var steps = Math.Max(1, (MetricTime.SlotsOf(range) + slots - 1) / slots);
        var span = brackets is { } window ? Math.Max(1, (MetricTime.SlotsOf(window) + slots - 1) / slots) : 1;
        return new(end, slots, steps, span);
    }
}
