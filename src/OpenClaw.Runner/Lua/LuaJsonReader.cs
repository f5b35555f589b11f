using System.Buffers;
using System.Text.Json;

namespace OpenClaw.Runner.Lua;

/// <summary>
/// JSON to Lua values. Objects and arrays become tables, arrays marked by <see cref="LuaJson.ArrayMark"/>; null inside them becomes
/// <c>json.null</c>, so that it keeps its place; numbers without fraction and exponent that fit become integers.
/// </summary>
internal static unsafe class LuaJsonReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = LuaJson.MaxDepth };

    /// <summary>Pushes the value, or nothing and says why not. Call with overdraft.</summary>
    public static string? Push(nint state, ReadOnlySpan<byte> json, LuaMemory* memory)
    {
        var top = LuaNative.lua_gettop(state);
        try
        {
            var reader = new Utf8JsonReader(json, Options);
            if (!reader.Read())
            {
                return "there is no JSON value";
            }
            var error = Value(state, ref reader, memory);
            if (error is not null)
            {
                LuaNative.lua_settop(state, top);
                return error;
            }
            // Anything behind the value is an error that the reader throws.
            _ = reader.Read();
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            LuaNative.lua_settop(state, top);
            return "not JSON: " + e.Message;
        }
    }

    private static string? Value(nint state, ref Utf8JsonReader reader, LuaMemory* memory)
    {
        if (LuaNative.lua_checkstack(state, 4) == 0)
        {
            return "the JSON is nested too deeply";
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Object(state, ref reader, memory);
            case JsonTokenType.StartArray:
                return Array(state, ref reader, memory);
            case JsonTokenType.String:
                Text(state, ref reader);
                return null;
            case JsonTokenType.Number:
                if (reader.TryGetInt64(out var integer) && reader.ValueSpan.IndexOfAny(".eE"u8) < 0)
                {
                    LuaNative.lua_pushinteger(state, integer);
                }
                else
                {
                    LuaNative.lua_pushnumber(state, reader.GetDouble());
                }
                return null;
            case JsonTokenType.True:
            case JsonTokenType.False:
                LuaNative.lua_pushboolean(state, reader.TokenType == JsonTokenType.True ? 1 : 0);
                return null;
            default:
                LuaNative.lua_pushlightuserdata(state, null);
                return null;
        }
    }

    private static string? Object(nint state, ref Utf8JsonReader reader, LuaMemory* memory)
    {
        LuaNative.lua_createtable(state, 0, 4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            Text(state, ref reader);
            _ = reader.Read();
            if (Value(state, ref reader, memory) is { } error)
            {
                return error;
            }
            LuaNative.lua_rawset(state, -3);
            if (memory->IsStillOver(state))
            {
                return LuaJson.NoMemory;
            }
        }
        return null;
    }

    private static string? Array(nint state, ref Utf8JsonReader reader, LuaMemory* memory)
    {
        LuaNative.lua_createtable(state, 4, 0);
        LuaJson.MarkArray(state);
        for (var at = 1; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
        {
            if (Value(state, ref reader, memory) is { } error)
            {
                return error;
            }
            LuaNative.lua_rawseti(state, -2, at);
            if (memory->IsStillOver(state))
            {
                return LuaJson.NoMemory;
            }
        }
        return null;
    }

    private static void Text(nint state, ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            LuaNative.Push(state, reader.ValueSpan);
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            LuaNative.Push(state, buffer.AsSpan(0, reader.CopyString(buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
