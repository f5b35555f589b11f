namespace OpenClaw.Core.Settings;

/// <summary>Reads the documents of one layer against the schema.</summary>
internal sealed class LayerReader
{
    private readonly Dictionary<SettingKey, SettingValue> values = [];
    private readonly HashSet<SettingKey> broken = [];
    private readonly List<SettingsProblem> problems;

    private LayerReader(List<SettingsProblem> problems) => this.problems = problems;

    internal static Dictionary<SettingKey, SettingValue> Read(SettingsLayer layer, List<SettingsProblem> problems)
    {
        var reader = new LayerReader(problems);
        foreach (var document in layer.Documents)
        {
            if (LostIndentation.Find(document) is { } lost)
            {
                // One cause, one error: every key that it displaced would be another.
                problems.Add(lost);
                continue;
            }
            reader.ReadMap(document, "");
        }
        return reader.values;
    }

    private void ReadMap(SettingMap map, string prefix)
    {
        var seen = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            var path = prefix + entry.Key;
            if (map.At.Kind == SourceKind.File && !seen.TryAdd(entry.Key, entry.At))
            {
                problems.Add(new(entry.At, path, $"is given twice; first at {seen[entry.Key]}"));
            }
            else if (SettingsSchema.Find(path) is { } key)
            {
                ReadValue(key, entry);
            }
            else if (SettingsSchema.IsSection(path))
            {
                ReadSection(path, entry);
            }
            else
            {
                problems.Add(new(entry.At, path, UnknownKey(path)));
            }
        }
    }

    private void ReadSection(string path, SettingEntry entry)
    {
        switch (entry.Value)
        {
            case SettingMap map:
                ReadMap(map, path + ".");
                break;
            case SettingScalar { Kind: ScalarKind.Null }:
                break;
            default:
                problems.Add(new(entry.Value.At, path, $"is a section with keys below it, not {entry.Value.Describe()}"));
                break;
        }
    }

    private void ReadValue(SettingKey key, SettingEntry entry)
    {
        if (key.Read(entry.Value, out var problem) is not { } value)
        {
            broken.Add(key);
            problems.Add(new(entry.Value.At, key.Path, problem!));
        }
        else if (!broken.Contains(key) && !values.TryAdd(key, value) && values[key] is var first && first.Text != value.Text)
        {
            problems.Add(new(value.At, key.Path, $"has two values: {value.Shown} here, {first.Shown} at {first.At}; keep one"));
        }
    }

    private static string UnknownKey(string path) =>
        SettingsSchema.NearestPath(path) is { } nearest ? $"unknown key; did you mean {nearest}?" : "unknown key";
}
