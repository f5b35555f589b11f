namespace OpenClaw.Runner.Lua;

/// <summary>What the two directions of JSON share.</summary>
internal static unsafe class LuaJson
{
    /// <summary>Tables in tables, both ways.</summary>
    public const int MaxDepth = 100;

    /// <summary>The text of Lua's own error for lack of memory.</summary>
    public const string NoMemory = "not enough memory";

    private static readonly byte* Mark = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(1);

    /// <summary>The registry key of the metatable that tells an array, an empty one above all, from an object.</summary>
    public static void* ArrayMark => Mark;

    /// <summary>Pops a table, which becomes the metatable of arrays.</summary>
    public static void SetArrayMark(nint state) => LuaNative.lua_rawsetp(state, LuaNative.Registry, ArrayMark);

    /// <summary>Marks the table on top as an array.</summary>
    public static void MarkArray(nint state)
    {
        _ = LuaNative.lua_rawgetp(state, LuaNative.Registry, ArrayMark);
        _ = LuaNative.lua_setmetatable(state, -2);
    }

    public static bool IsMarkedArray(nint state, int index)
    {
        if (LuaNative.lua_getmetatable(state, index) == 0)
        {
            return false;
        }
        _ = LuaNative.lua_rawgetp(state, LuaNative.Registry, ArrayMark);
        var same = LuaNative.lua_rawequal(state, -1, -2) != 0;
        LuaNative.Pop(state, 2);
        return same;
    }
}
