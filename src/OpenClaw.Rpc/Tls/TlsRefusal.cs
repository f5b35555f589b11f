using System.Buffers.Binary;
using System.Text;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc;

/// <summary>
/// How a server tells a client why it is not let in: as the debug data of an HTTP/2 GOAWAY, sent in place of anything else. With TLS 1.3 a
/// client has long completed the handshake when its certificate is looked at, so the reason travels inside the protection; and there it
/// may have words, which an alert has not. Other clients show the debug data too.
/// </summary>
public static class TlsRefusal
{
    private const int FrameHead = 9;
    private const byte SettingsFrame = 4;
    private const byte GoAwayFrame = 7;
    private const uint InadequateSecurity = 0xc;
    private const int MostText = 800;

    /// <summary>The frames (RFC 9113): an empty SETTINGS, which a server must send first, and GOAWAY.</summary>
    public static byte[] Frames(Failure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        var text = failure.Message.StartsWith(CertificateProblem.Prefix, StringComparison.Ordinal)
            ? failure.Message[CertificateProblem.Prefix.Length..]
            : failure.Message;
        // The last brackets say whose it is, from this side's point of view.
        var own = text.LastIndexOf(" (", StringComparison.Ordinal);
        var words = $"{failure.Code} {failure.Data.GetValueOrDefault("cause", "refused")} {(own > 0 ? text[..own] : text)}";
        var debug = Encoding.UTF8.GetBytes(words.Length > MostText ? words[..MostText] : words);
        var frames = new byte[FrameHead + FrameHead + 8 + debug.Length];
        frames[3] = SettingsFrame;
        var away = frames.AsSpan(FrameHead);
        away[1] = (byte)((8 + debug.Length) >> 8);
        away[2] = (byte)(8 + debug.Length);
        away[3] = GoAwayFrame;
        // As the last stream the highest: what a client has asked is not to be asked again on another connection at once.
        BinaryPrimitives.WriteUInt32BigEndian(away[FrameHead..], int.MaxValue);
        BinaryPrimitives.WriteUInt32BigEndian(away[(FrameHead + 4)..], InadequateSecurity);
        debug.CopyTo(away[(FrameHead + 8)..]);
        return frames;
    }

    /// <summary>The refusal that a connection's first bytes are; null when they are something else.</summary>
    /// <param name="first">What the server sent first.</param>
    /// <param name="address">HOST:PORT of the server.</param>
    /// <param name="shown">The subject of the certificate that we showed; null when we showed none.</param>
    public static Failure? Read(ReadOnlySpan<byte> first, string address, string? shown)
    {
        while (first.Length >= FrameHead)
        {
            var length = (first[0] << 16) | (first[1] << 8) | first[2];
            if (first.Length < FrameHead + length)
            {
                return null;
            }

            if (first[3] == GoAwayFrame && length > 8)
            {
                return OfWords(Encoding.UTF8.GetString(first[(FrameHead + 8)..(FrameHead + length)]), address, shown);
            }

            if (first[3] != SettingsFrame)
            {
                return null;
            }

            first = first[(FrameHead + length)..];
        }

        return null;
    }

    // It comes from outside: only a code that we know makes it one of ours.
    private static Failure? OfWords(string words, string address, string? shown)
    {
        if (words.Split(' ', 3) is not [var code, var cause, var text] || Catalogue.Find(code) is not { } entry)
        {
            return null;
        }

        var clean = string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
        var message =
            entry == Catalogue.TlsRequired ? $"{address} talks to other machines by TLS alone, and we spoke without it"
            : shown is null ? $"{CertificateProblem.Prefix}{clean} ({address} wants a certificate)"
            : $"{CertificateProblem.Prefix}{clean} (our own certificate {shown}, which {address} refused)";
        return new(entry, message)
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["address"] = address,
                ["cause"] = cause,
                ["side"] = "own",
            },
        };
    }
}

/// <summary>The first bytes that came from a server, kept for as long as they may be a refusal. One reader; another thread may look.</summary>
internal sealed class FirstWords
{
    private const int Most = 1024;
    private byte[] kept = [];

    /// <summary>Enough to know that it is no refusal: a server that serves sends more than SETTINGS and GOAWAY.</summary>
    public bool IsFull => Kept.Length >= Most;

    /// <summary>What came, at most 1 KiB of it.</summary>
    public ReadOnlySpan<byte> Kept => Volatile.Read(ref kept);

    public void Add(ReadOnlySpan<byte> read)
    {
        var before = kept;
        if (before.Length < Most && read.Length > 0)
        {
            Volatile.Write(ref kept, [.. before, .. read[..Math.Min(read.Length, Most - before.Length)]]);
        }
    }
}

/// <summary>A TLS stream that keeps the first words that come out of it.</summary>
internal sealed class ListeningSslStream(Stream inner, FirstWords words) : System.Net.Security.SslStream(inner, leaveInnerStreamOpen: false)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        words.IsFull ? base.ReadAsync(buffer, cancellationToken) : KeepAsync(buffer, cancellationToken);

    private async ValueTask<int> KeepAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await base.ReadAsync(buffer, cancellationToken);
        words.Add(buffer.Span[..read]);
        return read;
    }
}
