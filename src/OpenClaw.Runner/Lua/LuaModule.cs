using System.Reflection;

namespace OpenClaw.Runner.Lua;

/// <summary>A function of ours that Lua calls: takes the state, gives the number of results. Ok and a value, or not ok and a message, which a code and "may be tried again" can follow.</summary>
/// <remarks>No record: the text that one makes of itself boxes a function pointer, which the native compiler cannot translate.</remarks>
internal readonly unsafe struct HostFunction
{
    private readonly nint entry;

    private HostFunction(byte[] name, nint entry)
    {
        Name = name;
        this.entry = entry;
    }

    public byte[] Name { get; }

    public static HostFunction Of(ReadOnlySpan<byte> name, delegate* unmanaged[Cdecl]<nint, int> entry) => new(name.ToArray(), (nint)entry);

    public delegate* unmanaged[Cdecl]<nint, int> Pointer => (delegate* unmanaged[Cdecl]<nint, int>)entry;
}

/// <summary>
/// A part of what scripts find: host functions, put into the table <c>host</c> that all parts share, and a Lua file that is called with
/// that table and builds the globals on them. Another part is another instance in <see cref="LuaEngine.Modules"/>.
/// </summary>
/// <param name="Name">The name of the Lua file; in tracebacks.</param>
internal sealed record LuaModule(string Name, byte[] Source, IReadOnlyList<HostFunction> Functions)
{
    /// <summary>A Lua file that is embedded in this program.</summary>
    public static byte[] Embedded(string name)
    {
        using var stream = typeof(LuaModule).Assembly.GetManifestResourceStream(name) ?? throw new MissingManifestResourceException(name);
        var source = new byte[stream.Length];
        stream.ReadExactly(source);
        return source;
    }

    private sealed class MissingManifestResourceException(string name) : InvalidOperationException($"{name} is not part of this program");
}
