using System.Globalization;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli.Rendering;

/// <summary>
/// How far a count has come: a bar that moves for a person, a line every few seconds for a log. On the error output. Thread-safe.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan PlainEvery = TimeSpan.FromSeconds(2);
    private const int BarWidth = 30;

    private readonly Terminal terminal;
    private readonly TimeProvider time;
    private readonly string what;
    private readonly long? total;
    private readonly Lock gate = new();
    private readonly long started;
    private long shownAt;
    private long done;
    private int width;

    /// <param name="terminal">Where to show it.</param>
    /// <param name="time">For the rate.</param>
    /// <param name="what">What is counted: "submitted".</param>
    /// <param name="total">Null when nobody knows.</param>
    public ProgressLine(Terminal terminal, TimeProvider time, string what, long? total)
    {
        this.terminal = terminal;
        this.time = time;
        this.what = what;
        this.total = total;
        started = shownAt = time.GetTimestamp();
    }

    public void Advance(long by)
    {
        lock (gate)
        {
            done += by;
            var now = time.GetTimestamp();
            var since = time.GetElapsedTime(shownAt, now);
            if (terminal.ErrorIsInteractive ? since >= Redraw || done == total : since >= PlainEvery)
            {
                shownAt = now;
                Show();
            }
        }
    }

    /// <summary>Wipes the bar away: what follows says how it ended.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (width > 0)
            {
                terminal.Error.Write($"\r{new string(' ', width)}\r");
                terminal.Error.Flush();
            }
        }
    }

    private void Show()
    {
        var text = Text();
        if (!terminal.ErrorIsInteractive)
        {
            terminal.Note(text);
            return;
        }

        var bar = total is > 0 ? Bar() + " " : "";
        var line = bar + text;
        line = line.Length < terminal.Width ? line : line[..Math.Max(0, terminal.Width - 1)];
        terminal.Error.Write($"\r{line.PadRight(width)}");
        terminal.Error.Flush();
        width = line.Length;
    }

    private string Text()
    {
        var seconds = time.GetElapsedTime(started).TotalSeconds;
        var rate = seconds > 0.2 ? string.Create(CultureInfo.InvariantCulture, $", {done / seconds:0} a second") : "";
        return total is { } all ? $"{done} of {all} {what}{rate}" : $"{done} {what}{rate}";
    }

    private string Bar()
    {
        var filled = (int)(Math.Min(1.0, (double)done / total!.Value) * BarWidth);
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}]";
    }
}
