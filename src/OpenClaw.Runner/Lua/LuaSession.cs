using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.Runner.Lua;

/// <summary>One Lua state with its libraries, from birth to close. There is one at a time in a runner: <see cref="Current"/>.</summary>
internal sealed unsafe class LuaSession : IDisposable
{
    [ThreadStatic]
    private static LuaSession? current;

    private readonly nint state;
    private readonly int handler;

    private LuaSession(LuaEngine engine, ILuaHost host, string pluginDirectory)
    {
        Host = host;
        Json = engine.Json;
        Memory = (LuaMemory*)NativeMemory.AllocZeroed((nuint)sizeof(LuaMemory));
        Memory->Limit = engine.MemoryLimit;
        Memory->Overdraft = 1;
        state = LuaNative.lua_newstate(&LuaMemory.Allocate, Memory);
        if (state == 0)
        {
            NativeMemory.Free(Memory);
            throw new InvalidOperationException("the system has no memory for a Lua state");
        }
        current = this;
        LuaNative.luaL_openlibs(state);
        handler = 0;
        foreach (var module in LuaEngine.Modules)
        {
            Open(module, engine, pluginDirectory);
            handler = handler == 0 ? LuaNative.lua_gettop(state) : handler;
        }
    }

    public static LuaSession Current => current ?? throw new InvalidOperationException("no Lua state is open");

    public ILuaHost Host { get; }

    public LuaJsonWriter Json { get; }

    public LuaMemory* Memory { get; }

    /// <summary>False once the script raised an error that says that another attempt is useless.</summary>
    public bool Retryable { get; set; } = true;

    public nint State => state;

    public static LuaSession Open(LuaEngine engine, ILuaHost host, string pluginDirectory) => new(engine, host, pluginDirectory);

    private void Open(LuaModule module, LuaEngine engine, string pluginDirectory)
    {
        if (engine.Scripts.Load(state, module) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }
        LuaNative.lua_createtable(state, 0, module.Functions.Count + 2);
        foreach (var function in module.Functions)
        {
            LuaNative.Push(state, function.Name);
            LuaNative.lua_pushcclosure(state, function.Pointer, 0);
            LuaNative.lua_rawset(state, -3);
        }
        LuaNative.Push(state, "null"u8);
        LuaNative.lua_pushlightuserdata(state, null);
        LuaNative.lua_rawset(state, -3);
        LuaNative.Push(state, "plugin_dir"u8);
        LuaNative.Push(state, Encoding.UTF8.GetBytes(pluginDirectory));
        LuaNative.lua_rawset(state, -3);
        LuaNative.lua_createtable(state, 0, 0);
        LuaJson.SetArrayMark(state);
        // The first module gives the function that turns whatever was raised into a message.
        if (LuaNative.lua_pcallk(state, 1, 1, 0, 0, 0) != LuaNative.Ok)
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(LuaNative.Text(state, -1)));
        }
    }

    /// <summary>Calls the function below its arguments, on the script's account: under the limit. A status of Lua's; 0 is well.</summary>
    public int Call(int arguments, int results)
    {
        Memory->Overdraft--;
        var status = LuaNative.lua_pcallk(state, arguments, results, handler, 0, 0);
        // Each host function gives back what it was granted. One that did not was jumped over: the runtime's stack is no longer
        // sound, and the process must end here, where the cause is known, and not later somewhere else.
        if (Memory->Overdraft != 0)
        {
            Environment.FailFast("a Lua error passed through a host function");
        }
        Memory->Overdraft++;
        return status;
    }

    /// <summary>The state is closed: finalizers run, files are closed. Errors of finalizers are nobody's.</summary>
    public void Dispose()
    {
        LuaNative.lua_close(state);
        _ = LuaNative.fflush(null);
        NativeMemory.Free(Memory);
        current = null;
    }
}
