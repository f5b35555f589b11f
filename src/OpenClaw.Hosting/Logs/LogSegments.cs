using System.Globalization;
using System.Security.Cryptography;

namespace OpenClaw.Hosting.Logs;

/// <summary>One file of a log.</summary>
/// <param name="Path">Where it was found; the next rotation may move it.</param>
/// <param name="Id">The mark of its first line, which goes with it wherever it is moved.</param>
internal readonly record struct LogSegment(string Path, string Id);

/// <summary>The files of one log: the current one and those that it was rotated to (<c>name.1</c> is the newest of them).</summary>
internal static class LogSegments
{
    /// <summary>So much of the first line makes the mark. It begins with a time to the millisecond.</summary>
    private const int MarkBytes = 512;

    /// <summary>Oldest first. Files without one whole line are left out: there is nothing to read in them.</summary>
    public static List<LogSegment> Of(string path)
    {
        var found = new List<(int Number, LogSegment Segment)>();
        foreach (var (number, file) in Files(path))
        {
            if (MarkOf(file) is { } id)
            {
                found.Add((number, new(file, id)));
            }
        }

        found.Sort((a, b) => b.Number.CompareTo(a.Number));
        return found.ConvertAll(f => f.Segment);
    }

    /// <summary>Opens a file so that its writer may go on writing, renaming and removing. Null when it is not there or may not be read.</summary>
    public static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The mark of an open file; null while it has no whole line.</summary>
    public static string? MarkOf(FileStream file)
    {
        Span<byte> head = stackalloc byte[MarkBytes];
        var length = RandomAccess.Read(file.SafeFileHandle, head, 0);
        var end = head[..length].IndexOf((byte)'\n');
        if (end < 0 && length < MarkBytes)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(end < 0 ? head : head[..end], hash);
        return Convert.ToHexStringLower(hash[..8]);
    }

    private static string? MarkOf(string path)
    {
        using var file = Open(path);
        try
        {
            return file is null ? null : MarkOf(file);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static IEnumerable<(int Number, string Path)> Files(string path)
    {
        yield return (0, path);
        string[] rotated;
        try
        {
            rotated = Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path) + ".*");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var file in rotated)
        {
            var ending = Path.GetExtension(file.AsSpan());
            if (
                ending.Length > 1
                && int.TryParse(ending[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number > 0
            )
            {
                yield return (number, file);
            }
        }
    }
}
