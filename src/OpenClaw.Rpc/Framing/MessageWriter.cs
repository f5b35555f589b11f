using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Framing;

/// <summary>Writes one length-prefixed message: flag (1 byte), length (4 bytes, big endian), message.</summary>
public static class MessageWriter
{
    public const int PrefixSize = 5;

    // Up to here a message is written into one span; above, protobuf cuts it into the writer's own pieces.
    private const int OneSpan = 32 * 1024;

    /// <summary>
    /// Serialises straight into the writer. Nothing is written when the message, before compression, is over the limit.
    /// </summary>
    /// <returns>Null, or why the message was not written (<c>clw-message-too-large</c>).</returns>
    public static Failure? Write<T>(IBufferWriter<byte> writer, T message, int maxSize, bool gzip)
        where T : class, IMessage<T>, IBufferMessage
    {
        var size = message.CalculateSize();
        if (size > maxSize)
        {
            return TooLarge("sent", size, maxSize);
        }
        // Below this, gzip only adds bytes.
        if (gzip && size >= GzipCodec.MinSize)
        {
            GzipCodec.Write(writer, message, size);
        }
        else if (size <= OneSpan)
        {
            var span = writer.GetSpan(PrefixSize + size);
            Prefix(span, 0, size);
            message.WriteTo(span.Slice(PrefixSize, size));
            writer.Advance(PrefixSize + size);
        }
        else
        {
            Prefix(writer.GetSpan(PrefixSize), 0, size);
            writer.Advance(PrefixSize);
            message.WriteTo(writer);
        }
        return null;
    }

    internal static void Prefix(Span<byte> span, byte flag, int size)
    {
        span[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], size);
    }

    internal static Failure TooLarge(string verb, long size, int maxSize) =>
        new(Catalogue.MessageTooLarge, $"A message of {size} bytes cannot be {verb}: the limit is {maxSize} bytes.")
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["size"] = $"{size}", ["limit"] = $"{maxSize}" },
        };
}
