using System.Text;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Cli;

/// <summary>A batch: what a line may say, and how a bad one is named.</summary>
public sealed class BatchTests
{
    [Fact]
    public void A_line_may_say_everything()
    {
        var spec = Read(
            """{"type":"image","payload":{"b": [1.0, "ü"] },"project":"p","queue":"q","priority":-7,"delay":"90s","timeout":2.5,"max_retries":0,"key":"k","labels":{"a":"1"},"strict":true}"""
        ).Value;
        Assert.Equal("image", spec.Type);
        // As it was written, to the last blank: the payload is the user's.
        Assert.Equal("""{"b": [1.0, "ü"] }""", spec.Payload.ToStringUtf8());
        Assert.Equal(("p", "q", -7), (spec.Project, spec.Queue, spec.Priority));
        Assert.Equal((90_000, 2_500), (spec.DelayMs, spec.TimeoutMs));
        Assert.True(spec.HasMaxRetries);
        Assert.Equal(("k", "1", true), (spec.Key, spec.Labels["a"], spec.Strict));
    }

    [Fact]
    public void What_a_line_leaves_out_comes_from_the_command_line()
    {
        var spec = BatchLine.Read("""{"payload":1}"""u8, "f", 1, new TaskSpec { Type = "noop", Priority = 3 }).Value;
        Assert.Equal(("noop", 3, "1"), (spec.Type, spec.Priority, spec.Payload.ToStringUtf8()));
    }

    [Theory]
    [InlineData("""{"type":"x","payload":{"i":}}""", 28, "this is not JSON")]
    [InlineData("""{"typ":"x"}""", 2, "there is no field 'typ'; did you mean type?")]
    [InlineData("""[1]""", 1, "expected an object, as in {\"type\":\"ping\",\"payload\":{}}")]
    [InlineData("""{"payload":1}""", 1, "the line has no type, and the command line names none (--type)")]
    [InlineData("""{"type":"x","priority":1.5}""", 24, "priority: expected a whole number from -1000 to 1000")]
    [InlineData("""{"type":"x","delay":"soon"}""", 21, "delay: expected a duration")]
    [InlineData("""{"type":7}""", 9, "type: expected a text")]
    [InlineData("""{"type":"x"} {}""", 14, "this is not JSON")]
    [InlineData("""{"type":"x","labels":{"a":1}}""", 27, "labels: a: expected a text")]
    public void A_bad_line_is_named_with_line_and_column(string line, int column, string problem)
    {
        var failure = Read(line).Failure!;
        Assert.Equal(Catalogue.PayloadInvalid, failure.Entry);
        Assert.StartsWith($"b.jsonl:7:{column}: {problem}", failure.Message, StringComparison.Ordinal);
        Assert.Equal("7", failure.Data["line"]);
    }

    [Fact]
    public void A_text_that_is_no_utf8_is_found_inside_the_payload() =>
        Assert.Equal(
            Catalogue.PayloadInvalid,
            BatchLine.Read([.. "{\"type\":\"x\",\"payload\":\""u8, 0xC3, 0x28, .. "\"}"u8], "f", 1, new TaskSpec()).Failure!.Entry
        );

    [Fact]
    public void A_payload_over_the_limit_is_refused_by_its_line()
    {
        var failure = Read($$"""{"type":"x","payload":"{{new string('a', 1 << 20)}}"}""").Failure!;
        Assert.Equal(Catalogue.PayloadTooLarge, failure.Entry);
        Assert.StartsWith("b.jsonl:7: ", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task Lines_are_the_same_however_they_arrive(int chunk)
    {
        var text = "{\"type\":\"a\"}\r\n\n  \n{\"type\":\"b\",\"payload\":[1,2]}\n{\"type\":\"c\"}";
        await using var stream = new Trickle(Encoding.UTF8.GetBytes(text), chunk);
        var seen = new List<string>();
        await foreach (var item in BatchReader.ReadAsync(stream, "f", new TaskSpec(), TestContext.Current.CancellationToken))
        {
            seen.Add($"{item.Line}:{item.Task.Value.Type}");
        }

        Assert.Equal(["1:a", "4:b", "5:c"], seen);
    }

    [Fact]
    public async Task A_line_without_an_end_does_not_fill_the_memory()
    {
        await using var stream = new Trickle(new byte[3 << 20], 64 * 1024);
        var items = new List<BatchItem>();
        await foreach (var item in BatchReader.ReadAsync(stream, "f", new TaskSpec(), TestContext.Current.CancellationToken))
        {
            items.Add(item);
        }

        Assert.Equal(Catalogue.PayloadTooLarge, Assert.Single(items).Task.Failure!.Entry);
    }

    [Fact]
    public async Task A_file_with_a_bad_line_submits_nothing_and_names_every_bad_line()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "{\"type\":\"a\"}\n{\"type\":\n{\"typ\":\"c\"}\n", TestContext.Current.CancellationToken);
        try
        {
            // Nobody listens there: had it dialled, the failure would be another.
            var run = await CommandRun.OfAsync("task", "submit", "--file", file, "--manager", "127.0.0.1:1");
            Assert.Equal(2, run.Code);
            Assert.Equal(
                $"""
                error: clw-payload-invalid: {file}:2:9: this is not JSON
                error: clw-payload-invalid: {file}:3:2: there is no field 'typ'; did you mean type?
                next: Nothing was submitted. Mend the lines, or leave them out with --skip-bad

                """.ReplaceLineEndings("\n"),
                run.Error
            );
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Result<TaskSpec> Read(string line) => BatchLine.Read(Encoding.UTF8.GetBytes(line), "b.jsonl", 7, new TaskSpec());

    /// <summary>Gives a few bytes at a time, as a pipe does.</summary>
    private sealed class Trickle(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
