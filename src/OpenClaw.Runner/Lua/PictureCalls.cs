using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using OpenClaw.Runner.Pictures;

namespace OpenClaw.Runner.Lua;

/// <summary>
/// The host functions of pictures.lua. A picture's pixels are one block of the state's memory: counted against the task's limit, freed
/// with the last reference, no object of ours to keep alive. Reading and writing one of them is a call that allocates nothing, cannot
/// raise, and therefore goes without <see cref="HostCalls.Enter"/>.
/// </summary>
internal static unsafe class PictureCalls
{
    // The address is what tells a block of pixels from any other user data: no script can make one.
    private static readonly byte* Mark = (byte*)NativeMemory.Alloc(1);

    /// <summary>Stands before the pixels; four bytes each, 0xRRGGBBAA.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Block
    {
        public void* Mark;
        public int Width;
        public int Height;
        public long Count;

        public static uint* Pixels(Block* block) => (uint*)(block + 1);
    }

    public static LuaModule Pictures { get; } =
        new(
            "pictures.lua",
            LuaModule.Embedded("pictures.lua"),
            [
                HostFunction.Of("pixel"u8, &Get),
                HostFunction.Of("set_pixel"u8, &Set),
                HostFunction.Of("pixel_count"u8, &Count),
                HostFunction.Of("pixels_of"u8, &Shape),
                HostFunction.Of("load_image"u8, &Load),
                HostFunction.Of("new_image"u8, &New),
                HostFunction.Of("save_image"u8, &Save),
            ]
        );

    /// <summary>The block at an index; null when it is anything else.</summary>
    private static Block* BlockAt(nint state, int index)
    {
        if (LuaNative.lua_type(state, index) != LuaNative.TypeUserData || LuaNative.lua_rawlen(state, index) < (ulong)sizeof(Block))
        {
            return null;
        }
        var block = (Block*)LuaNative.lua_touserdata(state, index);
        return block->Mark == Mark ? block : null;
    }

    /// <summary><c>pixels[i]</c>: nil where there is none, as in a table.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Get(nint state)
    {
        var block = BlockAt(state, 1);
        if (block is not null && LuaNative.lua_type(state, 2) == LuaNative.TypeNumber)
        {
            int isInteger;
            var at = (ulong)LuaNative.lua_numbertointegerx(state, 2, &isInteger) - 1;
            if (isInteger != 0 && at < (ulong)block->Count)
            {
                LuaNative.lua_pushinteger(state, Block.Pixels(block)[at]);
                return 1;
            }
        }
        LuaNative.lua_pushnil(state);
        return 1;
    }

    /// <summary><c>pixels[i] = value</c>: true, or false where one of them does not fit; pictures.lua says which.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Set(nint state)
    {
        var block = BlockAt(state, 1);
        if (
            block is not null
            && LuaNative.lua_type(state, 2) == LuaNative.TypeNumber
            && LuaNative.lua_type(state, 3) == LuaNative.TypeNumber
        )
        {
            int isInteger;
            int isValue;
            var at = (ulong)LuaNative.lua_numbertointegerx(state, 2, &isInteger) - 1;
            var value = (ulong)LuaNative.lua_numbertointegerx(state, 3, &isValue);
            if (isInteger != 0 && isValue != 0 && at < (ulong)block->Count && value <= uint.MaxValue)
            {
                Block.Pixels(block)[at] = (uint)value;
                LuaNative.lua_pushboolean(state, 1);
                return 1;
            }
        }
        LuaNative.lua_pushboolean(state, 0);
        return 1;
    }

    /// <summary><c>#pixels</c>.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Count(nint state)
    {
        var block = BlockAt(state, 1);
        LuaNative.lua_pushinteger(state, block is null ? 0 : block->Count);
        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Shape(nint state) => HostCalls.Enter(state, &ShapeBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Load(nint state) => HostCalls.Enter(state, &LoadBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int New(nint state) => HostCalls.Enter(state, &NewBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Save(nint state) => HostCalls.Enter(state, &SaveBody);

    /// <summary>Takes the metatable that every block of pixels gets.</summary>
    private static string? ShapeBody(nint state, LuaSession session)
    {
        LuaNative.lua_pushvalue(state, 1);
        LuaNative.lua_rawsetp(state, LuaNative.Registry, Mark);
        return null;
    }

    /// <summary>path → a table of pixels, width, height, path; nil when there is no such file.</summary>
    private static string? LoadBody(nint state, LuaSession session)
    {
        if (LuaNative.lua_gettop(state) == 0 || LuaNative.lua_type(state, 1) != LuaNative.TypeString)
        {
            return session.Refuse(new Refusal(Refusal.PathRefused, "load_image: a path is needed"));
        }
        var path = Encoding.UTF8.GetString(LuaNative.Text(state, 1));
        var (real, refused) = Paths(session).ToRead(path);
        if (refused is not null)
        {
            return session.Refuse(refused);
        }
        if (real is null)
        {
            return null;
        }
        var (opened, unreadable) = PictureFile.Open(real, Environment.GetEnvironmentVariable("PATH"));
        if (opened is null)
        {
            return session.Refuse(unreadable!);
        }
        using var file = opened;
        if (PushTable(state, session, file.Width, file.Height) is not { } block)
        {
            return LuaJson.NoMemory;
        }
        if (file.Read(new Span<uint>((void*)block, checked((int)((long)file.Width * file.Height)))) is { } broken)
        {
            return session.Refuse(broken);
        }
        LuaNative.Push(state, "path"u8);
        LuaNative.Push(state, Encoding.UTF8.GetBytes(real));
        LuaNative.lua_rawset(state, -3);
        return null;
    }

    /// <summary>width, height, colour → the same table, without a path.</summary>
    private static string? NewBody(nint state, LuaSession session)
    {
        int isWidth;
        int isHeight;
        int isColor;
        var width = LuaNative.lua_tointegerx(state, 1, &isWidth);
        var height = LuaNative.lua_tointegerx(state, 2, &isHeight);
        var color = LuaNative.lua_tointegerx(state, 3, &isColor);
        if (isWidth == 0 || isHeight == 0 || isColor == 0 || color is < 0 or > uint.MaxValue)
        {
            return "new_image: width and height in pixels, and a colour 0xRRGGBBAA are needed";
        }
        if (PictureLimits.Refuse(width, height) is { } refused)
        {
            return "new_image: " + refused;
        }
        if (PushTable(state, session, (int)width, (int)height) is not { } block)
        {
            return LuaJson.NoMemory;
        }
        new Span<uint>((void*)block, checked((int)(width * height))).Fill((uint)color);
        return null;
    }

    /// <summary>Pushes the table with its pixels, which hold zeros. Null, and nothing pushed, when there is no memory for them.</summary>
    private static nint? PushTable(nint state, LuaSession session, int width, int height)
    {
        var count = (long)width * height;
        var bytes = sizeof(Block) + (count * sizeof(uint));
        if (!session.Memory->HasRoomFor(state, bytes))
        {
            return null;
        }
        LuaNative.lua_createtable(state, 0, 4);
        LuaNative.Push(state, "pixels"u8);
        var block = (Block*)LuaNative.lua_newuserdatauv(state, (nuint)bytes, 0);
        NativeMemory.Clear(block, (nuint)bytes);
        block->Mark = Mark;
        block->Width = width;
        block->Height = height;
        block->Count = count;
        _ = LuaNative.lua_rawgetp(state, LuaNative.Registry, Mark);
        _ = LuaNative.lua_setmetatable(state, -2);
        LuaNative.lua_rawset(state, -3);
        SetNumber(state, "width"u8, width);
        SetNumber(state, "height"u8, height);
        return (nint)Block.Pixels(block);
    }

    private static void SetNumber(nint state, ReadOnlySpan<byte> name, long value)
    {
        LuaNative.Push(state, name);
        LuaNative.lua_pushinteger(state, value);
        LuaNative.lua_rawset(state, -3);
    }

    /// <summary>pixels, path → the path that was written.</summary>
    private static string? SaveBody(nint state, LuaSession session)
    {
        var block = LuaNative.lua_gettop(state) == 0 ? null : BlockAt(state, 1);
        if (block is null)
        {
            return "save: the picture's pixels were replaced; assign to its elements instead: img.pixels[i] = …";
        }
        if (LuaNative.lua_type(state, 2) != LuaNative.TypeString)
        {
            return "save: a path is needed";
        }
        var (real, refused) = Paths(session).ToWrite(Encoding.UTF8.GetString(LuaNative.Text(state, 2)));
        if (refused is not null)
        {
            return session.Refuse(refused);
        }
        var pixels = new ReadOnlySpan<uint>(Block.Pixels(block), checked((int)block->Count));
        if (PictureFile.Write(real!, pixels, block->Width, block->Height) is { } failed)
        {
            return session.Refuse(failed);
        }
        LuaNative.Push(state, Encoding.UTF8.GetBytes(real!));
        return null;
    }

    private static PicturePaths Paths(LuaSession session) => new(session.Rights, session.OutputDirectory, session.PluginDirectory);
}
