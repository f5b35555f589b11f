using System.Globalization;

namespace OpenClaw.Hosting.Logs;

/// <summary>
/// Several workers of one machine may have one log directory. Each has files of its own there, and always the same: the first
/// <c>worker.log</c>, the next <c>worker-2.log</c>. Two that wrote one file would rotate it under each other's hands, and show each
/// other's lines as theirs.
/// </summary>
public static class LogShare
{
    private const int MostShares = 1000;

    /// <summary>What the names of this program's files have behind the program's own: empty, or <c>-2</c> and on.</summary>
    /// <param name="directory">Where logs are; made if need be.</param>
    /// <param name="component">The program.</param>
    /// <param name="owner">The directory that is its alone: its files are known by it, through every restart.</param>
    public static string Suffix(string directory, string component, string owner)
    {
        try
        {
            Directory.CreateDirectory(directory);
            for (var i = 1; i <= MostShares; i++)
            {
                var suffix = i == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{i}");
                if (IsOurs(Path.Combine(directory, $".{component}{suffix}.of"), Path.GetFullPath(owner)))
                {
                    return suffix;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing can be written here, and the log says so itself when it tries.
        }

        return "";
    }

    // A claim whose owner is gone is free: whoever removed the directory has no worker there any more.
    private static bool IsOurs(string claim, string owner)
    {
        if (!File.Exists(claim))
        {
            var mine = $"{claim}.{Environment.ProcessId}";
            File.WriteAllText(mine, owner + "\n");
            try
            {
                File.Move(mine, claim, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(claim))
            {
                // Another one was faster.
                File.Delete(mine);
            }
        }

        var holder = File.ReadAllText(claim).Trim();
        if (holder == owner)
        {
            return true;
        }

        if (Directory.Exists(holder))
        {
            return false;
        }

        File.WriteAllText(claim, owner + "\n");
        return true;
    }
}
