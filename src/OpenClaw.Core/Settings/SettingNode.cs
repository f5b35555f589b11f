namespace OpenClaw.Core.Settings;

/// <summary>
/// What a configuration file says, free of its format: maps, lists and scalars, each with its place.
/// Immutable; readers make it, <see cref="SettingsBuilder"/> consumes it.
/// </summary>
/// <param name="At">Where the node begins.</param>
public abstract record SettingNode(SourcePosition At)
{
    /// <summary>The node in an error: "'5s'", "a list", "a section".</summary>
    public abstract string Describe();
}

/// <summary>What a format knows about a scalar. Settings are read by their text; only <see cref="Null"/> changes the meaning.</summary>
public enum ScalarKind
{
    /// <summary>Nothing stands there.</summary>
    Null,

    /// <summary>Unquoted text whose type the format leaves open: YAML's plain scalars, variables, flags.</summary>
    Plain,

    /// <summary>Quoted text.</summary>
    Text,

    /// <summary>A number; the text is in plain decimal notation.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
}

/// <summary>One value as text.</summary>
public sealed record SettingScalar(SourcePosition At, ScalarKind Kind, string Text) : SettingNode(At)
{
    public override string Describe() => Kind == ScalarKind.Null ? "nothing" : $"'{Text}'";
}

/// <summary>A sequence of nodes.</summary>
public sealed record SettingList(SourcePosition At, IReadOnlyList<SettingNode> Items) : SettingNode(At)
{
    public override string Describe() => "a list";
}

/// <summary>A map in the order of the file. A key may stand in it twice: the builder reports that with both places.</summary>
public sealed record SettingMap(SourcePosition At, IReadOnlyList<SettingEntry> Entries) : SettingNode(At)
{
    public override string Describe() => "a section";
}

/// <summary>One line of a map.</summary>
/// <param name="Key">The key as written, without quotes.</param>
/// <param name="At">Where the key begins.</param>
/// <param name="Value">What it is set to.</param>
public sealed record SettingEntry(string Key, SourcePosition At, SettingNode Value);
