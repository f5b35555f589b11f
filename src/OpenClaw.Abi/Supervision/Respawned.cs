using System.Globalization;
using OpenClaw.Abi.Crashes;

namespace OpenClaw.Abi.Supervision;

/// <summary>What a supervisor tells a child that takes the place of one that ended badly.</summary>
/// <param name="Attempt">Which start of the window it is.</param>
/// <param name="Most">How many there may be.</param>
/// <param name="Crash">How the one before ended; null when that could not be kept.</param>
public sealed record Respawned(int Attempt, int Most, CrashReport? Crash)
{
    private const string Variable = "OPENCLAW_RESPAWN";

    /// <summary>The variable for a child's environment: <c>1/10 PATH</c>.</summary>
    public static (string Name, string? Value) For(int attempt, int most, string? report) =>
        (Variable, string.Create(CultureInfo.InvariantCulture, $"{attempt}/{most} {report}"));

    /// <summary>For a child that is no such successor.</summary>
    public static (string Name, string? Value) None => (Variable, null);

    /// <summary>Null when this process took nobody's place. Call once: the variable is removed, so that no child believes it.</summary>
    public static Respawned? FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(Variable) ?? "";
        Environment.SetEnvironmentVariable(Variable, null);
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return
            slash > 0
            && space > slash
            && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            && int.TryParse(text.AsSpan(slash + 1, space - slash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var most)
            ? new(attempt, most, text.Length > space + 1 ? CrashRecords.Read(text[(space + 1)..]) : null)
            : null;
    }
}
