using System.Text;

namespace OpenClaw.Cli.Rendering;

/// <summary>Columns of plain text: two spaces between, nothing after the last. A pipe can cut it with awk.</summary>
public sealed class Table(params IReadOnlyList<string> header)
{
    private readonly List<IReadOnlyList<string>> rows = [];

    public int Count => rows.Count;

    public void Add(params IReadOnlyList<string> row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.Count != header.Count)
        {
            throw new ArgumentException($"a row of {row.Count} in a table of {header.Count} columns", nameof(row));
        }

        // A line break inside a cell would break the table, and what comes from a plugin may hold anything.
        rows.Add([.. row.Select(OneLine)]);
    }

    /// <summary>The header and the rows, one line each.</summary>
    /// <param name="paint">Paints a cell after it was padded; gets the row's and the column's index.</param>
    /// <param name="fit">How to make it fit a narrow terminal; null: it is as wide as it is.</param>
    public IEnumerable<string> Lines(Func<int, int, string, string>? paint = null, TableFit? fit = null)
    {
        var widths = header.Select((h, i) => rows.Select(r => Width(r[i])).Append(Width(h)).Max()).ToArray();
        fit?.Narrow(widths);
        yield return Line(header, widths, (_, cell) => cell);
        for (var i = 0; i < rows.Count; i++)
        {
            var index = i;
            yield return Line(rows[i], widths, (column, cell) => paint?.Invoke(index, column, cell) ?? cell);
        }
    }

    /// <summary>Replaces everything that moves the cursor.</summary>
    public static string OneLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().ContainsAnyInRange('\0', '\u001f') || text.Contains('\u007f', StringComparison.Ordinal)
            ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c))
            : text;
    }

    private static string Line(IReadOnlyList<string> cells, int[] widths, Func<int, string, string> paint)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Count; i++)
        {
            if (widths[i] == 0)
            {
                continue;
            }

            var last = i == cells.Count - 1;
            var cell = Width(cells[i]) > widths[i] ? AnsiText.Cut(cells[i], widths[i]) : cells[i];
            line.Append(paint(i, last ? cell : cell + new string(' ', widths[i] - Width(cell))));
            line.Append(last ? "" : "  ");
        }

        return line.ToString().TrimEnd();
    }

    // Letters beyond the first plane count twice in UTF-16; close enough for names.
    private static int Width(string cell) => cell.EnumerateRunes().Count();
}
