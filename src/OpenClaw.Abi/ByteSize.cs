using System.Globalization;

namespace OpenClaw.Abi;

/// <summary>Bytes for people.</summary>
public static class ByteSize
{
    /// <summary><c>1.5 KiB</c> below a MiB, else <c>1.5 MiB</c>: at most one digit behind the point, in every language the same.</summary>
    public static string Text(long bytes) =>
        bytes < 1 << 20
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
