using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli.Bench;

/// <summary>One quantity of one program over a soak.</summary>
/// <param name="Program">Its role; <c>all</c>: the whole cluster.</param>
/// <param name="What">The quantity, as JSON names it.</param>
/// <param name="Early">The median of the second fifth of the samples: the first is still warming up.</param>
/// <param name="Late">The median of the last fifth.</param>
/// <param name="Most">The largest sample.</param>
/// <param name="Allowed">The most that <paramref name="Late"/> may be; null: not judged.</param>
internal sealed record SoakSeries(string Program, string What, long Early, long Late, long Most, long? Allowed)
{
    public bool IsFlat => Allowed is not { } allowed || Late <= allowed;
}

/// <summary>What a soak found. Pure; immutable.</summary>
internal sealed record SoakVerdict
{
    public const string Memory = "rss_bytes";
    public const string Descriptors = "descriptors";
    public const string Processes = "processes";

    private const string Whole = "all";
    private const int FewestSamples = 10;

    /// <summary>Descriptors of the two processes that may be more: one that ends and one that starts in its place.</summary>
    private const int TwoRunners = 64;

    /// <summary>Below this the collector's and the allocator's first steps are most of what memory does.</summary>
    private static readonly TimeSpan MemoryIsJudgedFrom = TimeSpan.FromMinutes(2);

    /// <summary>The rule, for the report.</summary>
    public const string Rule =
        "the median of the last fifth of the samples may exceed that of the second fifth by 5 % and 16 descriptors (64 where runners are counted, which come and go), 5 % and 2 processes, and, from 2 min on, 10 % and 16 MiB of memory";

    public required int Samples { get; init; }

    public required IReadOnlyList<SoakSeries> Series { get; init; }

    /// <summary>Tasks that were acknowledged and have no outcome.</summary>
    public required long Lost { get; init; }

    /// <summary>Tasks that the manager keeps beyond those that were submitted.</summary>
    public required long Doubled { get; init; }

    public bool IsFlat => Samples >= FewestSamples && Series.All(s => s.IsFlat);

    public bool IsGood => IsFlat && Lost == 0 && Doubled == 0;

    /// <param name="samples">In the order in which they were taken, by role.</param>
    /// <param name="took">How long the soak was.</param>
    /// <param name="submitted">Tasks that were acknowledged.</param>
    /// <param name="ended">Tasks whose outcome came.</param>
    /// <param name="kept">Tasks that the manager has more than before.</param>
    public static SoakVerdict Of(IReadOnlyList<Dictionary<string, Holding>> samples, TimeSpan took, long submitted, long ended, long kept)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var roles = ProcessFigures.Roles.Where(r => samples.Any(s => s.ContainsKey(r)));
        var judgesMemory = took >= MemoryIsJudgedFrom;
        var series = new List<SoakSeries>();
        if (samples.Count >= FewestSamples)
        {
            Add(Whole, s => s.Values.Aggregate(default(Holding), (a, b) => a + b));
            foreach (var role in roles)
            {
                Add(role, s => s.GetValueOrDefault(role));
            }
        }

        return new()
        {
            Samples = samples.Count,
            Series = series,
            Lost = Math.Max(0, submitted - Math.Min(ended, kept)),
            Doubled = Math.Max(0, kept - submitted),
        };

        void Add(string program, Func<Dictionary<string, Holding>, Holding> of)
        {
            var held = samples.Select(of).ToList();
            series.Add(Judge(program, Memory, [.. held.Select(h => h.Rss)], judgesMemory ? e => e + (e / 10) + (16 << 20) : null));
            series.Add(
                Judge(
                    program,
                    Descriptors,
                    [.. held.Select(h => (long)h.Descriptors)],
                    e => e + (e / 20) + (program is Whole or ProcessFigures.Runners ? TwoRunners : 16)
                )
            );
            series.Add(Judge(program, Processes, [.. held.Select(h => (long)h.Processes)], e => e + (e / 20) + 2));
        }
    }

    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject("soak");
        writer.WriteBoolean("flat", IsFlat);
        writer.WriteNumber("lost", Lost);
        writer.WriteNumber("doubled", Doubled);
        writer.WriteNumber("samples", Samples);
        writer.WriteString("rule", Rule);
        writer.WriteStartArray("series");
        foreach (var series in Series)
        {
            writer.WriteStartObject();
            writer.WriteString("program", series.Program);
            writer.WriteString("what", series.What);
            writer.WriteNumber("second_fifth", series.Early);
            writer.WriteNumber("last_fifth", series.Late);
            writer.WriteNumber("most", series.Most);
            if (series.Allowed is { } allowed)
            {
                writer.WriteNumber("allowed", allowed);
            }

            writer.WriteBoolean("flat", series.IsFlat);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>For a person.</summary>
    public IEnumerable<string> Lines(Terminal terminal)
    {
        ArgumentNullException.ThrowIfNull(terminal);
        var table = new Table("HELD BY", "WHAT", "SECOND FIFTH", "LAST FIFTH", "MOST", "ALLOWED", "");
        foreach (var series in Series)
        {
            string Show(long? value) =>
                value is not { } number ? "-"
                : series.What == Memory ? Figures.MiB(number)
                : Figures.Count(number);
            table.Add(
                series.Program,
                series.What == Memory ? "RSS MiB" : series.What,
                Show(series.Early),
                Show(series.Late),
                Show(series.Most),
                Show(series.Allowed),
                series.IsFlat ? "" : terminal.Red("grows")
            );
        }

        yield return "";
        foreach (var line in table.Lines())
        {
            yield return line;
        }

        yield return "";
        yield return $"{Figures.Count(Samples)} samples{(Samples < FewestSamples ? terminal.Red(": too few to judge") : "")}; {Rule}";
        var lost = $"{Figures.Count(Lost)} tasks lost, {Figures.Count(Doubled)} doubled";
        yield return $"{(IsFlat ? "flat" : terminal.Red("not flat"))}; {(Lost + Doubled == 0 ? lost : terminal.Red(lost))}";
    }

    private static SoakSeries Judge(string program, string what, IReadOnlyList<long> samples, Func<long, long>? allowed)
    {
        var fifth = samples.Count / 5;
        var early = Median(samples.Skip(fifth).Take(fifth));
        return new(program, what, early, Median(samples.TakeLast(fifth)), samples.Max(), allowed?.Invoke(early));
    }

    private static long Median(IEnumerable<long> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
