using OpenClaw.Cli.Rendering;

namespace OpenClaw.Cli.Diag;

/// <summary>A part of the report.</summary>
internal sealed record DiagSection(string Title, IReadOnlyList<string> Lines)
{
    /// <summary>A report is read by people and sent by mail: no part may drown the others.</summary>
    private const int MostLines = 500;
    private const int MostChars = 1000;

    /// <summary>Bounded: of too many lines the last ones stay, long ones are cut, control characters go.</summary>
    public static DiagSection Of(string title, IReadOnlyList<string> lines)
    {
        var left = lines.Count - MostLines;
        return new(
            title,
            [
                .. left > 0 ? [$"({left} lines before these are left out)"] : Array.Empty<string>(),
                .. lines.Skip(Math.Max(0, left)).Select(l => Table.OneLine(l.Length > MostChars ? l[..MostChars] + "…" : l)),
            ]
        );
    }
}
