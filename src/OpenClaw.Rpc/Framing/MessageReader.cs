using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Framing;

/// <summary>What <see cref="MessageReader.Read{T}"/> found.</summary>
public enum ReadOutcome
{
    /// <summary>The buffer ends before the message does; it is untouched.</summary>
    NeedMore,

    /// <summary>A message was taken from the buffer.</summary>
    Message,

    /// <summary>The stream cannot be read any further.</summary>
    Failed,
}

/// <summary>What a receiver accepts.</summary>
/// <param name="MaxSize">The limit of one message in bytes, as it arrives and after decompression.</param>
/// <param name="Encoding">The peer's <c>grpc-encoding</c>; null when it sent none.</param>
/// <param name="IsServer">An encoding that we do not know is UNIMPLEMENTED at a server, INTERNAL at a client.</param>
public readonly record struct ReadRules(int MaxSize, string? Encoding, bool IsServer);

/// <summary>Reads length-prefixed messages from whatever has arrived. Holds no state: safe for any thread.</summary>
public static class MessageReader
{
    /// <summary>Takes the next message off the buffer's front.</summary>
    /// <param name="buffer">What has arrived; moved behind the message.</param>
    /// <param name="parser">The generated parser.</param>
    /// <param name="rules">Limits and encoding.</param>
    /// <param name="message">The message, when there is one.</param>
    /// <param name="failure">
    /// Why not: <c>clw-message-too-large</c> (judged by the prefix alone, before the bytes arrive), <c>clw-protocol</c>
    /// or <c>clw-unimplemented</c>.
    /// </param>
    public static ReadOutcome Read<T>(
        ref ReadOnlySequence<byte> buffer,
        MessageParser<T> parser,
        in ReadRules rules,
        out T? message,
        out Failure? failure
    )
        where T : class, IMessage<T>, IBufferMessage
    {
        message = null;
        failure = null;
        if (buffer.Length < MessageWriter.PrefixSize)
        {
            return ReadOutcome.NeedMore;
        }
        Span<byte> split = stackalloc byte[MessageWriter.PrefixSize];
        scoped var prefix = buffer.FirstSpan;
        if (prefix.Length < MessageWriter.PrefixSize)
        {
            buffer.Slice(0, MessageWriter.PrefixSize).CopyTo(split);
            prefix = split;
        }
        var size = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        failure = CheckFlag(prefix[0], rules);
        if (failure is null && size > (uint)rules.MaxSize)
        {
            failure = MessageWriter.TooLarge("received", size, rules.MaxSize);
        }
        if (failure is not null)
        {
            return ReadOutcome.Failed;
        }
        if (buffer.Length - MessageWriter.PrefixSize < size)
        {
            return ReadOutcome.NeedMore;
        }
        var body = buffer.Slice(MessageWriter.PrefixSize, (int)size);
        try
        {
            message =
                prefix[0] != 0 ? GzipCodec.Read(body, parser, rules.MaxSize, out failure)
                : body.IsSingleSegment ? parser.ParseFrom(body.FirstSpan)
                : parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException e)
        {
            failure = Broken($"a message of {size} bytes is not what its type says: {e.Message}", "message");
        }
        if (failure is not null)
        {
            return ReadOutcome.Failed;
        }
        buffer = buffer.Slice(body.End);
        return ReadOutcome.Message;
    }

    /// <summary>The failure of a stream that ended inside a message.</summary>
    public static Failure Truncated(long left) => Broken($"the stream ended inside a message, after {left} bytes of it", "truncated");

    /// <summary>A <c>clw-protocol</c> failure; <paramref name="what"/> is a clause without a final stop.</summary>
    public static Failure Broken(string what, string cause) =>
        new(Catalogue.Protocol, $"The other side broke the protocol: {what}.")
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["cause"] = cause },
        };

    private static Failure? CheckFlag(byte flag, in ReadRules rules)
    {
        if (flag == 0 || (flag == 1 && rules.Encoding == RpcProtocol.Gzip))
        {
            return null;
        }
        if (flag > 1)
        {
            return Broken($"the compressed flag of a message is {flag}", "flag");
        }
        if (rules.Encoding is null or RpcProtocol.Identity)
        {
            return Broken("a message is marked as compressed, and no encoding was named", "flag");
        }
        var what = $"messages compressed with '{rules.Encoding}' are not understood, only identity and gzip are";
        return rules.IsServer ? new Failure(Catalogue.Unimplemented, what) : Broken(what, "encoding");
    }
}
