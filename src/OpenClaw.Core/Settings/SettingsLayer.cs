namespace OpenClaw.Core.Settings;

/// <summary>One source kind with its documents. Documents of one layer are equals: the same key with two values in them is an error.</summary>
/// <param name="Kind">Decides the precedence.</param>
/// <param name="Documents">One map per file; one for all variables; one for all flags.</param>
public sealed record SettingsLayer(SourceKind Kind, IReadOnlyList<SettingMap> Documents)
{
    public static SettingsLayer Files(params IEnumerable<SettingMap> documents) => new(SourceKind.File, [.. documents]);

    /// <summary>A layer of flags, each with the path that it sets: <c>("--max-mem", "worker.max_memory", "2G")</c>.</summary>
    public static SettingsLayer Flags(params IEnumerable<SettingFlag> flags) =>
        new(SourceKind.Flag, [Flat(flags.Select(f => (f.Path, SourcePosition.Flag(f.Flag), f.Value)))]);

    internal static SettingMap Flat(IEnumerable<(string Path, SourcePosition At, string Value)> values) =>
        new(
            SourcePosition.Default,
            [.. values.Select(v => new SettingEntry(v.Path, v.At, new SettingScalar(v.At, ScalarKind.Plain, v.Value)))]
        );
}

/// <summary>A flag that sets a key.</summary>
/// <param name="Flag">As typed: <c>--max-mem</c>; it names the value's origin.</param>
/// <param name="Path">The key's path.</param>
/// <param name="Value">The value's text.</param>
public sealed record SettingFlag(string Flag, string Path, string Value);
