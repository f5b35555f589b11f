using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary>
/// A batch. A file is checked whole before anything is sent, so that a bad line leaves nothing half done; the input is a stream and is
/// sent as it comes, and a bad line ends it with the count of what is stored.
/// </summary>
internal sealed class SubmitBatch
{
    private const int MostProblemsShown = 20;

    private readonly Invocation invocation;
    private readonly string name;
    private readonly TaskSpec defaults;
    private readonly bool skipBad;

    private readonly List<string> ids = [];
    private long bad;

    private SubmitBatch(Invocation invocation, string name, TaskSpec defaults, bool skipBad)
    {
        this.invocation = invocation;
        this.name = name;
        this.defaults = defaults;
        this.skipBad = skipBad;
    }

    public static async Task<int> RunAsync(Invocation invocation, string file, TaskSpec defaults, bool skipBad, bool wait)
    {
        var fromInput = file == "-";
        var batch = new SubmitBatch(invocation, fromInput ? "input" : file, defaults, skipBad);
        using Stream stream = fromInput ? invocation.Terminal.OpenInput() : SpecOptions.OpenFile(file);
        long? total = null;
        if (!fromInput && stream.CanSeek)
        {
            total = await batch.CheckAsync(stream);
            stream.Position = 0;
        }

        using var client = ClusterSession.Open(invocation);
        var summary = await batch.SubmitAsync(client, stream, total);
        batch.Report(summary);
        var code = batch.bad > 0 ? (int)ExitCode.Usage : 0;
        if (!wait || batch.ids.Count == 0)
        {
            return code;
        }

        var waited = await WaitCommand.WaitAsync(invocation, client, batch.ids, timeout: null);
        return code == 0 ? waited : code;
    }

    /// <summary>Reads every line and sends nothing. The number of tasks.</summary>
    private async Task<long> CheckAsync(Stream stream)
    {
        var good = 0L;
        var problems = new List<string>();
        await foreach (var item in BatchReader.ReadAsync(stream, name, defaults, invocation.Cancellation))
        {
            if (item.Task.Failure is not { } failure)
            {
                good++;
            }
            else if (!skipBad)
            {
                problems.Add(failure.Message);
                if (problems.Count == MostProblemsShown)
                {
                    break;
                }
            }
        }

        if (problems.Count == 0)
        {
            return good;
        }

        throw new Failure(
            Catalogue.PayloadInvalid,
            problems.Count == 1 ? problems[0] : $"{problems[0]} (and {problems.Count - 1} more)",
            "Nothing was submitted. Mend the lines, or leave them out with --skip-bad"
        )
        {
            Data = problems
                .Select((problem, i) => (Name: $"problem.{i + 1}", Problem: problem))
                .ToDictionary(p => p.Name, p => p.Problem, StringComparer.Ordinal),
        }.AsException();
    }

    private async Task<BulkSummary> SubmitAsync(WireClient client, Stream stream, long? total)
    {
        using var progress = new ProgressLine(invocation.Terminal, invocation.Time, "submitted", total);
        var result = await client.SubmitManyAsync(
            SpecsAsync(stream, invocation.Cancellation),
            new BulkOptions
            {
                OnAcknowledged = acknowledged =>
                {
                    Keep(acknowledged.Ids);
                    progress.Advance(acknowledged.Ids.Count);
                },
            },
            invocation.Cancellation
        );
        return result.Value;
    }

    private void Keep(IReadOnlyList<string> acknowledged)
    {
        ids.AddRange(acknowledged);
        if (!invocation.Json && !invocation.Terminal.IsInteractive)
        {
            // For the next program in the pipe: it can begin before the batch is through.
            foreach (var id in acknowledged)
            {
                invocation.Terminal.WriteLine(id);
            }

            invocation.Terminal.Out.Flush();
        }
    }

    private async IAsyncEnumerable<TaskSpec> SpecsAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var item in BatchReader.ReadAsync(stream, name, defaults, cancellation))
        {
            if (item.Task.Failure is not { } failure)
            {
                yield return item.Task.Value;
            }
            else if (skipBad)
            {
                bad++;
                invocation.Terminal.Note($"skipped: {failure.Message}");
            }
            else
            {
                throw failure.AsException();
            }
        }
    }

    private void Report(BulkSummary summary)
    {
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => Write(writer, summary));
            return;
        }

        var existing = summary.Existing > 0 ? $", {summary.Existing} of them existed already" : "";
        var skipped = bad > 0 ? $", {bad} bad lines skipped" : "";
        invocation.Terminal.Note($"{Counted.Of(summary.Acknowledged, "task")} stored{existing}{skipped}");
        SubmitCommand.NoteUnserved(invocation, summary.UnservedTypes);
    }

    private void Write(Utf8JsonWriter writer, BulkSummary summary)
    {
        writer.WriteStartObject();
        writer.WriteNumber("submitted", summary.Acknowledged);
        writer.WriteNumber("existing", summary.Existing);
        writer.WriteNumber("skipped", bad);
        writer.WriteStartArray("unserved_types");
        foreach (var type in summary.UnservedTypes)
        {
            writer.WriteStringValue(type);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("ids");
        foreach (var id in ids)
        {
            writer.WriteStringValue(id);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
