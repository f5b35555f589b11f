using System.Globalization;

namespace OpenClaw.Core.Telemetry;

/// <summary>
/// A place in a log: behind it stand the lines that were not read yet. It stays true while files rotate and while programs are started
/// again, because a file is known by its first line and not by its name.
/// </summary>
/// <param name="Segment">Which file, or which run of a memory; empty: the log's beginning.</param>
/// <param name="Offset">Bytes of the file, or lines of the memory, that come before.</param>
public readonly record struct LogPlace(string Segment, long Offset)
{
    /// <summary>Before the oldest line that is kept.</summary>
    public static LogPlace Beginning { get; } = new("", 0);

    public bool IsBeginning => string.IsNullOrEmpty(Segment);

    public override string ToString() => IsBeginning ? "0" : string.Create(CultureInfo.InvariantCulture, $"{Segment}:{Offset}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, out LogPlace place)
    {
        ArgumentNullException.ThrowIfNull(text);
        place = Beginning;
        if (text == "0")
        {
            return true;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is < 1 or > 64 || !long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            return false;
        }

        place = new(text[..colon], offset);
        return true;
    }
}
