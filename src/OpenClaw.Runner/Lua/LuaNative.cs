using System.Runtime.InteropServices;

namespace OpenClaw.Runner.Lua;

/// <summary>
/// The calls of Lua 5.4's C API that we use. Those that can raise a Lua error of their own (luaL_check…, lua_error, lua_gettable
/// and others that run metamethods) are missing on purpose: an error is a longjmp, and one across a managed frame is the end of the
/// process. What is here raises nothing but "not enough memory", and that cannot come while <see cref="LuaMemory"/> grants overdraft.
/// </summary>
internal static unsafe partial class LuaNative
{
    private const string Library = "lua54";

    public const int MultipleResults = -1;
    public const int Ok = 0;
    public const int SyntaxError = 3;
    public const int MemoryError = 4;
    public const int ErrorInHandler = 5;

    public const int TypeNil = 0;
    public const int TypeBoolean = 1;
    public const int TypeLightUserData = 2;
    public const int TypeNumber = 3;
    public const int TypeString = 4;
    public const int TypeTable = 5;
    public const int TypeFunction = 6;
    public const int TypeUserData = 7;

    [LibraryImport(Library)]
    public static partial nint lua_newstate(delegate* unmanaged[Cdecl]<void*, void*, nuint, nuint, void*> allocator, void* data);

    public const int CollectGarbage = 2;

    /// <summary>Variadic in C; collecting takes no further argument.</summary>
    [LibraryImport(Library)]
    public static partial int lua_gc(nint state, int what);

    [LibraryImport(Library)]
    public static partial void lua_close(nint state);

    [LibraryImport(Library)]
    public static partial void luaL_openlibs(nint state);

    [LibraryImport(Library)]
    public static partial int luaL_loadbufferx(nint state, byte* code, nuint size, byte* name, byte* mode);

    [LibraryImport(Library)]
    public static partial int lua_dump(
        nint state,
        delegate* unmanaged[Cdecl]<nint, byte*, nuint, void*, int> writer,
        void* data,
        int strip
    );

    [LibraryImport(Library)]
    public static partial int lua_pcallk(nint state, int arguments, int results, int handler, nint context, nint continuation);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int lua_gettop(nint state);

    [LibraryImport(Library)]
    public static partial void lua_settop(nint state, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void lua_pushvalue(nint state, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void lua_rotate(nint state, int index, int count);

    [LibraryImport(Library)]
    public static partial int lua_checkstack(nint state, int room);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int lua_type(nint state, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int lua_isinteger(nint state, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int lua_toboolean(nint state, int index);

    [LibraryImport(Library)]
    public static partial long lua_tointegerx(nint state, int index, int* isNumber);

    [LibraryImport(Library)]
    public static partial double lua_tonumberx(nint state, int index, int* isNumber);

    [LibraryImport(Library)]
    public static partial byte* lua_tolstring(nint state, int index, nuint* length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void* lua_touserdata(nint state, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial ulong lua_rawlen(nint state, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int lua_rawequal(nint state, int a, int b);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void lua_pushnil(nint state);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void lua_pushboolean(nint state, int value);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void lua_pushinteger(nint state, long value);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void lua_pushnumber(nint state, double value);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void lua_pushlightuserdata(nint state, void* value);

    [LibraryImport(Library)]
    public static partial byte* lua_pushlstring(nint state, byte* text, nuint length);

    [LibraryImport(Library)]
    public static partial void lua_pushcclosure(nint state, delegate* unmanaged[Cdecl]<nint, int> function, int upvalues);

    [LibraryImport(Library)]
    public static partial void lua_createtable(nint state, int arrayRoom, int hashRoom);

    /// <summary>Memory of the state's own: counted against its limit, freed when nothing refers to it.</summary>
    [LibraryImport(Library)]
    public static partial void* lua_newuserdatauv(nint state, nuint bytes, int values);

    /// <summary><see cref="lua_tointegerx"/> of a value that is known to be a number: parses nothing, so that it is as short as it looks.</summary>
    [LibraryImport(Library, EntryPoint = "lua_tointegerx")]
    [SuppressGCTransition]
    public static partial long lua_numbertointegerx(nint state, int index, int* isNumber);

    [LibraryImport(Library)]
    public static partial int lua_rawget(nint state, int index);

    [LibraryImport(Library)]
    public static partial int lua_rawgeti(nint state, int index, long at);

    [LibraryImport(Library)]
    public static partial int lua_rawgetp(nint state, int index, void* key);

    [LibraryImport(Library)]
    public static partial void lua_rawset(nint state, int index);

    [LibraryImport(Library)]
    public static partial void lua_rawseti(nint state, int index, long at);

    [LibraryImport(Library)]
    public static partial void lua_rawsetp(nint state, int index, void* key);

    [LibraryImport(Library)]
    public static partial int lua_next(nint state, int index);

    [LibraryImport(Library)]
    public static partial int lua_getmetatable(nint state, int index);

    [LibraryImport(Library)]
    public static partial int lua_setmetatable(nint state, int index);

    /// <summary>The pseudo-index of the registry: -LUAI_MAXSTACK - 1000.</summary>
    public const int Registry = -1_001_000;

    /// <summary>The registry's slot of the table of globals.</summary>
    public const int GlobalsSlot = 2;

    public static void Pop(nint state, int count) => lua_settop(state, -count - 1);

    public static void Push(nint state, ReadOnlySpan<byte> text)
    {
        fixed (byte* p = text)
        {
            _ = lua_pushlstring(state, p, (nuint)text.Length);
        }
    }

    /// <summary>The bytes of a string on the stack; valid while it is there. Empty when it is no string: numbers are not converted, which would change them in place.</summary>
    public static ReadOnlySpan<byte> Text(nint state, int index)
    {
        if (lua_type(state, index) != TypeString)
        {
            return default;
        }
        nuint length;
        var bytes = lua_tolstring(state, index, &length);
        return new ReadOnlySpan<byte>(bytes, checked((int)length));
    }

    /// <summary>Pushes a global without asking metamethods.</summary>
    public static int PushGlobal(nint state, ReadOnlySpan<byte> name)
    {
        _ = lua_rawgeti(state, Registry, GlobalsSlot);
        Push(state, name);
        var type = lua_rawget(state, -2);
        lua_rotate(state, -2, -1);
        Pop(state, 1);
        return type;
    }

    /// <summary>Pops the value on top and sets it as a global.</summary>
    public static void PopGlobal(nint state, ReadOnlySpan<byte> name)
    {
        _ = lua_rawgeti(state, Registry, GlobalsSlot);
        Push(state, name);
        lua_rotate(state, -3, -1);
        lua_rawset(state, -3);
        Pop(state, 1);
    }

    [LibraryImport("libc")]
    [SuppressGCTransition]
    public static partial void* realloc(void* block, nuint size);

    [LibraryImport("libc")]
    public static partial void* malloc(nuint size);

    [LibraryImport("libc")]
    [SuppressGCTransition]
    public static partial void free(void* block);

    /// <summary>With NULL: writes out what every C stream holds back.</summary>
    [LibraryImport("libc")]
    public static partial int fflush(void* stream);
}
