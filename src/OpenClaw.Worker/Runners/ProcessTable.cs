using System.Globalization;

namespace OpenClaw.Worker.Runners;

/// <summary>Files that Linux's kernel has for each process. Elsewhere there are none, and every one is empty.</summary>
internal static class ProcessTable
{
    /// <summary>A file of a process; empty when it has ended, or is not ours to look at.</summary>
    public static string Read(int process, string file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "";
        }

        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or is not ours to look at.
            return "";
        }
    }
}
