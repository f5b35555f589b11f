using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using OpenClaw.Runner.Http;

namespace OpenClaw.Runner.Lua;

/// <summary>The host function of http.lua.</summary>
internal static unsafe class HttpCalls
{
    private const double LongestSeconds = 24 * 60 * 60;

    public static LuaModule Http { get; } = new("http.lua", LuaModule.Embedded("http.lua"), [HostFunction.Of("http"u8, &Send)]);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Send(nint state) => HostCalls.Enter(state, &SendBody);

    /// <summary>method, url, body, headers as lines of name and value, seconds → a table of status, body, headers.</summary>
    private static string? SendBody(nint state, LuaSession session)
    {
        int isNumber;
        var seconds = LuaNative.lua_tonumberx(state, 5, &isNumber);
        if (isNumber == 0 || !(seconds > 0) || seconds > LongestSeconds)
        {
            return "http: the timeout is a number of seconds above 0, a day at most";
        }
        var lines = Encoding.UTF8.GetString(LuaNative.Text(state, 4)).Split('\n');
        if (lines.Length > 1 && lines.Length % 2 != 0)
        {
            return "http: no header has an end of line in it";
        }
        var headers = new List<(string, string)>();
        for (var i = 0; i + 1 < lines.Length; i += 2)
        {
            if (lines[i].Contains('\r', StringComparison.Ordinal) || lines[i + 1].Contains('\r', StringComparison.Ordinal))
            {
                return "http: no header has an end of line in it";
            }
            headers.Add((lines[i], lines[i + 1]));
        }
        var request = new ScriptRequest(
            LuaNative.Text(state, 1).SequenceEqual("POST"u8) ? HttpMethod.Post : HttpMethod.Get,
            Encoding.UTF8.GetString(LuaNative.Text(state, 2)),
            LuaNative.Text(state, 3).ToArray(),
            headers,
            TimeSpan.FromSeconds(seconds)
        );
        var room = Math.Max(0, session.Memory->Limit - session.Memory->Used);
        var (answer, refused) = request.Send(new HttpHosts(session.Rights.HttpHosts), room);
        if (answer is null)
        {
            return session.Refuse(refused!);
        }
        LuaNative.lua_createtable(state, 0, 3);
        LuaNative.Push(state, "status"u8);
        LuaNative.lua_pushinteger(state, answer.Status);
        LuaNative.lua_rawset(state, -3);
        LuaNative.Push(state, "body"u8);
        LuaNative.Push(state, answer.Body);
        LuaNative.lua_rawset(state, -3);
        LuaNative.Push(state, "headers"u8);
        LuaNative.lua_createtable(state, 0, answer.Headers.Count);
        foreach (var (name, value) in answer.Headers)
        {
            LuaNative.Push(state, Encoding.UTF8.GetBytes(name));
            LuaNative.Push(state, Encoding.UTF8.GetBytes(value));
            LuaNative.lua_rawset(state, -3);
        }
        LuaNative.lua_rawset(state, -3);
        return null;
    }
}
