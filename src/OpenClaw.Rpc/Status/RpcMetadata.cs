using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace OpenClaw.Rpc;

/// <summary>
/// Headers or trailers of the application: ordered, keys may repeat. Keys are lower case (0-9 a-z _ - .); a key that ends
/// with <c>-bin</c> carries bytes, every other one printable ASCII. Not safe for several threads at once.
/// </summary>
public sealed class RpcMetadata : IEnumerable<RpcMetadata.Entry>
{
    /// <summary>One key with its value as it travels: base64 without padding for <c>-bin</c> keys.</summary>
    public readonly record struct Entry(string Key, string Wire);

    private readonly List<Entry> entries = [];

    public int Count => entries.Count;

    /// <summary>Adds printable ASCII (0x20–0x7E, no blanks at the ends).</summary>
    /// <exception cref="ArgumentException">A key or value that may not travel: the caller's fault.</exception>
    public RpcMetadata Add(string key, string value)
    {
        key = CheckKey(key);
        if (IsBinary(key))
        {
            throw new ArgumentException($"'{key}' ends with -bin and takes bytes.", nameof(key));
        }
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value.Length != value.AsSpan().Trim(' ').Length)
        {
            throw new ArgumentException($"The value of '{key}' is not printable ASCII; use a key that ends with -bin.", nameof(value));
        }
        entries.Add(new(key, value));
        return this;
    }

    /// <summary>Adds bytes under a key that ends with <c>-bin</c>.</summary>
    /// <exception cref="ArgumentException">A key that may not travel: the caller's fault.</exception>
    public RpcMetadata Add(string key, ReadOnlySpan<byte> value)
    {
        key = CheckKey(key);
        if (!IsBinary(key))
        {
            throw new ArgumentException($"'{key}' carries bytes, so it must end with -bin.", nameof(key));
        }
        entries.Add(new(key, EncodeBinary(value)));
        return this;
    }

    /// <summary>Adds what arrived, unless the key belongs to the protocol. Foreign values are taken as they are.</summary>
    public void AddReceived(string key, string wire)
    {
        if (!IsReserved(key))
        {
            entries.Add(new(key.ToLowerInvariant(), wire));
        }
    }

    /// <summary>The first value of the key, or null.</summary>
    public string? Get(string key)
    {
        foreach (var entry in entries)
        {
            if (entry.Key == key)
            {
                return entry.Wire;
            }
        }
        return null;
    }

    /// <summary>All values of the key in the order of arrival.</summary>
    public IEnumerable<string> GetAll(string key) => entries.Where(e => e.Key == key).Select(e => e.Wire);

    /// <summary>The first value of a <c>-bin</c> key. False when there is none or it is not base64.</summary>
    public bool TryGetBytes(string key, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        return Get(key) is { } wire && TryDecodeBinary(wire.Split(',')[0], out value);
    }

    /// <summary>All values of a <c>-bin</c> key; values joined by ',' on the way are taken apart. False when one is not base64.</summary>
    public bool TryGetAllBytes(string key, out IReadOnlyList<byte[]> values)
    {
        var all = new List<byte[]>();
        values = all;
        foreach (var part in GetAll(key).SelectMany(wire => wire.Split(',')))
        {
            if (!TryDecodeBinary(part, out var bytes))
            {
                return false;
            }
            all.Add(bytes);
        }
        return true;
    }

    /// <summary>Bytes as they travel: base64 without padding.</summary>
    public static string EncodeBinary(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>Reads base64, with or without padding.</summary>
    public static bool TryDecodeBinary(string wire, [NotNullWhen(true)] out byte[]? value)
    {
        var text = wire.Trim().TrimEnd('=');
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        var buffer = new byte[padded.Length / 4 * 3];
        if (text.Length % 4 == 1 || !Convert.TryFromBase64String(padded, buffer, out var written))
        {
            value = null;
            return false;
        }
        value = buffer.AsSpan(0, written).ToArray();
        return true;
    }

    public static bool IsBinary(string key) => key.EndsWith("-bin", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for keys that belong to the protocol and never are an application's metadata.</summary>
    public static bool IsReserved(string key) =>
        key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
        || key.StartsWith(':')
        || key.ToLowerInvariant()
            is "te"
                or "content-type"
                or "content-length"
                or "host"
                or "connection"
                or "transfer-encoding"
                or "trailer";

    public IEnumerator<Entry> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string CheckKey(string key)
    {
        var lower = key.ToLowerInvariant();
        if (lower.Length == 0 || lower.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('_' or '-' or '.')))
        {
            throw new ArgumentException($"'{key}' is no metadata key: only 0-9 a-z _ - . may stand in one.", nameof(key));
        }
        return IsReserved(lower) ? throw new ArgumentException($"'{key}' belongs to the protocol.", nameof(key)) : lower;
    }
}
