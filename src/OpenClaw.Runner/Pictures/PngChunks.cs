using System.Buffers.Binary;

namespace OpenClaw.Runner.Pictures;

/// <summary>
/// Walks a file's chunks and holds every byte against the chunk's checksum. Memory: one buffer, whatever lengths the file claims.
/// One thread.
/// </summary>
internal sealed class PngChunks(Stream source)
{
    private readonly byte[] buffer = new byte[32 << 10];
    private int at;
    private int end;
    private long bufferAt;
    private uint crc;
    private bool open;

    /// <summary>Four letters, big-endian.</summary>
    public uint Type { get; private set; }

    /// <summary>Bytes of the chunk's data that are not read.</summary>
    public int Left { get; private set; }

    /// <summary>Offset in the file of the chunk's length field.</summary>
    public long ChunkAt { get; private set; }

    /// <summary>Offset of the next byte.</summary>
    public long Position => bufferAt + at;

    public string Name => PngFormat.Name(Type);

    public void Signature()
    {
        var wanted = PngFormat.Signature;
        for (var i = 0; i < wanted.Length; i++)
        {
            if ((at == end && !Fill()) || buffer[at] != wanted[i])
            {
                throw new PictureException(i == 0 ? "this is not a PNG picture" : Damaged(i), Position);
            }
            at++;
        }

        static string Damaged(int place) =>
            place < 4
                ? "this is not a PNG picture: its signature is damaged"
                : "the signature is damaged, as by a transfer that changes the ends of lines";
    }

    /// <summary>Finishes the chunk, and reads the head of the next one.</summary>
    public void Next()
    {
        Finish();
        ChunkAt = Position;
        Span<byte> head = stackalloc byte[8];
        for (var i = 0; i < head.Length; i++)
        {
            if (at == end && !Fill())
            {
                throw new PictureException("the file ends before the picture does: there is no chunk IEND", Position);
            }
            head[i] = buffer[at++];
        }
        var length = BinaryPrimitives.ReadUInt32BigEndian(head);
        Type = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (!PngFormat.IsName(Type))
        {
            throw new PictureException("what should be a chunk has no name of four letters", ChunkAt + 4);
        }
        if (length > PngFormat.MaxChunkBytes)
        {
            throw new PictureException($"chunk {Name} claims {length} bytes, which no chunk may have", ChunkAt);
        }
        Left = (int)length;
        crc = Crc32.Append(0, head[4..]);
        open = true;
    }

    /// <summary>Reads data of the chunk; 0 at its end.</summary>
    public int Read(Span<byte> into)
    {
        if (Left == 0 || into.IsEmpty)
        {
            return 0;
        }
        if (at == end && !Fill())
        {
            throw new PictureException($"the file ends inside chunk {Name}: {Left} bytes of it are missing", Position);
        }
        var count = Math.Min(Math.Min(into.Length, Left), end - at);
        var part = buffer.AsSpan(at, count);
        part.CopyTo(into);
        crc = Crc32.Append(crc, part);
        at += count;
        Left -= count;
        return count;
    }

    public void ReadExactly(Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var count = Read(into);
            if (count == 0)
            {
                throw new PictureException($"chunk {Name} is too short", ChunkAt);
            }
            into = into[count..];
        }
    }

    /// <summary>Reads what is left of the chunk and compares its checksum.</summary>
    public void Finish()
    {
        if (!open)
        {
            return;
        }
        Span<byte> rest = stackalloc byte[4096];
        while (Left > 0)
        {
            _ = Read(rest);
        }
        open = false;
        var where = Position;
        var stored = 0u;
        for (var i = 0; i < 4; i++)
        {
            if (at == end && !Fill())
            {
                throw new PictureException($"the file ends inside chunk {Name}: its checksum is missing", Position);
            }
            stored = (stored << 8) | buffer[at++];
        }
        if (stored != crc)
        {
            throw new PictureException($"the checksum of chunk {Name} is wrong", where);
        }
    }

    private bool Fill()
    {
        bufferAt += end;
        at = 0;
        end = source.Read(buffer);
        if (bufferAt + end > PictureLimits.MaxFileBytes)
        {
            throw new PictureException($"the file is over {PictureLimits.MaxFileBytes >> 20} MiB", bufferAt);
        }
        return end > 0;
    }
}
