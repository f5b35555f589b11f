using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace OpenClaw.Runner.Lua;

/// <summary>
/// Lua values to JSON. A table is an array when it is marked as one or holds exactly the keys 1 to n, n over 0; else an object, whose
/// keys are strings. What JSON cannot say (functions, NaN, bytes that are no UTF-8, a cycle) is refused by name.
/// </summary>
internal sealed unsafe class LuaJsonWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private const int KeptBytes = 256 << 10;

    private ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter json;
    private long limit;

    public LuaJsonWriter() => json = new Utf8JsonWriter(buffer, Options);

    /// <summary>Of the last value; valid until the next.</summary>
    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    /// <summary>True when the last failure was the size.</summary>
    public bool TooLarge { get; private set; }

    /// <summary>Writes the value at <paramref name="index"/> and leaves the stack as it is. Says why not, or null. Call with overdraft.</summary>
    /// <param name="maxBytes">Where to stop.</param>
    public string? Write(nint state, int index, long maxBytes)
    {
        if (buffer.Capacity > KeptBytes)
        {
            buffer = new ArrayBufferWriter<byte>(1024);
        }
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        limit = maxBytes;
        TooLarge = false;
        var top = LuaNative.lua_gettop(state);
        LuaNative.lua_pushvalue(state, index);
        var error = Value(state, 0);
        LuaNative.lua_settop(state, top);
        if (error is null)
        {
            json.Flush();
            return Full();
        }
        return error;
    }

    private string? Full()
    {
        TooLarge = json.BytesCommitted + json.BytesPending > limit;
        return TooLarge ? "the JSON is too large" : null;
    }

    /// <summary>Writes the value on top and leaves it there.</summary>
    private string? Value(nint state, int depth)
    {
        switch (LuaNative.lua_type(state, -1))
        {
            case LuaNative.TypeNil:
                json.WriteNullValue();
                return null;
            case LuaNative.TypeBoolean:
                json.WriteBooleanValue(LuaNative.lua_toboolean(state, -1) != 0);
                return null;
            case LuaNative.TypeLightUserData when LuaNative.lua_touserdata(state, -1) is null:
                json.WriteNullValue();
                return null;
            case LuaNative.TypeNumber when LuaNative.lua_isinteger(state, -1) != 0:
                json.WriteNumberValue(LuaNative.lua_tointegerx(state, -1, null));
                return null;
            case LuaNative.TypeNumber:
                return Float(LuaNative.lua_tonumberx(state, -1, null));
            case LuaNative.TypeString:
                var text = LuaNative.Text(state, -1);
                if (!Utf8.IsValid(text))
                {
                    return "a string is not UTF-8 and cannot be put into JSON";
                }
                // Looked at before the copy: one string may be larger than all that is allowed.
                if (text.Length > limit)
                {
                    TooLarge = true;
                    return "the JSON is too large";
                }
                json.WriteStringValue(text);
                return Full();
            case LuaNative.TypeTable:
                return Table(state, depth);
            case LuaNative.TypeFunction:
                return "a function cannot be put into JSON";
            default:
                return "a userdata or coroutine cannot be put into JSON";
        }
    }

    private string? Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return "NaN and infinity cannot be put into JSON";
        }
        Span<byte> digits = stackalloc byte[40];
        _ = Utf8Formatter.TryFormat(value, digits, out var length);
        // A float stays a float on the way back.
        if (digits[..length].IndexOfAny(".eE"u8) < 0)
        {
            ".0"u8.CopyTo(digits[length..]);
            length += 2;
        }
        json.WriteRawValue(digits[..length], skipInputValidation: true);
        return null;
    }

    private string? Table(nint state, int depth)
    {
        if (depth >= LuaJson.MaxDepth)
        {
            return "tables are nested more than 100 deep, or hold themselves";
        }
        if (LuaNative.lua_checkstack(state, 6) == 0)
        {
            return "tables are nested too deeply";
        }
        var length = (long)LuaNative.lua_rawlen(state, -1);
        return LuaJson.IsMarkedArray(state, -1) || IsSequence(state, length) ? Array(state, length, depth) : Object(state, depth);
    }

    /// <summary>Are the keys exactly 1 to n?</summary>
    private static bool IsSequence(nint state, long length)
    {
        if (length == 0)
        {
            return false;
        }
        long count = 0;
        LuaNative.lua_pushnil(state);
        while (LuaNative.lua_next(state, -2) != 0)
        {
            LuaNative.Pop(state, 1);
            var inside =
                LuaNative.lua_isinteger(state, -1) != 0
                && LuaNative.lua_tointegerx(state, -1, null) is var key
                && key >= 1
                && key <= length;
            if (!inside)
            {
                LuaNative.Pop(state, 1);
                return false;
            }
            count++;
        }
        return count == length;
    }

    private string? Array(nint state, long length, int depth)
    {
        json.WriteStartArray();
        for (var at = 1L; at <= length; at++)
        {
            _ = LuaNative.lua_rawgeti(state, -1, at);
            var error = Value(state, depth + 1) ?? Full();
            LuaNative.Pop(state, 1);
            if (error is not null)
            {
                return error;
            }
        }
        json.WriteEndArray();
        return null;
    }

    private string? Object(nint state, int depth)
    {
        json.WriteStartObject();
        LuaNative.lua_pushnil(state);
        while (LuaNative.lua_next(state, -2) != 0)
        {
            var error = Key(state) ?? Value(state, depth + 1) ?? Full();
            LuaNative.Pop(state, 1);
            if (error is not null)
            {
                return error;
            }
        }
        json.WriteEndObject();
        return null;
    }

    private string? Key(nint state)
    {
        if (LuaNative.lua_type(state, -2) != LuaNative.TypeString)
        {
            return "a table has keys that are neither all strings nor the numbers 1 to n";
        }
        var key = LuaNative.Text(state, -2);
        if (!Utf8.IsValid(key) || key.Length > limit)
        {
            return "a key is not UTF-8 and cannot be put into JSON";
        }
        json.WritePropertyName(key);
        return null;
    }

    public void Dispose() => json.Dispose();
}
