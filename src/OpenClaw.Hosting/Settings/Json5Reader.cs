using System.Globalization;
using Newtonsoft.Json;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>
/// JSON with comments, trailing commas, single quotes and keys without quotes, by Newtonsoft's lenient reader.
/// That reader tells where a token ends; its beginning is found by skipping what may stand between two tokens.
/// </summary>
internal sealed class Json5Reader : IDisposable
{
    private readonly string name;
    private readonly string text;
    private readonly int[] lineStarts;
    private readonly JsonTextReader reader;
    private int lastEnd;

    private Json5Reader(string text, string name)
    {
        this.name = name;
        this.text = text;
        lineStarts = LineStarts(text);
        reader = new(new StringReader(text))
        {
            DateParseHandling = DateParseHandling.None,
            FloatParseHandling = FloatParseHandling.Double,
            MaxDepth = ConfigReader.MaxDepth,
        };
    }

    internal static SettingMap Read(string text, string name)
    {
        using var json = new Json5Reader(text, name);
        try
        {
            if (!json.Next())
            {
                return new(SourcePosition.File(name, 1, 1), []);
            }
            var root = json.ReadNode();
            if (json.Next())
            {
                throw new ConfigSyntaxException(json.Start(), "text follows the end of the document");
            }
            return root as SettingMap ?? throw new ConfigSyntaxException(root.At, $"expected keys with values, not {root.Describe()}");
        }
        catch (JsonReaderException e)
        {
            throw new ConfigSyntaxException(json.PositionOf(e), $"not JSON5: {Sentence(e.Message)}");
        }
    }

    public void Dispose() => reader.Close();

    private bool Next()
    {
        do
        {
            lastEnd = Offset(reader.LineNumber, reader.LinePosition);
            if (!reader.Read())
            {
                return false;
            }
        } while (reader.TokenType == JsonToken.Comment);
        return true;
    }

    private SettingNode ReadNode()
    {
        var at = Start();
        return reader.TokenType switch
        {
            JsonToken.StartObject => ReadMap(at),
            JsonToken.StartArray => ReadList(at),
            JsonToken.String => new SettingScalar(at, ScalarKind.Text, (string)reader.Value!),
            JsonToken.Integer => new SettingScalar(at, ScalarKind.Number, Convert.ToString(reader.Value, CultureInfo.InvariantCulture)!),
            JsonToken.Float => new SettingScalar(
                at,
                ScalarKind.Number,
                ((double)reader.Value!).ToString("R", CultureInfo.InvariantCulture)
            ),
            JsonToken.Boolean => new SettingScalar(at, ScalarKind.Boolean, (bool)reader.Value! ? "true" : "false"),
            JsonToken.Null or JsonToken.Undefined => new SettingScalar(at, ScalarKind.Null, ""),
            _ => throw new ConfigSyntaxException(at, "expected a value"),
        };
    }

    private SettingMap ReadMap(SourcePosition at)
    {
        var entries = new List<SettingEntry>();
        while (NextOrEnd(at) && reader.TokenType != JsonToken.EndObject)
        {
            var keyAt = Start();
            var key = (string)reader.Value!;
            NextOrEnd(at);
            entries.Add(new(key, keyAt, ReadNode()));
        }
        return new(at, entries);
    }

    private SettingList ReadList(SourcePosition at)
    {
        var items = new List<SettingNode>();
        while (NextOrEnd(at) && reader.TokenType != JsonToken.EndArray)
        {
            items.Add(ReadNode());
        }
        return new(at, items);
    }

    private bool NextOrEnd(SourcePosition opened) => Next() ? true : throw new ConfigSyntaxException(opened, "is never closed");

    /// <summary>Where the current token begins.</summary>
    private SourcePosition Start() => Position(SkipBetween(lastEnd));

    private int SkipBetween(int i)
    {
        while (i < text.Length)
        {
            if (char.IsWhiteSpace(text[i]) || text[i] is ',' or ':')
            {
                i++;
            }
            else if (text.AsSpan(i).StartsWith("//"))
            {
                i = text.AsSpan(i).IndexOfAny('\r', '\n') is >= 0 and var end ? i + end : text.Length;
            }
            else if (text.AsSpan(i).StartsWith("/*"))
            {
                i = text.IndexOf("*/", i + 2, StringComparison.Ordinal) is >= 0 and var end ? end + 2 : text.Length;
            }
            else
            {
                break;
            }
        }
        return i;
    }

    private SourcePosition Position(int offset)
    {
        var found = Array.BinarySearch(lineStarts, offset);
        var line = found >= 0 ? found : ~found - 1;
        return SourcePosition.File(name, line + 1, offset - lineStarts[line] + 1);
    }

    private SourcePosition PositionOf(JsonReaderException e) =>
        e.LineNumber == 0 ? SourcePosition.File(name, 1, 1) : SourcePosition.File(name, e.LineNumber, e.LinePosition + 1);

    private int Offset(int line, int column) =>
        line == 0 ? 0 : Math.Min(lineStarts[Math.Min(line, lineStarts.Length) - 1] + column, text.Length);

    private static int[] LineStarts(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
            {
                starts.Add(i + 1);
            }
        }
        return [.. starts];
    }

    /// <summary>The library's message without its own account of the place.</summary>
    private static string Sentence(string message) =>
        (message.IndexOf(" Path '", StringComparison.Ordinal) is > 0 and var cut ? message[..cut] : message)
            .ReplaceLineEndings(" ")
            .TrimEnd('.');
}
