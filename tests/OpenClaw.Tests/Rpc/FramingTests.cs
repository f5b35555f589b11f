using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Framing;
using OpenClaw.Tests.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

public sealed class FramingTests
{
    private static readonly ReadRules Rules = new(1 << 20, "gzip", IsServer: true);

    [Fact]
    public void MessagesComeBackHoweverTheBytesAreCut() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll<byte[][], PositiveInt, bool>(
                (payloads, piece, gzip) =>
                {
                    var sent = payloads
                        .Select((p, i) => new EchoRequest { Count = i, Payload = ByteString.CopyFrom(Repeat(p ?? [], i)) })
                        .ToList();
                    var buffer = Cut(Frames(sent, gzip), piece.Get);
                    foreach (var message in sent)
                    {
                        if (Read(ref buffer, out var got, out _) != ReadOutcome.Message || !got!.Equals(message))
                        {
                            return false;
                        }
                    }
                    return buffer.IsEmpty && Read(ref buffer, out _, out _) == ReadOutcome.NeedMore;
                }
            )
        );

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryPrefixOfAFrameNeedsMore(bool gzip)
    {
        var bytes = Frames([new EchoRequest { Text = new string('a', 600) }], gzip);
        for (var length = 0; length < bytes.Length; length++)
        {
            var buffer = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.Equal(ReadOutcome.NeedMore, Read(ref buffer, out _, out var failure));
            Assert.Null(failure);
            Assert.Equal(length, buffer.Length);
        }
    }

    [Fact]
    public void RandomBytesNeverThrow() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll<byte[], byte>(
                (bytes, flag) =>
                {
                    byte[] frame = [(byte)(flag & 1), 0, 0, 0, (byte)(bytes?.Length ?? 0), .. bytes ?? []];
                    var buffer = new ReadOnlySequence<byte>(frame);
                    var outcome = Read(ref buffer, out var message, out var failure);
                    return outcome switch
                    {
                        ReadOutcome.Message => message is not null && failure is null,
                        ReadOutcome.Failed => failure is not null,
                        _ => false,
                    };
                }
            )
        );

    [Fact]
    public void TooLargeIsSeenFromThePrefixAlone()
    {
        var buffer = new ReadOnlySequence<byte>([0, 0x00, 0x10, 0x00, 0x01]);
        Assert.Equal(ReadOutcome.Failed, Read(ref buffer, out _, out var failure));
        Assert.Equal((Catalogue.MessageTooLarge, "1048577"), (failure!.Entry, failure.Data["size"]));
        buffer = new([0, 0xFF, 0xFF, 0xFF, 0xFF]);
        Assert.Equal(ReadOutcome.Failed, Read(ref buffer, out _, out failure));
        Assert.Equal("4294967295", failure!.Data["size"]);
    }

    [Fact]
    public void TheLimitItselfFits()
    {
        var message = new EchoRequest { Payload = ByteString.CopyFrom(new byte[1000]) };
        var size = message.CalculateSize();
        var writer = new ArrayBufferWriter<byte>();
        Assert.Null(MessageWriter.Write(writer, message, size, gzip: false));
        Assert.Equal(Catalogue.MessageTooLarge, MessageWriter.Write(writer, message, size - 1, gzip: false)!.Entry);
        Assert.Equal(size + 5, writer.WrittenCount);
        var buffer = new ReadOnlySequence<byte>(writer.WrittenMemory);
        Assert.Equal(ReadOutcome.Message, MessageReader.Read(ref buffer, EchoRequest.Parser, new(size, null, true), out _, out _));
    }

    [Fact]
    public void ASmallGzipCannotGrowOverTheLimit()
    {
        var bytes = Frames([new EchoRequest { Payload = ByteString.CopyFrom(new byte[2 << 20]) }], gzip: true, limit: 4 << 20);
        Assert.True(bytes.Length < 100_000);
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.Equal(ReadOutcome.Failed, Read(ref buffer, out _, out var failure));
        Assert.Equal(Catalogue.MessageTooLarge, failure!.Entry);
    }

    [Fact]
    public void TwentyBytesThatSayTheyAreAHundredMillionCostNoMemory()
    {
        const int Said = 500_000_000;
        var bytes = new byte[25];
        bytes[0] = 1;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), 20);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(21), Said);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var buffer = new ReadOnlySequence<byte>(bytes);
        var outcome = MessageReader.Read(ref buffer, EchoRequest.Parser, new(Said + 1, "gzip", true), out _, out var failure);
        Assert.Equal((ReadOutcome.Failed, Catalogue.Protocol), (outcome, failure!.Entry));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void ATruncatedGzipIsNotAMessage()
    {
        var whole = Frames([new EchoRequest { Text = string.Concat(Enumerable.Range(0, 500).Select(n => $"{n * 7919},")) }], gzip: true);
        for (var cut = 1; cut < whole.Length - 5; cut += 7)
        {
            var bytes = whole[..^cut];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - 5);
            var buffer = new ReadOnlySequence<byte>(bytes);
            Assert.Equal(ReadOutcome.Failed, Read(ref buffer, out _, out var failure));
            Assert.Equal(Catalogue.Protocol, failure!.Entry);
        }
    }

    [Fact]
    public void WritingAllocatesNothingAndReadingOnlyTheMessage()
    {
        const int Count = 10_000;
        using var buffer = new PooledBuffer();
        var request = new EchoRequest { Count = 5 };
        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Count; i++)
            {
                Assert.Null(MessageWriter.Write(buffer, request, 1000, gzip: false));
                var sequence = buffer.Sequence;
                MessageReader.Read(ref sequence, EchoRequest.Parser, Rules, out _, out _);
                buffer.Consume(buffer.Length);
            }
            return (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        }
        Round();
        // One EchoRequest: four fields, the unknown ones, a header.
        Assert.InRange(Round(), 1, 64);
    }

    [Theory]
    [InlineData(1, null, true, "clw-protocol")]
    [InlineData(1, "identity", true, "clw-protocol")]
    [InlineData(1, "snappy", true, "clw-unimplemented")]
    [InlineData(1, "snappy", false, "clw-protocol")]
    [InlineData(2, "gzip", true, "clw-protocol")]
    [InlineData(1, "gzip", true, "clw-protocol")] // marked as gzip, and is not
    public void FlagsAreJudgedAsTheProtocolSays(byte flag, string? encoding, bool server, string code)
    {
        var buffer = new ReadOnlySequence<byte>([flag, 0, 0, 0, 2, 8, 1]);
        Assert.Equal(
            ReadOutcome.Failed,
            MessageReader.Read(ref buffer, EchoRequest.Parser, new(100, encoding, server), out _, out var failure)
        );
        Assert.Equal(code, failure!.Code);
    }

    [Fact]
    public void BytesThatAreNoMessageAreAFailure()
    {
        var buffer = new ReadOnlySequence<byte>([0, 0, 0, 0, 2, 0x0A, 0x7F]);
        Assert.Equal(ReadOutcome.Failed, Read(ref buffer, out _, out var failure));
        Assert.Equal((Catalogue.Protocol, "message"), (failure!.Entry, failure.Data["cause"]));
    }

    [Fact]
    public void ThePooledBufferIsAQueueOfBytes() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll<byte[][]>(pieces =>
            {
                using var buffer = new PooledBuffer();
                var model = new List<byte>();
                foreach (var piece in pieces.Select((p, i) => Repeat(p ?? [], i * 50)))
                {
                    buffer.Write(piece);
                    model.AddRange(piece);
                    var taken = model.Count / 3;
                    buffer.Consume(taken);
                    model.RemoveRange(0, taken);
                    if (!buffer.Written.Span.SequenceEqual(model.ToArray()))
                    {
                        return false;
                    }
                }
                return true;
            })
        );

    private static ReadOutcome Read(ref ReadOnlySequence<byte> buffer, out EchoRequest? message, out Failure? failure) =>
        MessageReader.Read(ref buffer, EchoRequest.Parser, Rules, out message, out failure);

    private static byte[] Frames(IEnumerable<EchoRequest> messages, bool gzip, int limit = 1 << 20)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (var message in messages)
        {
            Assert.Null(MessageWriter.Write(writer, message, limit, gzip));
        }
        return writer.WrittenSpan.ToArray();
    }

    private static byte[] Repeat(byte[] bytes, int times) => [.. Enumerable.Repeat(bytes, times + 1).SelectMany(b => b)];

    private static ReadOnlySequence<byte> Cut(byte[] bytes, int piece)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, 0);
        var last = first;
        foreach (var chunk in bytes.Chunk(piece))
        {
            last = last.Append(chunk);
        }
        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
