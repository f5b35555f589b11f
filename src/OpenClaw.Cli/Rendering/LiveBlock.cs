using System.Text;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli.Rendering;

/// <summary>
/// Some lines that are shown again and again in the same place. Each frame is one write, lines are overwritten and not cleared first, so
/// that nothing flickers; a terminal whose width was changed meanwhile is counted anew. Not thread-safe.
/// </summary>
/// <param name="terminal">Tells the size.</param>
/// <param name="writer">Its output or its error output.</param>
internal sealed class LiveBlock(Terminal terminal, TextWriter writer)
{
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";
    private const string ClearToLineEnd = "\u001b[K";
    private const string ClearBelow = "\u001b[J";

    private List<int> drawn = [];

    /// <summary>Shows these lines in place of those before. What does not fit is cut.</summary>
    public void Show(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var (width, height) = terminal.Size();
        var frame = new StringBuilder(HideCursor).Append(Home(width));
        var shown = new List<int>();
        foreach (var line in Fitting([.. lines], Math.Max(1, height - 1)))
        {
            var cut = AnsiText.Cut(line, width - 1);
            frame.Append(cut).Append(ClearToLineEnd).Append('\n');
            shown.Add(AnsiText.Width(cut));
        }

        frame.Append(ClearBelow);
        drawn = shown;
        writer.Write(frame.ToString());
        writer.Flush();
    }

    /// <summary>Takes the lines away.</summary>
    public void Clear()
    {
        writer.Write($"{Home(terminal.Size().Width)}{ClearBelow}{ShowCursor}");
        writer.Flush();
        drawn = [];
    }

    /// <summary>Leaves the lines where they are and goes on below them.</summary>
    public void Leave()
    {
        writer.Write(ShowCursor);
        writer.Flush();
        drawn = [];
    }

    private static IEnumerable<string> Fitting(List<string> lines, int room) =>
        lines.Count <= room ? lines : lines.Take(room - 1).Append($"… {lines.Count - room + 1} more lines");

    // A narrower terminal has folded the lines that were too long for it.
    private string Home(int width)
    {
        var rows = drawn.Sum(w => Math.Max(1, (w + width - 1) / width));
        return rows == 0 ? "\r" : $"\r\u001b[{rows}A";
    }
}
