using System.Runtime.InteropServices;

namespace OpenClaw.Abi.Processes;

/// <summary>Asks the system what this process may do with a file.</summary>
public static class FileAccessCheck
{
    private const int ExecuteOk = 1;

    /// <summary>Null when the system would execute the file, else why not: no executable bit for us, or a mount that forbids it.</summary>
    public static unsafe string? WhyNotExecutable(string path)
    {
        using var text = new NativeText([path]);
        return Native.access(text.First, ExecuteOk) == 0 ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
    }
}
