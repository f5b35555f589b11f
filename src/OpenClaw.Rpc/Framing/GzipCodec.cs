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

    /// <summary>Unpacks at most <paramref name="maxSize"/> bytes: a small message cannot grow into a large one unseen.</summary>
    public static T? Read<T>(ReadOnlySequence<byte> body, MessageParser<T> parser, int maxSize, out Failure? failure)
        where T : class, IMessage<T>, IBufferMessage
    {
        failure = null;
        var packed = ArrayPool<byte>.Shared.Rent(Math.Max(1, (int)body.Length));
        using var plain = new PooledBuffer();
        try
        {
            body.CopyTo(packed);
            using var gzip = new GZipStream(new MemoryStream(packed, 0, (int)body.Length, writable: false), CompressionMode.Decompress);
            while (true)
            {
                var read = gzip.Read(plain.GetSpan(4096));
                if (read == 0)
                {
                    // The stream does not mind an input that ends early; its last four bytes are the length that it should have.
                    if (body.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan((int)body.Length - 4)) != plain.Length)
                    {
                        throw new InvalidDataException();
                    }
                    return parser.ParseFrom(plain.Written.Span);
                }
                plain.Advance(read);
                if (plain.Length > maxSize)
                {
                    failure = MessageWriter.TooLarge("unpacked", plain.Length, maxSize);
                    return null;
                }
            }
        }
        catch (InvalidDataException)
        {
            failure = MessageReader.Broken("a message marked as gzip is not gzip", "gzip");
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }
}
