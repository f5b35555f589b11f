namespace OpenClaw.Cli.Rendering;

/// <summary>How a table gives way to a narrow terminal: some columns are cut, then some are left out; the others stay whole.</summary>
/// <param name="Room">Columns of the terminal.</param>
/// <param name="Cut">Indexes of columns that are cut, down to <see cref="LeastWidth"/>.</param>
/// <param name="Drop">Indexes of columns that are left out when that is not enough, in this order.</param>
public sealed record TableFit(int Room, IReadOnlyList<int> Cut, IReadOnlyList<int> Drop)
{
    /// <summary>What is left of a column that is cut.</summary>
    public const int LeastWidth = 8;

    /// <summary>Changes the widths of the columns; 0 leaves one out.</summary>
    internal void Narrow(int[] widths)
    {
        Shrink(widths);
        foreach (var column in Drop)
        {
            if (Over(widths) <= 0)
            {
                return;
            }

            widths[column] = 0;
        }
    }

    private void Shrink(int[] widths)
    {
        // The widest gives way first.
        while (
            Over(widths) > 0
            && Cut.Where(c => widths[c] > LeastWidth).OrderByDescending(c => widths[c]).Cast<int?>().FirstOrDefault() is { } column
        )
        {
            widths[column]--;
        }
    }

    private int Over(int[] widths) => widths.Where(w => w > 0).Sum(w => w + 2) - 2 - Room;
}
