using System.Buffers;

namespace OpenClaw.Rpc.Framing;

/// <summary>
/// A growing run of bytes in an array of the shared pool: written at the end, read from the start. For one thread at a time.
/// After <see cref="Dispose"/> it is empty and may be used again.
/// </summary>
public sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstSize = 4096;

    // Over this an empty buffer gives its array back, so that one large message does not stay in memory for hours.
    private const int KeepSize = 256 * 1024;

    private byte[] array = [];
    private int start;
    private int end;

    /// <summary>Bytes written and not yet consumed.</summary>
    public int Length => end - start;

    public ReadOnlyMemory<byte> Written => array.AsMemory(start, end - start);

    public ReadOnlySequence<byte> Sequence => new(array, start, end - start);

    public void Advance(int count) => end += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return array.AsMemory(end);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return array.AsSpan(end);
    }

    /// <summary>Drops bytes from the start.</summary>
    public void Consume(int count)
    {
        start += count;
        if (start == end)
        {
            start = end = 0;
            if (array.Length > KeepSize)
            {
                Dispose();
            }
        }
    }

    /// <summary>Forgets what was written last, back to this length.</summary>
    public void Truncate(int length) => end = start + length;

    public void Dispose()
    {
        var old = array;
        array = [];
        start = end = 0;
        if (old.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }

    private void Ensure(int sizeHint)
    {
        var wanted = Math.Max(sizeHint, 1);
        if (array.Length - end >= wanted)
        {
            return;
        }
        var length = end - start;
        // Moving pays when half of the array is free; else it would be done again and again.
        if (start > 0 && array.Length - length >= wanted && length <= array.Length / 2)
        {
            array.AsSpan(start, length).CopyTo(array);
        }
        else
        {
            var grown = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstSize, array.Length * 2), checked(length + wanted)));
            array.AsSpan(start, length).CopyTo(grown);
            if (array.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(array);
            }
            array = grown;
        }
        start = 0;
        end = length;
    }
}
