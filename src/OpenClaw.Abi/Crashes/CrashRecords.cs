using System.Globalization;
using OpenClaw.Abi.Files;

namespace OpenClaw.Abi.Crashes;

/// <summary>
/// Crash reports on disk, a file each: what is left to look at when nothing runs any more. Bounded: beyond <see cref="MostKept"/> the
/// oldest go. Several processes may write; a name is time and process.
/// </summary>
public sealed class CrashRecords(string directory)
{
    public const int MostKept = 200;
    private const int MostBytes = 1 << 20;
    private const string Ending = ".json";

    public string Directory { get; } = directory;

    /// <summary>Writes a report, 0600, over an earlier one of the same death. Its path.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not ours.</exception>
    public string Write(CrashReport report)
    {
        _ = System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"{report.AtMs:d15}-{report.Pid}{Ending}"));
        OwnFile.Write(path, report.ToJson());
        foreach (var old in Names().SkipLast(MostKept))
        {
            File.Delete(old);
        }

        return path;
    }

    /// <summary>Reports of ends since a time, newest first. Files that are no reports, or not ours to read, are left out.</summary>
    public IReadOnlyList<CrashReport> Since(DateTimeOffset since, int most)
    {
        var found = new List<CrashReport>();
        foreach (var path in Enumerable.Reverse(Names()))
        {
            if (found.Count >= most)
            {
                break;
            }

            if (Read(path) is { } report && report.AtMs >= since.ToUnixTimeMilliseconds())
            {
                found.Add(report);
            }
        }

        return found;
    }

    /// <summary>Null when there is no such report.</summary>
    public static CrashReport? Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MostBytes } ? CrashReport.FromJson(File.ReadAllBytes(path)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // In the order of time, since names begin with it.
    private string[] Names()
    {
        try
        {
            var names = System.IO.Directory.GetFiles(Directory, "*" + Ending);
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
