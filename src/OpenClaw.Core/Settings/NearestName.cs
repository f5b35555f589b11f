namespace OpenClaw.Core.Settings;

/// <summary>Finds what a mistyped name most likely means.</summary>
public static class NearestName
{
    /// <summary>
    /// The nearest candidate, or null when all are too far: more than a third of the name's letters, or three, would have to change.
    /// Case, '-' and camelCase count as '_' and lower case; a name in the wrong section is found by its last part.
    /// </summary>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var wanted = Normalize(name);
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in candidates.Order(StringComparer.Ordinal))
        {
            var known = Normalize(candidate);
            // The right last part in the wrong section is one mistake.
            var inSection = Distance(LastPart(wanted), LastPart(known)) + 1;
            var sameLength = wanted.Contains('.', StringComparison.Ordinal) == known.Contains('.', StringComparison.Ordinal);
            var distance = Math.Min(
                Distance(wanted, known),
                sameLength || known.Contains('.', StringComparison.Ordinal) ? inSection : int.MaxValue
            );
            if (distance < bestDistance && distance <= Math.Clamp(LastPart(wanted).Length / 3, 1, 3))
            {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /// <summary>Insertions, deletions, changes and swaps of neighbours that lead from one text to the other (optimal string alignment).</summary>
    public static int Distance(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var before = new int[b.Length + 1];
        var last = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
            (before, last, row) = (last, row, before);
        }
        return last[b.Length];
    }

    private static string LastPart(string path) => path[(path.LastIndexOf('.') + 1)..];

    private static string Normalize(string name) =>
        string.Concat(
            name.Select(
                (c, i) =>
                    c == '-' ? "_"
                    : char.IsUpper(c) && i > 0 && char.IsLower(name[i - 1]) ? "_" + char.ToLowerInvariant(c)
                    : char.ToLowerInvariant(c).ToString()
            )
        );
}
