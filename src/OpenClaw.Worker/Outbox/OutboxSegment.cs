using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Worker.Outbox;

/// <summary>One file of the outbox, written at its end only.</summary>
internal sealed class OutboxSegment : IDisposable
{
    private readonly SafeFileHandle handle;

    private OutboxSegment(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        this.handle = handle;
        Length = length;
    }

    public string Path { get; }
    public long Length { get; private set; }

    /// <summary>Records that are not acknowledged.</summary>
    public int Live { get; set; }

    public static OutboxSegment Create(string path)
    {
        var created = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        var segment = new OutboxSegment(path, created, 0);
        try
        {
            segment.Append(OutboxFormat.Magic);
            return segment;
        }
        catch (IOException)
        {
            // A full disk takes the name and not the bytes. Each try would leave a file and a descriptor behind.
            segment.Delete();
            throw;
        }
    }

    /// <summary>Opens a segment that is there and cuts it after its last good record.</summary>
    public static OutboxSegment Open(string path, long goodBytes)
    {
        var opened = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        if (RandomAccess.GetLength(opened) > goodBytes)
        {
            RandomAccess.SetLength(opened, goodBytes);
        }

        return new OutboxSegment(path, opened, goodBytes);
    }

    // Not fsynced, on purpose: it survives the death of the process; after a power loss the task runs again.
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(handle, bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>Nothing in it is needed any more: starts over in the same file.</summary>
    public void Clear()
    {
        RandomAccess.SetLength(handle, OutboxFormat.Magic.Length);
        Length = OutboxFormat.Magic.Length;
    }

    public void Delete()
    {
        Dispose();
        File.Delete(Path);
    }

    public void Dispose() => handle.Dispose();
}
