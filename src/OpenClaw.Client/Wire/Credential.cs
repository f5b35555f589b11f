namespace OpenClaw.Client.Wire;

/// <summary>
/// The header that carries a token. Where the token comes from (a file) is asked once a second at most, not at every call: reading it
/// costs more than the call, and a new token is still taken up at once for a person. Thread-safe.
/// </summary>
internal sealed class Credential(Func<string?> token, TimeProvider time)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(1);

    private volatile Reading? last;

    /// <summary>The header's value; null: there is no token.</summary>
    public string? Header()
    {
        if (last is { } known && known.Value is not null && time.GetElapsedTime(known.At) < KeptFor)
        {
            return known.Value;
        }

        var read = new Reading(token() is { Length: > 0 } value ? $"Bearer {value}" : null, time.GetTimestamp());
        last = read;
        return read.Value;
    }

    private sealed record Reading(string? Value, long At);
}
