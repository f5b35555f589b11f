using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OpenClaw.Runner.Lua;

/// <summary>
/// The memory of one Lua state, counted. Over the limit an allocation is refused, which raises an error in Lua. Not so while a host
/// function or we ourselves use the state: a refusal there would raise across managed frames. What was overdrawn is found on return.
/// </summary>
internal unsafe struct LuaMemory
{
    public long Used;
    public long Limit;

    /// <summary>What a refused allocation asked for; 0 as long as none was.</summary>
    public long Refused;

    /// <summary>Above 0 nothing is refused.</summary>
    public int Overdraft;

    /// <summary>What was held then. By the time that the error is seen, garbage is collected and the stack is short again.</summary>
    public long UsedWhenRefused;

    public readonly bool IsOver => Used > Limit;

    /// <summary>Over the limit even after garbage was collected. Finalizers may run; their errors stay inside.</summary>
    public bool IsStillOver(nint state)
    {
        if (IsOver)
        {
            _ = LuaNative.lua_gc(state, LuaNative.CollectGarbage);
        }
        return IsOver;
    }

    /// <summary>
    /// Whether the state can take one block of this size now. For large ones, before they are asked for: what overdraft grants, the
    /// system may still refuse, and that refusal would be raised.
    /// </summary>
    public bool HasRoomFor(nint state, long bytes)
    {
        if (Used + bytes > Limit)
        {
            _ = LuaNative.lua_gc(state, LuaNative.CollectGarbage);
        }
        if (Used + bytes <= Limit && LuaNative.malloc((nuint)bytes) is var probe && probe is not null)
        {
            LuaNative.free(probe);
            return true;
        }
        Refuse(bytes);
        return false;
    }

    public void Refuse(long bytes)
    {
        Refused = bytes;
        UsedWhenRefused = Used;
    }

    /// <summary>What a host function took beyond the limit is refused in hindsight.</summary>
    public void RefuseOverdraft()
    {
        Refused = Math.Max(0, Used - Limit);
        UsedWhenRefused = Limit;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void* Allocate(void* data, void* block, nuint oldSize, nuint newSize)
    {
        var memory = (LuaMemory*)data;
        // Without a block the old size is a tag of Lua's.
        var before = block is null ? 0 : (long)oldSize;
        if (newSize == 0)
        {
            LuaNative.free(block);
            memory->Used -= before;
            return null;
        }
        var after = memory->Used - before + (long)newSize;
        if (after > memory->Limit && (long)newSize > before && memory->Overdraft == 0)
        {
            memory->Refuse((long)newSize - before);
            return null;
        }
        var result = LuaNative.realloc(block, newSize);
        if (result is not null)
        {
            memory->Used = after;
        }
        else
        {
            memory->Refuse((long)newSize - before);
        }
        return result;
    }
}
