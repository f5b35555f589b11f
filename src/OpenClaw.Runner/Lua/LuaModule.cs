using System.Reflection;

namespace OpenClaw.Runner.Lua;

/// <summary>A function of ours that Lua calls: takes the state, gives the number of results. Ok and a value, or not ok and a message, which a code and "may be tried again" can follow.</summary>
internal readonly unsafe record struct HostFunction(byte[] Name, nint Entry)
{
    public static HostFunction Of(ReadOnlySpan<byte> name, delegate* unmanaged[Cdecl]<nint, int> entry) => new(name.ToArray(), (nint)entry);

    public delegate* unmanaged[Cdecl]<nint, int> Pointer => (delegate* unmanaged[Cdecl]<nint, int>)Entry;
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
