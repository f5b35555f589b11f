using System.Globalization;

namespace OpenClaw.Cli.Doctor;

/// <summary>The files in which a kernel tells how it stands: those of this machine, or a copy of them below another root.</summary>
/// <param name="root">Empty: this machine.</param>
internal sealed class HostFiles(string root = "")
{
    /// <summary>True when these are the files of the machine that we run on.</summary>
    public bool IsHere => root.Length == 0;

    /// <summary>The text; null when there is no such file or it cannot be read, as is usual in containers and other kernels.</summary>
    public string? Read(string path)
    {
        try
        {
            return File.ReadAllText(root + path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The one number that a file holds; null when it holds none.</summary>
    public long? Number(string path) =>
        long.TryParse(Read(path)?.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The number behind a word at the beginning of a line: <c>MemAvailable:  1024 kB</c>.</summary>
    public long? NumberAt(string path, string word)
    {
        foreach (var line in (Read(path) ?? "").Split('\n'))
        {
            if (
                line.StartsWith(word, StringComparison.Ordinal)
                && line[word.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, ..]
                && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            )
            {
                return value;
            }
        }

        return null;
    }
}
