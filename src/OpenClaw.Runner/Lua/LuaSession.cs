using System.Runtime.InteropServices;
using System.Text;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Runner.Lua;

/// <summary>One Lua state with its libraries, from birth to close. There is one at a time in a runner: <see cref="Current"/>.</summary>
internal sealed unsafe class LuaSession : IDisposable
{
    private const int HostTable = 1;

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
        OpenHost(pluginDirectory);
        handler = 0;
        foreach (var module in LuaEngine.Modules)
        {
            Open(module, engine);
            // The first module gives the function that turns whatever was raised into a message.
            handler = handler == 0 ? LuaNative.lua_gettop(state) : handler;
            LuaNative.lua_settop(state, handler);
        }
        Rights = engine.Rights;
        PluginDirectory = pluginDirectory;
    }

    public static LuaSession Current => current ?? throw new InvalidOperationException("no Lua state is open");

    public ILuaHost Host { get; }

    public LuaJsonWriter Json { get; }

    public LuaMemory* Memory { get; }

    /// <summary>False once the script raised an error that says that another attempt is useless.</summary>
    public bool Retryable { get; set; } = true;

    /// <summary>Why the host function that runs does not do what it was asked; null where a message says it all.</summary>
    public Refusal? Refusal { get; set; }

    /// <summary>The code of the failure that ended the script, where a host function gave one.</summary>
    public string? FailureCode { get; set; }

    public HostRights Rights { get; }

    public string PluginDirectory { get; }

    /// <summary>Empty: there is none.</summary>
    public string OutputDirectory { get; set; } = "";

    /// <summary>Says that what was asked is refused; gives the message, for a host function to return.</summary>
    public string Refuse(Refusal refusal)
    {
        Refusal = refusal;
        return refusal.Message;
    }

    public nint State => state;

    public static LuaSession Open(LuaEngine engine, ILuaHost host, string pluginDirectory) => new(engine, host, pluginDirectory);

    /// <summary>The table <c>host</c>, which stays at the bottom of the stack.</summary>
    private void OpenHost(string pluginDirectory)
    {
        LuaNative.lua_createtable(state, 0, 24);
        LuaNative.Push(state, "null"u8);
        LuaNative.lua_pushlightuserdata(state, null);
        LuaNative.lua_rawset(state, HostTable);
        LuaNative.Push(state, "plugin_dir"u8);
        LuaNative.Push(state, Encoding.UTF8.GetBytes(pluginDirectory));
        LuaNative.lua_rawset(state, HostTable);
        LuaNative.lua_createtable(state, 0, 0);
        LuaJson.SetArrayMark(state);
    }

    private void Open(LuaModule module, LuaEngine engine)
    {
        foreach (var function in module.Functions)
        {
            LuaNative.Push(state, function.Name);
            LuaNative.lua_pushcclosure(state, function.Pointer, 0);
            LuaNative.lua_rawset(state, HostTable);
        }
        if (engine.Scripts.Load(state, module) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }
        LuaNative.lua_pushvalue(state, HostTable);
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
