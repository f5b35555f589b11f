using System.Globalization;

namespace OpenClaw.Abi.Processes;

/// <summary>What another process does about a signal.</summary>
public static class SignalCare
{
    private const string Caught = "SigCgt:";

    /// <summary>Signals of memory and arithmetic errors: a runtime catches them, and when it has no answer it gives up its handler.</summary>
    private static readonly int[] Faults = [Signals.SegmentationFault, Signals.Bus, 4, 8];

    /// <summary>
    /// The fault signals that this process has a handler for now. Cheap: a system call each, nothing is read.
    /// </summary>
    public static unsafe IReadOnlyList<int> CaughtFaults()
    {
        var old = stackalloc byte[256];
        var caught = new List<int>(Faults.Length);
        foreach (var signal in Faults)
        {
            *(nint*)old = 0;
            // 0 and 1 are SIG_DFL and SIG_IGN; the handler stands first in the structure.
            if (Native.sigaction(signal, null, old) == 0 && *(nint*)old is not (0 or 1))
            {
                caught.Add(signal);
            }
        }

        return caught;
    }

    /// <summary>The first of some signals that this process has no handler for any more; null while all have one.</summary>
    public static unsafe int? FirstUncaught(IReadOnlyList<int> signals)
    {
        var old = stackalloc byte[256];
        foreach (var signal in signals)
        {
            *(nint*)old = 1;
            if (Native.sigaction(signal, null, old) == 0 && *(nint*)old == 0)
            {
                return signal;
            }
        }

        return null;
    }

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
