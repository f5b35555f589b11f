namespace OpenClaw.Core.Telemetry;

/// <summary>
/// The words that operators search logs for. A line that reports nothing wrong contains none of them, so that a search
/// that finds nothing means that nothing is wrong.
/// </summary>
public static class LogWords
{
    /// <summary>The words; "error" and "disconnect" in any case, the other two as written.</summary>
    public static IReadOnlyList<string> Alarming { get; } = ["error", "disconnect", "FATAL", "CRASH"];

    /// <summary>The first alarming word in a line, or null.</summary>
    public static string? Find(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return Alarming.FirstOrDefault(word =>
            line.Contains(word, char.IsUpper(word[0]) ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase)
        );
    }
}
