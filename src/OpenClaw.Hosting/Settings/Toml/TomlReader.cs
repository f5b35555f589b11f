using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>
/// TOML as configuration needs it: tables, arrays of tables, dotted and quoted keys, all four kinds of strings, integers,
/// floats, booleans, arrays, inline tables, comments. Not taken, each with an error that says so: dates and times, inf, nan.
/// </summary>
internal sealed class TomlReader
{
    private readonly TomlCursor cursor;
    private readonly TomlTable root;
    private TomlTable current;
    private int depth;

    private TomlReader(string text, string name)
    {
        cursor = new(text, name);
        root = new(cursor.At) { Origin = TomlOrigin.Header };
        current = root;
    }

    internal static SettingMap Read(string text, string name)
    {
        var reader = new TomlReader(text, name);
        reader.cursor.SkipLines();
        while (!reader.cursor.AtEnd)
        {
            reader.ReadLine();
            reader.cursor.SkipLines();
        }
        return reader.root.ToMap();
    }

    private void ReadLine()
    {
        if (cursor.Looks("[["))
        {
            ReadArrayHeader();
        }
        else if (cursor.Current == '[')
        {
            ReadHeader();
        }
        else
        {
            ReadPair(current);
        }
        cursor.EndLine();
    }

    private void ReadHeader()
    {
        var at = cursor.At;
        cursor.Take();
        var keys = ReadKeys();
        cursor.Expect("]", "']'");
        var parent = Descend(root, keys);
        var (key, keyAt) = keys[^1];
        var found = parent.Find(key);
        if (found is null)
        {
            current = new(at) { Origin = TomlOrigin.Header };
            parent.Add(key, keyAt, current);
        }
        else if (found.Value.Value is TomlTable { Origin: TomlOrigin.Implied } implied)
        {
            implied.Origin = TomlOrigin.Header;
            implied.At = at;
            current = implied;
        }
        else
        {
            throw Twice(keys, keyAt, found.Value.At);
        }
    }

    private void ReadArrayHeader()
    {
        var at = cursor.At;
        cursor.TryTake("[[");
        var keys = ReadKeys();
        cursor.Expect("]]", "']]'");
        var parent = Descend(root, keys);
        var (key, keyAt) = keys[^1];
        var found = parent.Find(key);
        if (found is null)
        {
            parent.Add(key, keyAt, new TomlTableArray(at));
            found = parent.Find(key);
        }
        if (found!.Value.Value is not TomlTableArray array)
        {
            throw Twice(keys, keyAt, found.Value.At);
        }
        current = new(at) { Origin = TomlOrigin.Header };
        array.Tables.Add(current);
    }

    /// <summary>Goes down all keys but the last; what does not exist is implied.</summary>
    private static TomlTable Descend(TomlTable table, List<(string Key, SourcePosition At)> keys)
    {
        for (var i = 0; i < keys.Count - 1; i++)
        {
            var (key, at) = keys[i];
            switch (table.Find(key)?.Value)
            {
                case null:
                    var implied = new TomlTable(at) { Origin = TomlOrigin.Implied };
                    table.Add(key, at, implied);
                    table = implied;
                    break;
                case TomlTable known:
                    table = known;
                    break;
                case TomlTableArray array:
                    table = array.Tables[^1];
                    break;
                default:
                    throw new ConfigSyntaxException(at, $"'{key}' has a value at {table.Find(key)!.Value.At} and cannot be a table too");
            }
        }
        return table;
    }

    private void ReadPair(TomlTable table)
    {
        var keys = ReadKeys();
        cursor.Expect("=", "'=' after the key");
        cursor.SkipBlanks();
        for (var i = 0; i < keys.Count - 1; i++)
        {
            var (part, partAt) = keys[i];
            var found = table.Find(part);
            if (found is null)
            {
                var dotted = new TomlTable(partAt) { Origin = TomlOrigin.Dotted };
                table.Add(part, partAt, dotted);
                table = dotted;
            }
            else if (found.Value.Value is TomlTable { Origin: TomlOrigin.Dotted } known)
            {
                table = known;
            }
            else
            {
                throw Twice(keys, partAt, found.Value.At);
            }
        }
        var (key, at) = keys[^1];
        if (table.Find(key) is { } first)
        {
            throw Twice(keys, at, first.At);
        }
        table.Add(key, at, ReadValue());
    }

    private List<(string Key, SourcePosition At)> ReadKeys()
    {
        var keys = new List<(string, SourcePosition)>();
        do
        {
            cursor.SkipBlanks();
            var at = cursor.At;
            var quoted = cursor.Current is '"' or '\'';
            var key = quoted ? TomlStrings.ReadLine(cursor) : cursor.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
            if (!quoted && key.Length == 0)
            {
                throw new ConfigSyntaxException(at, $"expected a key, found {cursor.Found()}");
            }
            keys.Add((key, at));
            cursor.SkipBlanks();
        } while (keys.Count <= ConfigReader.MaxDepth && cursor.TryTake("."));
        return keys;
    }

    private SettingNode ReadValue()
    {
        if (++depth > ConfigReader.MaxDepth)
        {
            throw cursor.Wrong($"nested deeper than {ConfigReader.MaxDepth} levels");
        }
        var at = cursor.At;
        SettingNode value = cursor.Current switch
        {
            '"' or '\'' => new SettingScalar(at, ScalarKind.Text, TomlStrings.Read(cursor)),
            '[' => ReadArray(at),
            '{' => ReadInlineTable(at),
            _ => TomlNumbers.Read(cursor),
        };
        depth--;
        return value;
    }

    private SettingList ReadArray(SourcePosition at)
    {
        cursor.Take();
        var items = new List<SettingNode>();
        cursor.SkipLines();
        while (!cursor.TryTake("]"))
        {
            items.Add(ReadValue());
            cursor.SkipLines();
            if (!cursor.TryTake(",") && cursor.Current != ']')
            {
                throw cursor.AtEnd
                    ? new ConfigSyntaxException(at, "the list is never closed")
                    : cursor.Wrong($"expected ',' or ']', found {cursor.Found()}");
            }
            cursor.SkipLines();
        }
        return new(at, items);
    }

    private SettingMap ReadInlineTable(SourcePosition at)
    {
        cursor.Take();
        var table = new TomlTable(at) { Origin = TomlOrigin.Header };
        cursor.SkipLines();
        while (!cursor.TryTake("}"))
        {
            ReadPair(table);
            cursor.SkipLines();
            if (!cursor.TryTake(",") && cursor.Current != '}')
            {
                throw cursor.AtEnd
                    ? new ConfigSyntaxException(at, "the table is never closed")
                    : cursor.Wrong($"expected ',' or '}}', found {cursor.Found()}");
            }
            cursor.SkipLines();
        }
        return table.ToMap();
    }

    private static ConfigSyntaxException Twice(List<(string Key, SourcePosition At)> keys, SourcePosition at, SourcePosition first) =>
        new(at, $"'{string.Join('.', keys.Select(k => k.Key))}' is given twice; first at {first}");
}
