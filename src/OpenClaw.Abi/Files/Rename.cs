using System.Runtime.InteropServices;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Abi.Files;

/// <summary>rename(2): the new name is the old file at once, and never missing. .NET's own moves do not take links to directories.</summary>
public static class Rename
{
    /// <summary>Puts what has one name in the place of another, whatever stood there.</summary>
    /// <exception cref="IOException">The system refuses; nothing has changed.</exception>
    public static void Over(string from, string to)
    {
        if (Native.rename(from, to) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException($"{from} cannot be renamed to {to}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }
}
