using System.Text.Json;
using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Tasks;

/// <summary>Whether bytes are one JSON value. Shared by the command line, the client and the manager, so that all refuse alike.</summary>
public static class PayloadCheck
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 100 };

    /// <summary>Null when the payload is one JSON value of at most 100 levels, or empty (which means null); else why not, with the position.</summary>
    public static Failure? Check(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return null;
        }

        var reader = new Utf8JsonReader(payload, Strict);
        try
        {
            while (reader.Read())
            {
                // Escapes and UTF-8 inside strings are checked only when a string is read.
                if (
                    reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                    && (reader.ValueIsEscaped || HasNonAscii(reader.ValueSpan))
                )
                {
                    _ = reader.GetString();
                }
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var position = e is JsonException json
                ? $"line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1}"
                : $"byte {reader.TokenStartIndex + 1}";
            return new Failure(Catalogue.PayloadInvalid, $"The payload is not JSON at {position}")
            {
                Data = new Dictionary<string, string> { ["position"] = position },
            };
        }
    }

    private static bool HasNonAscii(ReadOnlySpan<byte> text) => !System.Text.Ascii.IsValid(text);
}
