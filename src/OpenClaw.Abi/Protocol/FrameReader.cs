using System.Buffers.Binary;

namespace OpenClaw.Abi.Protocol;

/// <summary>One frame. <see cref="Body"/> points into the reader's buffer and is valid until the reader is given more bytes.</summary>
public readonly ref struct Frame(FrameKind kind, ReadOnlySpan<byte> body)
{
    public FrameKind Kind { get; } = kind;
    public ReadOnlySpan<byte> Body { get; } = body;
}

/// <summary>What <see cref="FrameReader.TryRead(out Frame)"/> found.</summary>
public enum FrameResult
{
    /// <summary>The bytes so far do not hold a whole frame.</summary>
    NeedMore,

    /// <summary>A frame.</summary>
    Frame,

    /// <summary>The length is zero, negative or over the limit: the other end is broken and the stream cannot be read on.</summary>
    Invalid,
}

/// <summary>
/// Cuts a byte stream into frames: <c>u32</c> little-endian length of what follows, <c>u8</c> kind, body. Give it bytes with
/// <see cref="GetMemory"/> and <see cref="Advance"/>, take frames with <see cref="TryRead(out Frame)"/> until it needs more.
/// One owner; not thread-safe.
/// </summary>
/// <remarks>Starts small, because most readers of a process that runs one task read little; who is given much at a time gets more room.</remarks>
public sealed class FrameReader(int initialBytes = 2 << 10)
{
    private const int UsualBytes = 64 << 10;

    private byte[] buffer = new byte[Math.Max(initialBytes, 16)];
    private int start;
    private int end;
    private bool wasFilled;

    /// <summary>Bytes received and not yet taken. After <see cref="FrameKind.Becoming"/> this is the beginning of the program's raw output.</summary>
    public ReadOnlySpan<byte> Unread => buffer.AsSpan(start, end - start);

    /// <summary>Room for at least one more byte; as much as a whole announced frame needs. Invalidates bodies of frames taken before.</summary>
    public Memory<byte> GetMemory()
    {
        if (start == end)
        {
            start = end = 0;
        }
        var wanted = 1;
        if (Unread.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(Unread);
            wanted = length <= ProtocolLimits.MaxFrameBytes ? Math.Max(1, 4 + (int)length - Unread.Length) : 1;
        }
        if (wasFilled && buffer.Length < UsualBytes)
        {
            wanted = Math.Max(wanted, UsualBytes - Unread.Length);
        }
        if (buffer.Length - end < wanted)
        {
            var size = end - start;
            var target = size + wanted > buffer.Length ? new byte[Math.Max(size + wanted, buffer.Length * 2)] : buffer;
            Array.Copy(buffer, start, target, 0, size);
            buffer = target;
            start = 0;
            end = size;
        }
        return buffer.AsMemory(end);
    }

    /// <summary>So many bytes were put into what <see cref="GetMemory"/> gave.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, buffer.Length - end);
        end += count;
        wasFilled = end == buffer.Length;
    }

    /// <summary>Takes the next frame.</summary>
    public FrameResult TryRead(out Frame frame)
    {
        var rest = Unread;
        var result = TryRead(ref rest, out frame);
        start = end - rest.Length;
        return result;
    }

    /// <summary>Takes the first frame off <paramref name="input"/>, which is left as it is unless there is one.</summary>
    public static FrameResult TryRead(scoped ref ReadOnlySpan<byte> input, out Frame frame)
    {
        frame = default;
        if (input.Length < 4)
        {
            return FrameResult.NeedMore;
        }
        var length = BinaryPrimitives.ReadUInt32LittleEndian(input);
        if (length is 0 or > ProtocolLimits.MaxFrameBytes)
        {
            return FrameResult.Invalid;
        }
        if (input.Length < 4 + (int)length)
        {
            return FrameResult.NeedMore;
        }
        frame = new Frame((FrameKind)input[4], input.Slice(5, (int)length - 1));
        input = input[(4 + (int)length)..];
        return FrameResult.Frame;
    }
}
