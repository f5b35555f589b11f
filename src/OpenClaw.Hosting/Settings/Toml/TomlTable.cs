using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>A table while it is read. TOML lets later lines add to some tables and not to others; this keeps which.</summary>
internal sealed class TomlTable(SourcePosition at)
{
    private readonly List<(string Key, SourcePosition At, object Value)> entries = [];
    private readonly Dictionary<string, int> index = new(StringComparer.Ordinal);

    internal SourcePosition At { get; set; } = at;

    /// <summary>How the table came to be, which decides what may still be added.</summary>
    internal TomlOrigin Origin { get; set; }

    internal (SourcePosition At, object Value)? Find(string key) =>
        index.TryGetValue(key, out var i) ? (entries[i].At, entries[i].Value) : null;

    internal void Add(string key, SourcePosition keyAt, object value)
    {
        index.Add(key, entries.Count);
        entries.Add((key, keyAt, value));
    }

    internal SettingMap ToMap() =>
        new(
            At,
            [
                .. entries.Select(e => new SettingEntry(
                    e.Key,
                    e.At,
                    e.Value switch
                    {
                        TomlTable table => table.ToMap(),
                        TomlTableArray array => new SettingList(array.At, [.. array.Tables.Select(t => t.ToMap())]),
                        var node => (SettingNode)node,
                    }
                )),
            ]
        );
}

/// <summary>An array of tables, <c>[[name]]</c>.</summary>
internal sealed class TomlTableArray(SourcePosition at)
{
    internal SourcePosition At { get; } = at;

    internal List<TomlTable> Tables { get; } = [];
}

/// <summary>How a table came to be.</summary>
internal enum TomlOrigin
{
    /// <summary>As the parent of a header: <c>[a.b]</c> makes a. A later <c>[a]</c> may still define it.</summary>
    Implied,

    /// <summary>By its own header. A second header is an error.</summary>
    Header,

    /// <summary>By a dotted key. Only dotted keys of the same table may add to it.</summary>
    Dotted,
}
