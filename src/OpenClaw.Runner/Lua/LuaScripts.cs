using System.Buffers;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.Runner.Lua;

/// <summary>
/// Compiled scripts by the hash of their source. A file is read and hashed again when its size or time of change are not those that it was
/// read with, so a changed script is taken up by the next task, and one that was only copied or touched is not compiled again. At the
/// limit everything is thrown away.
/// </summary>
internal sealed unsafe class LuaScripts
{
    private const int MaxScripts = 64;
    private const long MaxSourceBytes = 16 << 20;

    private sealed record Entry(byte[] Code, byte[] ChunkName);

    private sealed record Known(long Length, DateTime Changed, Entry Chunk);

    private readonly Dictionary<string, Known> files = new(StringComparer.Ordinal);

    // By name and hash: messages name the file.
    private readonly Dictionary<string, Entry> chunks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> modules = new(StringComparer.Ordinal);

    /// <summary>What <see cref="Load(nint, string)"/> could not do.</summary>
    /// <param name="Missing">There is no such file; else it is no Lua.</param>
    /// <param name="Message">With file and line where there is one.</param>
    public sealed record Problem(bool Missing, string Message);

    /// <summary>Pushes the chunk of a script as a function. Call with overdraft.</summary>
    public Problem? Load(nint state, string path)
    {
        Entry chunk;
        FileInfo file;
        string key;
        try
        {
            file = new FileInfo(path);
            if (!file.Exists)
            {
                return new Problem(Missing: true, $"there is no file {path}");
            }
            if (files.TryGetValue(path, out var known) && known.Length == file.Length && known.Changed == file.LastWriteTimeUtc)
            {
                return Load(state, known.Chunk) is { } broken ? new Problem(Missing: false, broken) : null;
            }
            if (file.Length > MaxSourceBytes)
            {
                return new Problem(Missing: false, $"{path} is over 16 MiB");
            }
            var source = File.ReadAllBytes(path);
            key = $"{file.Name}\0{Convert.ToHexString(XxHash128.Hash(source))}";
            chunk = chunks.GetValueOrDefault(key) ?? new Entry(Source(source), Encoding.UTF8.GetBytes($"@{file.Name}\0"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem(Missing: false, $"{path} cannot be read: {e.Message}");
        }
        if (Load(state, chunk) is { } problem)
        {
            return new Problem(Missing: false, problem);
        }
        if (chunks.Count >= MaxScripts || files.Count >= MaxScripts)
        {
            files.Clear();
            chunks.Clear();
        }
        if (!chunks.ContainsKey(key))
        {
            chunk = chunk with { Code = Dump(state) };
            chunks[key] = chunk;
            Compiled++;
        }
        files[path] = new Known(file.Length, file.LastWriteTimeUtc, chunk);
        return null;
    }

    /// <summary>How many scripts were compiled since the start.</summary>
    public int Compiled { get; private set; }

    /// <summary>Pushes the chunk of a module of ours.</summary>
    public string? Load(nint state, LuaModule module)
    {
        if (modules.TryGetValue(module.Name, out var known))
        {
            return Load(state, known);
        }
        var entry = new Entry(module.Source, Encoding.UTF8.GetBytes("@" + module.Name + "\0"));
        if (Load(state, entry) is { } problem)
        {
            return problem;
        }
        modules[module.Name] = entry with { Code = Dump(state) };
        return null;
    }

    private static string? Load(nint state, Entry entry)
    {
        fixed (byte* code = entry.Code)
        fixed (byte* name = entry.ChunkName)
        {
            if (LuaNative.luaL_loadbufferx(state, code, (nuint)entry.Code.Length, name, null) == LuaNative.Ok)
            {
                return null;
            }
        }
        var problem = Encoding.UTF8.GetString(LuaNative.Text(state, -1));
        LuaNative.Pop(state, 1);
        return problem;
    }

    /// <summary>Without the byte order mark, and with a first line that starts with # as a comment, as Lua itself reads files.</summary>
    private static byte[] Source(byte[] bytes)
    {
        var start = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        if (start < bytes.Length && bytes[start] == '#')
        {
            var end = Array.IndexOf(bytes, (byte)'\n', start);
            start = end < 0 ? bytes.Length : end;
        }
        return start == 0 ? bytes : bytes[start..];
    }

    /// <summary>The compiled form of the function on top, with its line numbers. Loads in a tenth of the time.</summary>
    private static byte[] Dump(nint state)
    {
        var output = new ArrayBufferWriter<byte>();
        var handle = GCHandle.Alloc(output);
        try
        {
            _ = LuaNative.lua_dump(state, &Append, (void*)GCHandle.ToIntPtr(handle), 0);
        }
        finally
        {
            handle.Free();
        }
        return output.WrittenSpan.ToArray();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Append(nint state, byte* bytes, nuint count, void* data)
    {
        var output = (ArrayBufferWriter<byte>)GCHandle.FromIntPtr((nint)data).Target!;
        output.Write(new ReadOnlySpan<byte>(bytes, (int)count));
        return 0;
    }
}
