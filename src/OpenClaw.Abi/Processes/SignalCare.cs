using System.Globalization;

namespace OpenClaw.Abi.Processes;

/// <summary>What another process does about a signal.</summary>
public static class SignalCare
{
    private const string Caught = "SigCgt:";

    /// <summary>Whether the process has a handler of its own for the signal; null where the system does not tell (macOS), or when it is gone.</summary>
    public static bool? Catches(int processId, int signal)
    {
        if (!Native.IsLinux)
        {
            return null;
        }
        try
        {
            foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/status")))
            {
                if (line.StartsWith(Caught, StringComparison.Ordinal))
                {
                    var mask = ulong.Parse(line.AsSpan(Caught.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    return ((mask >> (signal - 1)) & 1) != 0;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Gone, or not ours to look at.
        }
        return null;
    }
}
