namespace OpenClaw.Cli.Bench;

/// <summary>A row of figures as a row of small columns. Pure.</summary>
internal static class Sparkline
{
    private const string Columns = "▁▂▃▄▅▆▇█";

    /// <summary>The last figures, as many as there is room for, against the largest of them.</summary>
    public static string Of(IReadOnlyList<double> figures, int width)
    {
        ArgumentNullException.ThrowIfNull(figures);
        var shown = figures.Skip(Math.Max(0, figures.Count - width)).ToList();
        var top = shown.DefaultIfEmpty().Max();
        return top <= 0
            ? new string(Columns[0], shown.Count)
            : string.Concat(shown.Select(f => Columns[Math.Clamp((int)Math.Round(f / top * (Columns.Length - 1)), 0, Columns.Length - 1)]));
    }
}
