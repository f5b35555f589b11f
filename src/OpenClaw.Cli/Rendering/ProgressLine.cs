using System.Globalization;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli.Rendering;

/// <summary>
/// How far a count has come: a bar that moves for a person, nothing for a file or a pipe. On the error output. Thread-safe.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(80);
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
            if (terminal.ErrorIsInteractive && (since >= Redraw || done == total))
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
        var bar = total is > 0 ? Bar() + " " : "";
        var line = bar + text;
        var columns = terminal.Size().Width;
        line = line.Length < columns ? line : line[..Math.Max(0, columns - 1)];
        terminal.Error.Write($"\r{line.PadRight(width)}");
        terminal.Error.Flush();
        width = line.Length;
    }

    private string Text()
    {
        var seconds = time.GetElapsedTime(started).TotalSeconds;
        var rate = seconds > 0.2 ? string.Create(CultureInfo.InvariantCulture, $", {done / seconds:#,0} a second") : "";
        return total is { } all
            ? string.Create(CultureInfo.InvariantCulture, $"{done:#,0} of {all:#,0} {what}{rate}{Left(seconds, all)}")
            : string.Create(CultureInfo.InvariantCulture, $"{done:#,0} {what}{rate}");
    }

    // Said when there is something to go by, and when it is worth saying.
    private string Left(double seconds, long all)
    {
        var left = done > 0 ? seconds / done * (all - done) : 0;
        return seconds > 0.5 && left >= 1 ? $", {Times.Left(TimeSpan.FromSeconds(left))} left" : "";
    }

    private string Bar()
    {
        var filled = (int)(Math.Min(1.0, (double)done / total!.Value) * BarWidth);
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}]";
    }
}
