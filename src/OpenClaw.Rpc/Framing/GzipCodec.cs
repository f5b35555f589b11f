using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Framing;

/// <summary>gzip of single messages. Every message is compressed for itself, as the protocol demands.</summary>
internal static class GzipCodec
{
    /// <summary>Messages under this many bytes are sent as they are.</summary>
    public const int MinSize = 512;

    /// <summary>Deflate packs no better than this.</summary>
    private const long MostRatio = 1032;

    // Checksum and length, at the end.
    private const int TrailerSize = 8;

    public static void Write<T>(IBufferWriter<byte> writer, T message, int size)
        where T : class, IMessage<T>, IBufferMessage
    {
        var plain = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            message.WriteTo(plain.AsSpan(0, size));
            using var packed = new MemoryStream(size / 2);
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(plain, 0, size);
            }
            var bytes = packed.GetBuffer().AsSpan(0, (int)packed.Length);
            MessageWriter.Prefix(writer.GetSpan(MessageWriter.PrefixSize), 1, bytes.Length);
            writer.Advance(MessageWriter.PrefixSize);
            writer.Write(bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    /// <summary>
    /// Unpacks a message of at most <paramref name="maxSize"/> bytes: a small message cannot grow into a large one unseen. Its last four
    /// bytes say how long it is (RFC 1952): too long is refused before a byte is unpacked, and one that is longer than it says is broken.
    /// </summary>
    public static T? Read<T>(ReadOnlySequence<byte> body, MessageParser<T> parser, int maxSize, out Failure? failure)
        where T : class, IMessage<T>, IBufferMessage
    {
        failure = null;
        if (body.Length < TrailerSize)
        {
            failure = NotGzip();
            return null;
        }

        // Judged before any memory is taken for it: twenty bytes may say that they are as long as the limit.
        Span<byte> said = stackalloc byte[4];
        body.Slice(body.Length - said.Length).CopyTo(said);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(said);
        if (length > MostRatio * body.Length)
        {
            // What deflate cannot have made is no length: the end is torn off.
            failure = NotGzip();
            return null;
        }

        if (length > maxSize)
        {
            failure = MessageWriter.TooLarge("unpacked", length, maxSize);
            return null;
        }

        var packed = ArrayPool<byte>.Shared.Rent((int)body.Length);
        byte[]? plain = null;
        try
        {
            body.CopyTo(packed);
            // One more than there should be: the read that fills it tells of a message that lies about its length.
            plain = ArrayPool<byte>.Shared.Rent((int)length + 1);
            using var gzip = new GZipStream(new MemoryStream(packed, 0, (int)body.Length, writable: false), CompressionMode.Decompress);
            if (gzip.ReadAtLeast(plain.AsSpan(0, (int)length + 1), (int)length + 1, throwOnEndOfStream: false) != length)
            {
                throw new InvalidDataException();
            }

            return parser.ParseFrom(plain.AsSpan(0, (int)length));
        }
        catch (InvalidDataException)
        {
            failure = NotGzip();
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
            if (plain is not null)
            {
                ArrayPool<byte>.Shared.Return(plain);
            }
        }
    }

    private static Failure NotGzip() => MessageReader.Broken("a message marked as gzip is not gzip", "gzip");
}
