using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Runner.Lua;

/// <summary>What a running script can ask of us.</summary>
internal interface ILuaHost
{
    void Log(TaskLogLevel level, ReadOnlySpan<byte> text);

    void Progress(double fraction, ReadOnlySpan<byte> message);
}

/// <summary>
/// The host functions of the core module. Each is entered from Lua through <see cref="Enter"/>, which grants overdraft, catches every
/// exception, and looks at the memory on the way out; none calls anything that raises.
/// </summary>
internal static unsafe class HostCalls
{
    private static readonly ManualResetEventSlim Never = new();

    public static LuaModule Core { get; } =
        new(
            "core.lua",
            LuaModule.Embedded("core.lua"),
            [
                HostFunction.Of("log"u8, &Log),
                HostFunction.Of("progress"u8, &Progress),
                HostFunction.Of("sleep"u8, &Sleep),
                HostFunction.Of("encode"u8, &Encode),
                HostFunction.Of("decode"u8, &Decode),
                HostFunction.Of("array"u8, &Array),
                HostFunction.Of("final"u8, &Final),
                HostFunction.Of("code"u8, &Code),
            ]
        );

    /// <summary>Runs the body of a host function. It pushes its value and gives null, or gives a message.</summary>
    public static int Enter(nint state, delegate* <nint, LuaSession, string?> body)
    {
        var session = LuaSession.Current;
        var top = LuaNative.lua_gettop(state);
        session.Refusal = null;
        session.Memory->Overdraft++;
        try
        {
            string? problem;
            if (LuaNative.lua_checkstack(state, 8) == 0)
            {
                LuaNative.lua_settop(state, 0);
                problem = "stack overflow";
            }
            else
            {
                try
                {
                    problem = body(state, session);
                }
                catch (Exception e)
                {
                    // An exception cannot pass through Lua; it becomes the script's error.
                    problem = e.Message;
                }
            }
            if (session.Memory->IsStillOver(state))
            {
                problem = LuaJson.NoMemory;
                session.Memory->RefuseOverdraft();
            }
            if (problem is null)
            {
                // The value is on top; an absent one is nil.
                if (LuaNative.lua_gettop(state) == top)
                {
                    LuaNative.lua_pushnil(state);
                }
                LuaNative.lua_pushboolean(state, 1);
                LuaNative.lua_rotate(state, -2, 1);
                return 2;
            }
            LuaNative.lua_settop(state, 0);
            LuaNative.lua_pushboolean(state, 0);
            LuaNative.Push(state, Encoding.UTF8.GetBytes(problem));
            if (session.Refusal is not { } refusal || problem != refusal.Message)
            {
                return 2;
            }
            LuaNative.Push(state, Encoding.UTF8.GetBytes(refusal.Code));
            LuaNative.lua_pushboolean(state, refusal.Retryable ? 1 : 0);
            return 4;
        }
        finally
        {
            session.Memory->Overdraft--;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Log(nint state) => Enter(state, &LogBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Progress(nint state) => Enter(state, &ProgressBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(nint state) => Enter(state, &SleepBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Encode(nint state) => Enter(state, &EncodeBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Decode(nint state) => Enter(state, &DecodeBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Array(nint state) => Enter(state, &ArrayBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Final(nint state) => Enter(state, &FinalBody);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Code(nint state) => Enter(state, &CodeBody);

    private static string? LogBody(nint state, LuaSession session)
    {
        session.Host.Log((TaskLogLevel)LuaNative.lua_tointegerx(state, 1, null), LuaNative.Text(state, 2));
        return null;
    }

    private static string? ProgressBody(nint state, LuaSession session)
    {
        int isNumber;
        var fraction = LuaNative.lua_tonumberx(state, 1, &isNumber);
        if (isNumber == 0 || double.IsNaN(fraction))
        {
            return "progress: a number from 0 to 1 is needed";
        }
        session.Host.Progress(fraction < 0 ? -1 : Math.Min(fraction, 1), LuaNative.Text(state, 2));
        return null;
    }

    private static string? SleepBody(nint state, LuaSession session)
    {
        int isNumber;
        var milliseconds = LuaNative.lua_tonumberx(state, 1, &isNumber);
        if (isNumber == 0 || !(milliseconds >= 0) || milliseconds > int.MaxValue)
        {
            return "sleep: a number of milliseconds is needed";
        }
        _ = Never.Wait((int)milliseconds);
        return null;
    }

    private static string? EncodeBody(nint state, LuaSession session)
    {
        if (LuaNative.lua_gettop(state) == 0)
        {
            return "json.encode: a value is needed";
        }
        if (session.Json.Write(state, 1, session.Memory->Limit) is { } problem)
        {
            if (!session.Json.TooLarge)
            {
                return "json.encode: " + problem;
            }
            session.Memory->Refuse(session.Memory->Limit);
            return LuaJson.NoMemory;
        }
        LuaNative.Push(state, session.Json.Written);
        return null;
    }

    private static string? DecodeBody(nint state, LuaSession session)
    {
        if (LuaNative.lua_gettop(state) == 0 || LuaNative.lua_type(state, 1) != LuaNative.TypeString)
        {
            return "json.decode: a string is needed";
        }
        return LuaJsonReader.Push(state, LuaNative.Text(state, 1), session.Memory) switch
        {
            null => null,
            LuaJson.NoMemory => LuaJson.NoMemory,
            var problem => "json.decode: " + problem,
        };
    }

    private static string? ArrayBody(nint state, LuaSession session)
    {
        if (LuaNative.lua_gettop(state) == 0 || LuaNative.lua_type(state, 1) != LuaNative.TypeTable)
        {
            return "json.array: a table is needed";
        }
        LuaNative.lua_pushvalue(state, 1);
        LuaJson.MarkArray(state);
        return null;
    }

    private static string? FinalBody(nint state, LuaSession session)
    {
        session.Retryable = false;
        return null;
    }

    /// <summary>The error that ends the script is one of ours: its code becomes that of the failure.</summary>
    private static string? CodeBody(nint state, LuaSession session)
    {
        session.FailureCode = Encoding.UTF8.GetString(LuaNative.Text(state, 1));
        return null;
    }
}
