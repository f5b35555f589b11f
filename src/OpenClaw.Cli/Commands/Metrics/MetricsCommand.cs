using System.CommandLine;
using System.Text.Json;
using OpenClaw.Cli.Bench;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Metrics;

/// <summary><c>clw metrics</c>: the history of metrics that the manager keeps.</summary>
internal static class MetricsCommand
{
    private const int SparkWidth = 40;
    private const int DefaultSteps = 60;
    private static readonly TimeSpan DefaultRange = TimeSpan.FromMinutes(5);

    private static readonly Argument<string?> Query = new("query")
    {
        Description = "A metric: worker_crash_rate, task_retries{type=\"image\"}, rate(tasks_submitted[5m])",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<TimeSpan?> Range = Options.Duration("--range", "How far back, up to 24h [5m]");
    private static readonly Option<bool> Rate = new("--rate") { Description = "How much it rises in a second: for counters" };
    private static readonly Option<bool> Series = new("--series") { Description = "Values over time, with a line drawn of them" };
    private static readonly Option<TimeSpan?> Step = Options.Duration("--step", "Values over time, one for each step of at least 10s");
    private static readonly Option<string[]> By = new("--by")
    {
        Description = "Add up what has the same value of this label; repeated, of all of them",
        HelpName = "LABEL",
    };

    private static readonly Option<bool> Names = new("--list") { Description = "Every metric and what it means" };

    public static Command Create(VerbRunner run) =>
        new("metrics", "Ask for metrics of the last 24 hours, or watch them")
        {
            CommandTree.Verb(
                run,
                "query",
                "Show a metric: its value, its rate, or its course",
                QueryAsync,
                [Query, Range, Rate, Series, Step, By, Names, .. ClusterSession.Options]
            ),
            CommandTree.Verb(run, "list", "Show every metric and what it means", ListAsync, [.. ClusterSession.Options]),
            MetricsWatch.Create(run),
        };

    private static async Task<int> QueryAsync(Invocation invocation)
    {
        if (invocation.Get(Names))
        {
            return await ListAsync(invocation);
        }

        var request = Request(invocation);
        using var client = ClusterSession.Open(invocation);
        var answer = (await client.QueryMetricsAsync(request, invocation.Cancellation)).Value;
        foreach (var note in answer.Notes)
        {
            invocation.Terminal.Note($"note: {note}");
        }

        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => Write(writer, answer, request));
            return 0;
        }

        if (answer.Series.Count == 0)
        {
            invocation.Terminal.Note($"note: {answer.Name} has no values in the range");
        }

        foreach (var line in request.StepMs > 0 ? Course(invocation.Terminal, answer) : Values(answer))
        {
            invocation.Terminal.WriteLine(line);
        }

        return 0;
    }

    private static QueryMetricsRequest Request(Invocation invocation)
    {
        if (invocation.Get(Query) is not { Length: > 0 } text)
        {
            throw new Failure(
                Catalogue.Usage,
                "clw metrics query needs the name of a metric",
                "For example: clw metrics query worker_crash_rate --range=1h; every name: clw metrics list"
            ).AsException();
        }

        // The mistake is here: no cluster need be asked.
        var query = MetricQueryParser.Parse(text).Value;
        var range = invocation.Get(Range);
        if (invocation.Get(Rate))
        {
            if (query.Function != MetricFunction.None)
            {
                throw new Failure(Catalogue.Usage, $"--rate is for a plain name, and '{text}' is a function already").AsException();
            }

            text = $"rate({text})";
        }

        if (range is { } given && (given < MetricTime.Step || given > MetricTime.Retention))
        {
            throw new Failure(Catalogue.Usage, "--range takes 10s to 24h: that is what is kept").AsException();
        }

        var step = invocation.Get(Step);
        if (step is { } each && (each < MetricTime.Step || each > MetricTime.Retention))
        {
            throw new Failure(Catalogue.Usage, "--step takes 10s to 24h: a sample is kept every 10 s").AsException();
        }

        var span = range ?? (step is null ? query.Window : null) ?? DefaultRange;
        if (step is null && invocation.Get(Series))
        {
            step = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(span / MetricTime.Step / DefaultSteps)) * MetricTime.StepSeconds);
        }

        var request = new QueryMetricsRequest
        {
            Query = text,
            RangeMs = (long)span.TotalMilliseconds,
            StepMs = (long)(step?.TotalMilliseconds ?? 0),
        };
        request.By.AddRange((invocation.Get(By) ?? []).SelectMany(b => b.Split(',', StringSplitOptions.RemoveEmptyEntries)));
        return request;
    }

    private static IEnumerable<string> Values(QueryMetricsResponse answer) =>
        answer.Series.Select(s => $"{MetricText.Series(answer.Name, s)} {MetricText.Number(s.Values[^1])}");

    // A row for each series; on a terminal, what is too wide gives way.
    private static IEnumerable<string> Course(Terminal terminal, QueryMetricsResponse answer)
    {
        if (answer.Series.Count == 0)
        {
            return [];
        }

        var table = new Table("SERIES", "LAST", "MIN", "MEAN", "MAX", "COURSE");
        foreach (var series in answer.Series)
        {
            var known = series.Values.Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).ToList();
            table.Add(
                MetricText.Series(answer.Name, series),
                MetricText.Number(series.Values[^1]),
                MetricText.Number(known.Min()),
                MetricText.Number(known.Average()),
                MetricText.Number(known.Max()),
                Spark(series.Values, SparkWidth)
            );
        }

        return table.Lines(fit: terminal.IsInteractive ? new TableFit(terminal.Size().Width - 1, [0, 5], [2, 3, 4]) : null);
    }

    /// <summary>The course as columns; a gap where nothing is known.</summary>
    internal static string Spark(IReadOnlyList<double> values, int width)
    {
        var shown = Buckets(values, width);
        var columns = Sparkline.Of([.. shown.Select(v => double.IsNaN(v) ? 0 : v)], width);
        return string.Concat(columns.Zip(shown, (column, value) => double.IsNaN(value) ? ' ' : column));
    }

    // More values than columns: several come together, by their mean.
    private static List<double> Buckets(IReadOnlyList<double> values, int width)
    {
        var each = Math.Max(1, (values.Count + width - 1) / width);
        return [.. values.Chunk(each).Select(part => part.Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).Average())];
    }

    private static void Write(Utf8JsonWriter writer, QueryMetricsResponse answer, QueryMetricsRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("name", answer.Name);
        writer.WriteString("kind", answer.Kind);
        writer.WriteString("query", request.Query);
        writer.WriteNumber("range_seconds", request.RangeMs / 1000.0);
        if (request.StepMs > 0)
        {
            writer.WriteNumber("step_seconds", answer.StepMs / 1000.0);
        }

        writer.WriteStartArray("series");
        foreach (var series in answer.Series)
        {
            writer.WriteStartObject();
            writer.WriteStartObject("labels");
            foreach (var label in series.Labels)
            {
                writer.WriteString(label.Name, label.Value);
            }

            writer.WriteEndObject();
            WriteValue(writer, "value", series.Values[^1]);
            if (request.StepMs > 0)
            {
                writer.WriteStartArray("points");
                for (var i = 0; i < series.Values.Count; i++)
                {
                    writer.WriteStartObject();
                    writer.WriteTime("time", answer.FirstMs + (i * answer.StepMs));
                    WriteValue(writer, "value", series.Values[i]);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notes");
        foreach (var note in answer.Notes)
        {
            writer.WriteStringValue(note);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>A number; nothing where there is none: JSON has no NaN.</summary>
    internal static void WriteValue(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
    }

    private static async Task<int> ListAsync(Invocation invocation)
    {
        using var client = ClusterSession.Open(invocation);
        var metrics = (await client.ListMetricsAsync(invocation.Cancellation)).Value.Metrics;
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => WriteNames(writer, metrics));
            return 0;
        }

        var table = new Table("NAME", "KIND", "LABELS", "MEANS");
        foreach (var metric in metrics)
        {
            table.Add(metric.Name, metric.Kind, string.Join(",", metric.Labels), metric.Help);
        }

        var terminal = invocation.Terminal;
        foreach (var line in table.Lines(fit: terminal.IsInteractive ? new TableFit(terminal.Size().Width - 1, [3], [2, 1]) : null))
        {
            terminal.WriteLine(line);
        }

        return 0;
    }

    private static void WriteNames(Utf8JsonWriter writer, IEnumerable<MetricDescription> metrics)
    {
        writer.WriteStartArray();
        foreach (var metric in metrics)
        {
            writer.WriteStartObject();
            writer.WriteString("name", metric.Name);
            writer.WriteString("kind", metric.Kind);
            writer.WriteString("help", metric.Help);
            writer.WriteStartArray("labels");
            foreach (var label in metric.Labels)
            {
                writer.WriteStringValue(label);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
