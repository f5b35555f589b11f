using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Tests.Cli;

public sealed class LiveBlockTests : IDisposable
{
    private readonly StringWriter written = new();
    private readonly Terminal terminal;

    public LiveBlockTests() =>
        terminal = new()
        {
            Out = written,
            Error = TextWriter.Null,
            OpenInput = () => Stream.Null,
            Width = 20,
        };

    [Fact]
    public void The_second_frame_goes_up_by_the_lines_of_the_first_and_clears_what_is_left()
    {
        var block = new LiveBlock(terminal, terminal.Out);
        block.Show(["one", "two", "three"]);
        written.GetStringBuilder().Clear();
        block.Show(["new"]);
        Assert.Equal("\u001b[?25l\r\u001b[3Anew\u001b[K\n\u001b[J", written.ToString());
    }

    [Fact]
    public void A_line_is_cut_to_the_width_and_a_screen_to_its_height()
    {
        var block = new LiveBlock(terminal, terminal.Out);
        block.Show(Enumerable.Range(0, 100).Select(i => new string('x', 50)));
        var lines = written.ToString().Split('\n');
        Assert.Equal(23 + 1, lines.Length);
        Assert.Contains(new string('x', 18) + "…", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain(new string('x', 19), written.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain", 5, "plain")]
    [InlineData("plain", 4, "pla…")]
    [InlineData("\u001b[32mgreen\u001b[0m", 5, "\u001b[32mgreen\u001b[0m")]
    [InlineData("\u001b[32mgreen\u001b[0m", 3, "\u001b[32mgr…\u001b[0m")]
    public void A_colour_takes_no_room_and_always_ends(string text, int width, string expected) =>
        Assert.Equal(expected, AnsiText.Cut(text, width));

    public void Dispose()
    {
        written.Dispose();
        terminal.Dispose();
    }
}
