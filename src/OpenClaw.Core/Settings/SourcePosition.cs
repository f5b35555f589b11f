namespace OpenClaw.Core.Settings;

/// <summary>Where a value can come from, the weakest first: a later member wins over an earlier one.</summary>
public enum SourceKind
{
    /// <summary>Nobody said anything; the schema's default.</summary>
    Default = 0,

    /// <summary>A configuration file.</summary>
    File = 1,

    /// <summary>An environment variable.</summary>
    Environment = 2,

    /// <summary>A flag of the command line.</summary>
    Flag = 3,
}

/// <summary>The place of a value: file, line and column, or the variable, or the flag. Immutable.</summary>
/// <param name="Kind">The kind of source.</param>
/// <param name="Name">The file's path, the variable's name or the flag as typed; empty for a default.</param>
/// <param name="Line">Counted from 1; 0 where there are no lines.</param>
/// <param name="Column">Counted from 1, in UTF-16 units; 0 where there are no columns.</param>
public readonly record struct SourcePosition(SourceKind Kind, string Name, int Line = 0, int Column = 0)
{
    /// <summary>The place of every default.</summary>
    public static SourcePosition Default { get; } = new(SourceKind.Default, "");

    public static SourcePosition File(string path, int line, int column) => new(SourceKind.File, path, line, column);

    public static SourcePosition Variable(string name) => new(SourceKind.Environment, name);

    public static SourcePosition Flag(string flag) => new(SourceKind.Flag, flag);

    /// <summary><c>file:line:column</c>, the variable's name, the flag, or <c>default</c>.</summary>
    public override string ToString() =>
        Kind switch
        {
            SourceKind.Default => "default",
            SourceKind.File when Line > 0 => $"{Name}:{Line}:{Column}",
            _ => Name,
        };
}
