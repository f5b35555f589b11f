using System.Text;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Cli;

/// <summary>What cannot be written, what hints name, and what may stand before a payload.</summary>
public sealed class OutputTests
{
    [Fact]
    public void Results_that_cannot_be_written_are_a_failure_once()
    {
        using var broken = new BrokenStream(28, "No space left on device");
        using var output = new OutputStream(broken, losesResults: true);
        var failure = Assert.Throws<FailureException>(() => output.Write("result"u8)).Failure;
        Assert.Equal(Catalogue.OutputFailed, failure.Entry);
        Assert.Contains("No space left", failure.Message, StringComparison.Ordinal);
        output.Write("the flush at the end"u8);
        Assert.Equal(1, broken.Tries);
    }

    [Fact]
    public void A_reader_who_has_gone_is_no_failure_of_the_output()
    {
        using var broken = new BrokenStream(32, "Broken pipe");
        using var output = new OutputStream(broken, losesResults: true);
        Assert.Throws<IOException>(() => output.Write("result"u8));
    }

    [Fact]
    public void Words_about_results_are_let_go()
    {
        using var broken = new BrokenStream(28, "No space left on device");
        using var output = new OutputStream(broken, losesResults: false);
        output.Write("error: …"u8);
        output.Write("next: …"u8);
        Assert.Equal(1, broken.Tries);
    }

    [Fact]
    public void An_output_that_was_closed_fails_when_it_is_needed()
    {
        using var output = OutputStream.Open(() => throw new UnauthorizedAccessException(), losesResults: true);
        Assert.Equal(Catalogue.OutputFailed, Assert.Throws<FailureException>(() => output.Write("result"u8)).Failure.Entry);
    }

    [Theory]
    [InlineData("Stop it with: clw task cancel --force task-1", "Stop it with: clw task cancel --force ID")]
    [InlineData("Try it: clw plugin run image --payload …", "Try it: clw plugin run TYPE --payload …")]
    [InlineData("IDs of a TYPED kind stay", "IDs of a TYPED kind stay")]
    public void A_hint_names_what_is_known(string expected, string hint) => Assert.Equal(expected, Hint.Fill(hint, "task-1", "image"));

    [Fact]
    public void The_page_of_a_task_never_sends_to_itself()
    {
        using var nothing = new StringWriter();
        using var terminal = new Terminal
        {
            Out = nothing,
            Error = nothing,
            OpenInput = () => Stream.Null,
        };
        foreach (var entry in Catalogue.All)
        {
            var task = new V1.Task
            {
                Id = "task-7a8b2c",
                Type = "image",
                State = TaskState.Dead,
                Failure = new TaskFailure { Code = entry.Code, Message = "why" },
            };
            var next = TaskView.Lines(terminal, task).Single(l => l.StartsWith("Next:", StringComparison.Ordinal));
            Assert.DoesNotContain("clw task show", next, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"\b(ID|TYPE)\b", next);
        }
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_the_first_line_and_an_error_in_any_other()
    {
        var batch = Encoding.UTF8.GetBytes("\uFEFF{\"type\":\"noop\"}\n\uFEFF{\"type\":\"noop\"}\n");
        using var stream = new MemoryStream(batch);
        var items = await BatchReader
            .ReadAsync(stream, "b.jsonl", new TaskSpec(), TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal("noop", items[0].Task.Value.Type);
        Assert.StartsWith("b.jsonl:2:1: ", items[1].Task.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_a_payload()
    {
        Assert.Equal("1"u8.ToArray(), SpecOptions.WithoutMark(Encoding.UTF8.GetBytes("\uFEFF1")));
        Assert.Equal("1"u8.ToArray(), SpecOptions.WithoutMark("1"u8.ToArray()));
    }

    private sealed class BrokenStream(int error, string message) : MemoryStream
    {
        public int Tries { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Tries++;
            throw new IOException(message, error);
        }
    }
}
