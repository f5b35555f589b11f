using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Manager.Logs;

/// <summary>
/// The memory of all calls that read logs. Each call has <see cref="CallChars"/> of its own, divided among its logs: the more there are,
/// the smaller their pages, so that lines can be told by time whoever else reads. What does not fit — a line longer than its page, many
/// lines before the end — is taken from a pool that all share. Whoever gets nothing goes on with less and never waits, so nobody can
/// hold others up by standing still. Thread-safe.
/// </summary>
/// <param name="pool">In characters.</param>
internal sealed class LogBudget(long pool = LogBudget.PoolChars)
{
    /// <summary>Characters of one call's pages.</summary>
    public const int CallChars = 1024 * 1024;

    /// <summary>Characters that all calls share.</summary>
    public const long PoolChars = 16 * 1024 * 1024;

    /// <summary>A page has so many at least, however many logs there are.</summary>
    private const int LeastPageChars = 256;

    /// <summary>Of a place, and of a component's name.</summary>
    private const int MostNameChars = 256;

    /// <summary>Of a note; and what a line that was cut says of it.</summary>
    private const int MostNoteChars = 1024;

    private long left = pool;

    /// <summary>What is left in the pool.</summary>
    public long Left => Interlocked.Read(ref left);

    /// <summary>Characters that each page of a call may have.</summary>
    public static int PageOf(int logs) => Math.Clamp(CallChars / Math.Max(1, logs), LeastPageChars, LogPage.MostChars);

    /// <summary>Takes from the pool; what is taken has to be given back.</summary>
    public bool TryTake(long chars)
    {
        if (Interlocked.Add(ref left, -chars) >= 0)
        {
            return true;
        }

        Give(chars);
        return false;
    }

    public void Give(long chars) => Interlocked.Add(ref left, chars);

    /// <summary>
    /// Cuts a page that came to what was asked for: lines beyond it are let go, and are asked for again from the place before them.
    /// </summary>
    /// <param name="part">As it came.</param>
    /// <param name="most">Characters that were asked for.</param>
    /// <param name="taken">From the pool, for the one line that may go beyond it.</param>
    /// <returns>False: this is no page of a log.</returns>
    public bool TryFit(LogPart part, int most, out int taken)
    {
        taken = 0;
        if (part.Place.Length > MostNameChars || part.Lines.Any(IsWrong))
        {
            return false;
        }

        part.Note = Cut(part.Note, MostNoteChars);
        var (kept, chars, mostLines) = (0, 0, LogPage.LinesOf(most));
        foreach (var line in part.Lines.TakeWhile(_ => kept < mostLines && chars < most))
        {
            line.Text = Cut(line.Text, LogText.MaxLength + MostNoteChars);
            var beyond = chars + line.Text.Length - most;
            if (beyond > 0 && !TryTake(beyond))
            {
                if (kept > 0)
                {
                    break;
                }

                line.Text = Cut(line.Text, most);
                beyond = 0;
            }

            taken = Math.Max(0, beyond);
            chars += line.Text.Length;
            kept++;
        }

        if (kept < part.Lines.Count)
        {
            part.End = false;
            part.Place = part.Lines[kept - 1].Place;
            while (part.Lines.Count > kept)
            {
                part.Lines.RemoveAt(part.Lines.Count - 1);
            }

            // The list's own memory is sized by what came.
            part.Lines.Capacity = kept;
        }

        return true;
    }

    private static bool IsWrong(LogPartLine line) =>
        line.Place.Length is 0 or > MostNameChars || line.Component.Length > MostNameChars || line.Level.Length > MostNameChars;

    private static string Cut(string text, int most) => text.Length <= most ? text : $"{text.AsSpan(0, most)}… ({text.Length - most} more)";
}
