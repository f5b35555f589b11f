namespace OpenClaw.Core.Settings;

/// <summary>One row of the schema. Rows are immutable, made once, and compared by reference.</summary>
public abstract class SettingKey
{
    private protected SettingKey(string path, string description)
    {
        Path = path;
        Description = description;
    }

    /// <summary>The dotted path in a file: <c>cluster.heartbeat_interval</c>. Lower case, words joined by '_'.</summary>
    public string Path { get; }

    /// <summary>One sentence for listings and documentation, unit and special values included.</summary>
    public string Description { get; }

    /// <summary>The default's text; null when the key has none and may stay unset.</summary>
    public string? Default { get; init; }

    /// <summary>The least value that is taken, as text; null for none.</summary>
    public string? Min { get; init; }

    /// <summary>The greatest value that is taken, as text; null for none.</summary>
    public string? Max { get; init; }

    /// <summary>True for values that no log, listing or error may show.</summary>
    public bool Secret { get; init; }

    /// <summary>Other paths that mean the same key.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Variables beside the one that follows from the path.</summary>
    public IReadOnlyList<string> ExtraVariables { get; init; } = [];

    /// <summary>Flags of the command line that set the key: <c>--max-mem</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>The type's word: <c>duration</c>, <c>size</c>, …</summary>
    public abstract string TypeName { get; }

    /// <summary>The words that the key takes, when they are few; empty for all others.</summary>
    public abstract IReadOnlyList<string> Choices { get; }

    /// <summary>The variable that follows from the path: <c>OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL</c>.</summary>
    public string Variable => "OPENCLAW_" + Path.Replace('.', '_').ToUpperInvariant();

    /// <summary>All variables that set the key.</summary>
    public IEnumerable<string> Variables => ExtraVariables.Prepend(Variable);

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>Reads a node as this key's value, range included. On failure the problem is a half sentence for the user.</summary>
    public abstract SettingValue? Read(SettingNode node, out string? problem);

    public override string ToString() => Path;
}

/// <summary>A row whose values are of type T.</summary>
public sealed class SettingKey<T>(string path, SettingType<T> type, string description) : SettingKey(path, description)
{
    public SettingType<T> Type { get; } = type;

    public override string TypeName => Type.Name;

    public override IReadOnlyList<string> Choices => Type.Choices;

    public override SettingValue? Read(SettingNode node, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node is SettingScalar { Kind: ScalarKind.Null })
        {
            problem = $"has no value; expected {Type.Expected}";
            return null;
        }
        var reading = Type.Read(node);
        problem = reading.Problem ?? OutOfRange(reading.Value);
        if (problem is null)
        {
            return new SettingValue(this, reading.Value!, Type.Format(reading.Value), node.At);
        }
        // The value helps to see what is wrong, unless it is a secret.
        problem = Secret ? problem : $"{problem}, not {node.Describe()}";
        return null;
    }

    private string? OutOfRange(T value)
    {
        var low = Min is not null && Comparer<T>.Default.Compare(value, Bound(Min)) < 0;
        var high = Max is not null && Comparer<T>.Default.Compare(value, Bound(Max)) > 0;
        return (low || high, Min, Max) switch
        {
            (false, _, _) => null,
            (_, not null, not null) => $"must be from {Min} to {Max}",
            (_, not null, null) => $"must be at least {Min}",
            _ => $"must be at most {Max}",
        };
    }

    private T Bound(string text) =>
        Type.TryParse(text, out var bound) ? bound : throw new InvalidOperationException($"{Path}: the bound '{text}' is no {Type.Name}");
}

/// <summary>An effective value.</summary>
/// <param name="Key">Its row.</param>
/// <param name="Value">An instance of the row's type.</param>
/// <param name="Text">Its canonical text; secret values are not masked here, see <see cref="Shown"/>.</param>
/// <param name="At">Where it comes from.</param>
public sealed record SettingValue(SettingKey Key, object Value, string Text, SourcePosition At)
{
    /// <summary>The text as a log or a listing may show it.</summary>
    public string Shown => Key.Secret ? "********" : Text;

    public override string ToString() => $"{Key.Path} = {Shown} ({At})";
}
