namespace OpenClaw.Core.Settings;

/// <summary>What a reading of a node gave: a value, or what is wrong with it.</summary>
/// <param name="Value">Meaningful when <paramref name="Problem"/> is null.</param>
/// <param name="Problem">Null, or a half sentence that follows the key's name. It never repeats the value, which may be secret.</param>
public readonly record struct Reading<T>(T Value, string? Problem);

/// <summary>How a value of type T is read from a node, written as text, and described to a user. Stateless.</summary>
public abstract class SettingType<T>
{
    /// <summary>A word for listings: <c>duration</c>, <c>size</c>, …</summary>
    public abstract string Name { get; }

    /// <summary>What the user should have written: "a duration like 5s, 500ms, 2m or 1h30m (a plain number is seconds)".</summary>
    public abstract string Expected { get; }

    /// <summary>The words that it takes, when they are few; else empty.</summary>
    public virtual IReadOnlyList<string> Choices => [];

    /// <summary>Reads a node. The default takes a scalar and reads its text.</summary>
    public virtual Reading<T> Read(SettingNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node is SettingScalar { Kind: not ScalarKind.Null } scalar && TryParse(scalar.Text, out var value)
            ? new(value, null)
            : Wrong();
    }

    /// <summary>Reads the text form, as variables, flags and defaults carry it.</summary>
    public abstract bool TryParse(string text, out T value);

    /// <summary>The canonical text form; <see cref="TryParse"/> reads it back to the same value.</summary>
    public abstract string Format(T value);

    /// <summary>The reading that says what was expected.</summary>
    protected Reading<T> Wrong() => new(default!, $"expected {Expected}");
}
