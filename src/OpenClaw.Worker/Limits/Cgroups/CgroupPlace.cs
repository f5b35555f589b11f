using System.Globalization;

namespace OpenClaw.Worker.Limits.Cgroups;

/// <summary>Where this process stands in the hierarchies of control groups. Pure: it is made of the texts that the kernel shows.</summary>
/// <param name="Unified">The directory of its group in the unified hierarchy (v2); null where there is none.</param>
/// <param name="UnifiedRoot">Where that hierarchy is mounted.</param>
/// <param name="MemoryV1">The directory of its group in the memory hierarchy of v1; null where there is none.</param>
/// <param name="MemoryV1Root">Where that one is mounted.</param>
internal sealed record CgroupPlace(string? Unified, string? UnifiedRoot, string? MemoryV1, string? MemoryV1Root)
{
    private const string FileSystemV2 = "cgroup2";

    /// <param name="mounts">/proc/self/mountinfo.</param>
    /// <param name="groups">/proc/self/cgroup.</param>
    public static CgroupPlace Of(string mounts, string groups)
    {
        string? unified = null;
        string? unifiedRoot = null;
        string? memory = null;
        string? memoryRoot = null;
        foreach (var line in mounts.Split('\n'))
        {
            // 35 24 0:30 /root /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw: the optional fields end with a dash.
            var halves = line.Split(" - ", 2);
            var head = halves[0].Split(' ');
            if (halves.Length < 2 || head.Length < 5)
            {
                continue;
            }

            var tail = halves[1].Split(' ');
            if (tail[0] == FileSystemV2 && unified is null && PathOf(groups, hierarchy: "0:", controller: "") is { } path)
            {
                unifiedRoot = Unescape(head[4]);
                unified = Below(unifiedRoot, Unescape(head[3]), path);
            }
            else if (
                tail[0] == "cgroup"
                && tail.Length > 2
                && tail[2].Split(',').Contains("memory")
                && PathOf(groups, hierarchy: "", controller: "memory") is { } old
            )
            {
                memoryRoot = Unescape(head[4]);
                memory = Below(memoryRoot, Unescape(head[3]), old);
            }
        }

        return new CgroupPlace(unified, unifiedRoot, memory, memoryRoot);
    }

    /// <summary>The smallest memory limit of this group and of those above it, and the file that says so; null: there is none.</summary>
    /// <param name="read">The text of a file; null when it cannot be read.</param>
    public (long Bytes, string File)? MemoryLimit(Func<string, string?> read)
    {
        (long Bytes, string File)? least = null;
        foreach (
            var file in Upwards(Unified, UnifiedRoot)
                .Select(d => Path.Combine(d, "memory.max"))
                .Concat(Upwards(MemoryV1, MemoryV1Root).Select(d => Path.Combine(d, "memory.limit_in_bytes")))
        )
        {
            // Of v1 no limit is a number near the largest.
            if (
                long.TryParse(read(file)?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                && bytes < 1L << 60
                && !(least?.Bytes <= bytes)
            )
            {
                least = (bytes, file);
            }
        }

        return least;
    }

    private static IEnumerable<string> Upwards(string? directory, string? root)
    {
        while (directory is not null && root is not null && directory.StartsWith(root, StringComparison.Ordinal))
        {
            yield return directory;
            if (directory.Length <= root.Length)
            {
                yield break;
            }

            directory = Path.GetDirectoryName(directory);
        }
    }

    // "0::/path", or "4:memory:/path": hierarchy, controllers, path.
    private static string? PathOf(string groups, string hierarchy, string controller) =>
        groups
            .Split('\n')
            .Select(l => l.Split(':', 3))
            .FirstOrDefault(f =>
                f.Length == 3
                && (controller.Length == 0 ? f[0] + ":" == hierarchy && f[1].Length == 0 : f[1].Split(',').Contains(controller))
            )
            ?[2];

    // What is mounted may be a part of the hierarchy: its root is subtracted from the path. A process outside of it shows as /../…
    private static string Below(string mount, string root, string path)
    {
        var rest = root != "/" && path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : path;
        return rest.Contains("/..", StringComparison.Ordinal) ? mount : Path.Combine(mount, rest.TrimStart('/')).TrimEnd('/');
    }

    // Spaces and the like are written as \040.
    private static string Unescape(string text)
    {
        var result = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                result.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}
