using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OpenClaw.Abi.Processes;

/// <summary>What the kernel knows about its clock.</summary>
public static partial class KernelClock
{
    // struct timex of 64-bit Linux: modes at 0, status at 40.
    private const int StructureBytes = 256;
    private const int StatusAt = 40;
    private const int Unsynchronised = 0x40;
    private const int StateError = 5;

    /// <summary>Whether a time service keeps the clock right (adjtimex(2)); null where the system does not tell.</summary>
    public static unsafe bool? IsSynchronised()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            return null;
        }

        // Zeroed, so that it asks and sets nothing.
        var timex = stackalloc byte[StructureBytes];
        new Span<byte>(timex, StructureBytes).Clear();
        var state = adjtimex(timex);
        return state < 0 ? null : state != StateError && (*(int*)(timex + StatusAt) & Unsynchronised) == 0;
    }

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int adjtimex(byte* timex);
}
