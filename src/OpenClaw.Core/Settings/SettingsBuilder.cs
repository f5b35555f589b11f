using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Settings;

/// <summary>Makes <see cref="OpenClawSettings"/> from layers: flag over environment over file over default. Finds every mistake, not just the first. Pure.</summary>
public static class SettingsBuilder
{
    /// <summary>
    /// The settings, or a <c>clw-config-invalid</c> failure that carries all problems (<see cref="SettingsProblem.LinesOf"/>).
    /// The layers' order does not matter.
    /// </summary>
    public static Result<OpenClawSettings> Build(IEnumerable<SettingsLayer> layers, IEnumerable<SettingsProblem>? warnings = null)
    {
        var (settings, problems) = BuildWhatHolds(layers, warnings);
        return problems.Count > 0 ? SettingsProblem.AsFailure(problems) : settings;
    }

    /// <summary>What holds without the values that are wrong, and what is wrong. A value that breaks a rule with another one stays.</summary>
    public static (OpenClawSettings Settings, IReadOnlyList<SettingsProblem> Problems) BuildWhatHolds(
        IEnumerable<SettingsLayer> layers,
        IEnumerable<SettingsProblem>? warnings = null
    )
    {
        ArgumentNullException.ThrowIfNull(layers);
        var problems = new List<SettingsProblem>();
        var values = Defaults();
        foreach (var layer in layers.OrderBy(l => l.Kind))
        {
            foreach (var value in LayerReader.Read(layer, problems).Values)
            {
                values[value.Key] = value;
            }
        }
        var address = values[ClusterKeys.ManagerAddress];
        values[ClusterKeys.ManagerAddress] = ManagerAddressRule.Apply(
            address,
            values.GetValueOrDefault(ClusterKeys.ManagerHost),
            values.GetValueOrDefault(ClusterKeys.ManagerPort)
        );
        if (problems.Count > 0)
        {
            // Rules are about values that hold by themselves.
            return (new OpenClawSettings(values.Values, [.. warnings ?? []]), problems);
        }
        return ApplyRules(values, [.. warnings ?? []]);
    }

    private static (OpenClawSettings Settings, IReadOnlyList<SettingsProblem> Problems) ApplyRules(
        Dictionary<SettingKey, SettingValue> values,
        List<SettingsProblem> warnings
    )
    {
        var settings = new OpenClawSettings(values.Values, []);
        var errors = new List<SettingsProblem>();
        foreach (var rule in SettingsRule.All)
        {
            if (rule.Check(settings) is { } text)
            {
                // The one to blame is the key that somebody set; defaults agree with each other.
                var culprit = rule.Keys.FirstOrDefault(k => settings.Find(k) is { At.Kind: not SourceKind.Default }) ?? rule.Keys[0];
                var subject = culprit == rule.Keys[0] ? text : $"{rule.Keys[0].Path} {text}";
                (rule.Fatal ? errors : warnings).Add(new(settings.Find(culprit)?.At ?? SourcePosition.Default, culprit.Path, subject));
            }
        }
        return (new OpenClawSettings(values.Values, warnings), errors);
    }

    private static Dictionary<SettingKey, SettingValue> Defaults()
    {
        var values = new Dictionary<SettingKey, SettingValue>();
        foreach (var key in SettingsSchema.All)
        {
            if (key.Default is { } text)
            {
                var node = new SettingScalar(SourcePosition.Default, ScalarKind.Text, text);
                values[key] =
                    key.Read(node, out var problem) ?? throw new InvalidOperationException($"{key.Path}: the default '{text}' {problem}");
            }
        }
        return values;
    }
}
