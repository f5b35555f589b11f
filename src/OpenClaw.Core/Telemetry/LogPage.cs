namespace OpenClaw.Core.Telemetry;

/// <summary>A line that was read.</summary>
/// <param name="Severity">Lines of a form that is not ours count as information.</param>
/// <param name="At">UTC; of a line without a time that of the line before it.</param>
/// <param name="Component">What it is about.</param>
/// <param name="Text">Without severity, time and component.</param>
/// <param name="Behind">The place behind the line.</param>
public readonly record struct LogRecord(LogSeverity Severity, DateTimeOffset At, string Component, string Text, LogPlace Behind);

/// <summary>What to read. Immutable.</summary>
public sealed record LogRequest
{
    /// <summary>Where to begin; null: where <see cref="Last"/>, <see cref="Began"/> and the filter's time say.</summary>
    public LogPlace? From { get; init; }

    public LogFilter Filter { get; init; } = LogFilter.Everything;

    /// <summary>Begin with so many wanted lines before the end; 0: with all that the filter's time leaves.</summary>
    public int Last { get; init; }

    /// <summary>With <see cref="Last"/>: every line from this time on is wanted as well, however many they are.</summary>
    public DateTimeOffset? Began { get; init; }

    /// <summary>Characters of the page's texts, beyond which no further line is taken; of its lines, <see cref="LogPage.LinesOf"/> them.</summary>
    public int MostChars { get; init; } = LogPage.MostChars;

    /// <summary>True: when there is no wanted line, wait for one, for a while.</summary>
    public bool Wait { get; init; }
}

/// <summary>Some lines of a log, bounded in number and bytes.</summary>
/// <param name="Lines">In the log's order.</param>
/// <param name="Behind">Where the next page begins.</param>
/// <param name="IsEnd">True: there was nothing more when it was read.</param>
/// <param name="Note">What is missing, for people; null: nothing.</param>
public sealed record LogPage(IReadOnlyList<LogRecord> Lines, LogPlace Behind, bool IsEnd, string? Note = null)
{
    /// <summary>Lines of one page.</summary>
    public const int MostLines = 256;

    /// <summary>Characters of their texts, beyond which no further line is taken.</summary>
    public const int MostChars = 32 * 1024;

    /// <summary>Lines of a page of so many characters: a line costs memory of its own, however short it is.</summary>
    public static int LinesOf(int mostChars) => Math.Clamp(mostChars / (MostChars / MostLines), 1, MostLines);
}
