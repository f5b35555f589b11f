namespace OpenClaw.Core.Settings;

/// <summary>A list of texts: a list, or one text with commas.</summary>
public sealed class TextListType : SettingType<IReadOnlyList<string>>
{
    public override string Name => "list";

    public override string Expected => "a list of texts";

    public override Reading<IReadOnlyList<string>> Read(SettingNode node) => TryTexts(node, out var texts) ? new(texts, null) : Wrong();

    public override bool TryParse(string text, out IReadOnlyList<string> value)
    {
        value = Split(text);
        return true;
    }

    public override string Format(IReadOnlyList<string> value) => string.Join(", ", value);

    internal static IReadOnlyList<string> Split(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal static bool TryTexts(SettingNode node, out IReadOnlyList<string> texts)
    {
        texts = [];
        switch (node)
        {
            case SettingScalar { Kind: not ScalarKind.Null } scalar:
                texts = Split(scalar.Text);
                return true;
            case SettingList list when list.Items.All(i => i is SettingScalar { Kind: not ScalarKind.Null }):
                texts = [.. list.Items.Select(i => ((SettingScalar)i).Text)];
                return true;
            default:
                return false;
        }
    }
}

/// <summary>Names with values: a map of scalars, or one text like <c>zone=a,disk=ssd</c>. Ordered by name.</summary>
public sealed class LabelsType : SettingType<IReadOnlyDictionary<string, string>>
{
    public override string Name => "labels";

    public override string Expected => "labels like {zone: a, disk: ssd} or zone=a,disk=ssd";

    public override Reading<IReadOnlyDictionary<string, string>> Read(SettingNode node)
    {
        if (node is not SettingMap map)
        {
            return base.Read(node);
        }
        var pairs = new List<(string, string)>();
        foreach (var entry in map.Entries)
        {
            if (entry.Value is not SettingScalar { Kind: not ScalarKind.Null } scalar)
            {
                return Wrong();
            }
            pairs.Add((entry.Key, scalar.Text));
        }
        return TryLabels(pairs, out var labels) ? new(labels, null) : Wrong();
    }

    public override bool TryParse(string text, out IReadOnlyDictionary<string, string> value)
    {
        var pairs = new List<(string, string)>();
        value = new Dictionary<string, string>();
        foreach (var pair in TextListType.Split(text))
        {
            var cut = pair.IndexOf('=', StringComparison.Ordinal);
            if (cut <= 0)
            {
                return false;
            }
            pairs.Add((pair[..cut].Trim(), pair[(cut + 1)..].Trim()));
        }
        return TryLabels(pairs, out value);
    }

    public override string Format(IReadOnlyDictionary<string, string> value) => string.Join(",", value.Select(p => $"{p.Key}={p.Value}"));

    private static bool TryLabels(List<(string Name, string Value)> pairs, out IReadOnlyDictionary<string, string> labels)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        labels = sorted;
        foreach (var (name, value) in pairs)
        {
            var clean = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/');
            if (!clean || value.Any(c => c is ',' or '=' || char.IsControl(c)) || !sorted.TryAdd(name, value))
            {
                return false;
            }
        }
        return true;
    }
}
