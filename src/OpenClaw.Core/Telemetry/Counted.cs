using System.Globalization;

namespace OpenClaw.Core.Telemetry;

/// <summary>Numbers with their nouns: <c>1 task</c>, <c>2 tasks</c>, <c>3 processes</c>.</summary>
public static class Counted
{
    /// <param name="number">At least 0.</param>
    /// <param name="one">The noun for one.</param>
    /// <param name="many">The noun for all other numbers; null: with an s.</param>
    public static string Of(long number, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many ?? one + "s")}");
}
