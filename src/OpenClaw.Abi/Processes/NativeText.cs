using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.Abi.Processes;

/// <summary>A list of strings in native memory: the NULL-terminated vector of C strings that execve and posix_spawn take.</summary>
internal sealed unsafe class NativeText : IDisposable
{
    private byte** vector;

    /// <exception cref="ArgumentException">A string holds a NUL.</exception>
    public NativeText(IReadOnlyList<string> texts)
    {
        var size = (nuint)((texts.Count + 1) * sizeof(byte*));
        foreach (var text in texts)
        {
            if (text.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException("an argument, variable or path of a process holds a NUL character", nameof(texts));
            }
            size += (nuint)Encoding.UTF8.GetByteCount(text) + 1;
        }
        vector = (byte**)NativeMemory.Alloc(size);
        var at = (byte*)(vector + texts.Count + 1);
        for (var i = 0; i < texts.Count; i++)
        {
            vector[i] = at;
            var room = Encoding.UTF8.GetMaxByteCount(texts[i].Length);
            fixed (char* chars = texts[i])
            {
                at += texts[i].Length == 0 ? 0 : Encoding.UTF8.GetBytes(chars, texts[i].Length, at, room);
            }
            *at++ = 0;
        }
        vector[texts.Count] = null;
    }

    public byte** Vector => vector;

    public byte* First => vector[0];

    public void Dispose()
    {
        NativeMemory.Free(vector);
        vector = null;
    }
}
