using System.Globalization;
using System.Text;

namespace OpenClaw.Supervisor;

/// <summary>
/// Keeps the supervisor's lines in a file, in the shape of every other log (<c>[LEVEL] [time] text</c>), where whoever gathers the
/// cluster's logs finds them. Bounded: past its size the file becomes <c>name.1</c>, and the one of that name goes. One thread.
/// </summary>
internal sealed class LineFile(string path, TimeProvider time)
{
    private const long MaxBytes = 4 << 20;

    public void Append(string line)
    {
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } directory)
            {
                _ = Directory.CreateDirectory(directory);
            }

            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            {
                File.Move(path, path + ".1", overwrite: true);
            }

            var options = new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
            };
            using var file = new FileStream(path, options);
            file.Write(Encoding.UTF8.GetBytes(Shape(line, time.GetUtcNow()) + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The line was said on the error output, which is its first place; the work goes on.
        }
    }

    /// <summary>A line as the file has it. What the supervisor has to say is trouble of one kind or another, and mostly over.</summary>
    internal static string Shape(string line, DateTimeOffset at)
    {
        var (level, text) = ("WARN", line);
        if (line.StartsWith('[') && line.IndexOf("] ", StringComparison.Ordinal) is > 0 and var end)
        {
            (level, text) = (line[1..end], line[(end + 2)..]);
        }
        else if (ProcessOf(line) is { } named)
        {
            // About a program below us, whoever writes it: clw-worker[pid=12]: FATAL: …
            (level, text) = (named.Level, $"{named.Component}: {line}");
        }

        var stamp = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return $"[{level}] [{stamp}] {text.ReplaceLineEndings("\\n")}";
    }

    private static (string Component, string Level)? ProcessOf(string line)
    {
        const string prefix = "clw-";
        var pid = line.IndexOf("[pid=", StringComparison.Ordinal);
        var level = pid < 0 ? -1 : line.IndexOf("]: ", pid, StringComparison.Ordinal) + 3;
        var end = level < 3 ? -1 : line.IndexOf(": ", level, StringComparison.Ordinal);
        return
            line.StartsWith(prefix, StringComparison.Ordinal)
            && end > level
            && line.AsSpan(level, end - level).IndexOfAnyExceptInRange('A', 'Z') < 0
            ? (line[prefix.Length..pid], line[level..end])
            : null;
    }
}
