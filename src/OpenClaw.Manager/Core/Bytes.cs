using Google.Protobuf;

namespace OpenClaw.Manager.Core;

internal static class Bytes
{
    /// <summary>Bytes for the wire without a copy. The memory must not change afterwards: ours never does once stored.</summary>
    public static ByteString Wrap(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(bytes);
}
