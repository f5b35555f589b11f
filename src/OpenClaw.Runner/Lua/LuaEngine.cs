using System.Text;
using OpenClaw.Abi;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Runner.Lua;

/// <summary>How a script ended: JSON of its result, or code, message and whether another attempt may help.</summary>
internal readonly ref struct LuaOutcome
{
    /// <summary>Null when it went well.</summary>
    public string? Code { get; init; }
    public string Message { get; init; }
    public bool Retryable { get; init; }

    /// <summary>JSON; valid until the next task.</summary>
    public ReadOnlySpan<byte> Result { get; init; }

    public static LuaOutcome Fail(string code, string message, bool retryable) =>
        new()
        {
            Code = code,
            Message = message,
            Retryable = retryable,
        };
}

/// <summary>What a script is told about its task.</summary>
internal readonly ref struct LuaTask
{
    public ReadOnlySpan<byte> Id { get; init; }
    public ReadOnlySpan<byte> Type { get; init; }
    public int Attempt { get; init; }
    public ReadOnlySpan<byte> Version { get; init; }
    public ReadOnlySpan<byte> OutputDirectory { get; init; }
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Empty: <c>process_TYPE</c>.</summary>
    public ReadOnlySpan<byte> Function { get; init; }
}

/// <summary>Runs scripts, each in a fresh state.</summary>
internal sealed unsafe class LuaEngine(long? memoryLimit, HostRights? rights = null) : IDisposable
{
    /// <summary>What scripts find. The first one's Lua file gives the handler of errors.</summary>
    public static IReadOnlyList<LuaModule> Modules { get; } = [HostCalls.Core, PictureCalls.Pictures, HttpCalls.Http];

    public LuaScripts Scripts { get; } = new();

    /// <summary>Made for the first script: a runner that becomes a program needs none.</summary>
    public LuaJsonWriter Json => json ??= new LuaJsonWriter();

    private LuaJsonWriter? json;

    /// <summary>What host functions may reach.</summary>
    public HostRights Rights { get; } = rights ?? HostRights.None;

    /// <summary>Bytes that one state may hold.</summary>
    public long MemoryLimit { get; } = memoryLimit ?? ProcessLimits.DefaultLuaBytes;

    /// <summary>Loads the script, calls its function with the payload, and gives what came of it.</summary>
    public LuaOutcome Run(string path, in LuaTask task, ILuaHost host)
    {
        using var session = LuaSession.Open(this, host, Path.GetDirectoryName(path) ?? "");
        session.OutputDirectory = Encoding.UTF8.GetString(task.OutputDirectory);
        var state = session.State;
        if (Scripts.Load(state, path) is { } problem)
        {
            return problem.Missing
                ? LuaOutcome.Fail("clw-plugin-missing", problem.Message, retryable: false)
                : LuaOutcome.Fail("clw-plugin-invalid", problem.Message, retryable: false);
        }
        PushTask(state, task);
        if (session.Call(0, 0) is var loading and not LuaNative.Ok)
        {
            return Failed(session, loading);
        }
        var name = task.Function.IsEmpty ? (ReadOnlySpan<byte>)[.. "process_"u8, .. task.Type] : task.Function;
        if (LuaNative.PushGlobal(state, name) != LuaNative.TypeFunction)
        {
            return LuaOutcome.Fail(
                "clw-plugin-invalid",
                $"{Path.GetFileName(path)} defines no function {Encoding.UTF8.GetString(name)}",
                retryable: false
            );
        }
        if (PushPayload(session, task.Payload) is { } refused)
        {
            if (refused != LuaJson.NoMemory)
            {
                return LuaOutcome.Fail("clw-payload-invalid", $"the payload is {refused}", retryable: false);
            }
            session.Memory->RefuseOverdraft();
            return Exhausted(session);
        }
        if (session.Call(1, 1) is var running and not LuaNative.Ok)
        {
            return Failed(session, running);
        }
        if (Json.Write(state, -1, ProtocolLimits.MaxResultBytes) is { } unwritten)
        {
            return Json.TooLarge
                ? LuaOutcome.Fail("clw-result-too-large", "the result is over 1 MiB", retryable: false)
                : LuaOutcome.Fail("clw-task-failed", $"the result cannot be kept: {unwritten}", retryable: false);
        }
        return new LuaOutcome { Message = "", Result = Json.Written };
    }

    /// <summary>Loads a script and looks for its function, without calling it. Null when all is well.</summary>
    public LuaScripts.Problem? Check(string path, ReadOnlySpan<byte> function, ILuaHost host)
    {
        using var session = LuaSession.Open(this, host, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "");
        if (Scripts.Load(session.State, path) is { } problem)
        {
            return problem;
        }
        PushTask(session.State, default);
        if (session.Call(0, 0) is var status and not LuaNative.Ok)
        {
            return new LuaScripts.Problem(Missing: false, Failed(session, status).Message);
        }
        return LuaNative.PushGlobal(session.State, function) == LuaNative.TypeFunction
            ? null
            : new LuaScripts.Problem(Missing: false, $"{Path.GetFileName(path)} defines no function {Encoding.UTF8.GetString(function)}");
    }

    private static string? PushPayload(LuaSession session, ReadOnlySpan<byte> payload)
    {
        var blank = payload.IsEmpty || payload.SequenceEqual("null"u8);
        if (blank)
        {
            LuaNative.lua_pushnil(session.State);
            return null;
        }
        return LuaJsonReader.Push(session.State, payload, session.Memory);
    }

    /// <summary>The global table <c>task</c>: id, type, attempt, version, output_dir.</summary>
    private static void PushTask(nint state, in LuaTask task)
    {
        LuaNative.lua_createtable(state, 0, 5);
        Set(state, "id"u8, task.Id);
        Set(state, "type"u8, task.Type);
        Set(state, "version"u8, task.Version);
        Set(state, "output_dir"u8, task.OutputDirectory);
        LuaNative.Push(state, "attempt"u8);
        LuaNative.lua_pushinteger(state, task.Attempt);
        LuaNative.lua_rawset(state, -3);
        LuaNative.PopGlobal(state, "task"u8);

        static void Set(nint state, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            LuaNative.Push(state, name);
            LuaNative.Push(state, value);
            LuaNative.lua_rawset(state, -3);
        }
    }

    private static LuaOutcome Failed(LuaSession session, int status)
    {
        var message = LuaNative.Text(session.State, -1);
        if (status == LuaNative.MemoryError || message.SequenceEqual("not enough memory"u8))
        {
            return Exhausted(session);
        }
        return LuaOutcome.Fail(
            session.FailureCode ?? "clw-task-failed",
            status == LuaNative.ErrorInHandler && message.IsEmpty
                ? "an error while an error was handled"
                : Encoding.UTF8.GetString(message),
            session.Retryable
        );
    }

    private static LuaOutcome Exhausted(LuaSession session) =>
        LuaOutcome.Fail(
            "clw-memory-exhaust",
            $"the script held {ByteSize.Text(session.Memory->UsedWhenRefused)} of {ByteSize.Text(session.Memory->Limit)} allowed (max_memory_gb under [task], {ByteSize.Text(ProcessLimits.DefaultLuaBytes)} without it) and asked for {ByteSize.Text(session.Memory->Refused)} more",
            retryable: false
        );

    public void Dispose() => json?.Dispose();
}
