using System.Runtime.InteropServices;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Puts a descriptor of ours at a number of the child's. The handle stays ours and may be closed as soon as the child was started.
/// </summary>
public readonly record struct ChildDescriptor(int Number, SafeHandle Handle);

/// <summary>How to start a process.</summary>
public sealed record ChildStart
{
    /// <summary>The executable; no search along PATH.</summary>
    public required string Path { get; init; }

    /// <summary>The argument vector, including the program's name in front.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment, <c>NAME=value</c>. Nothing is inherited.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Null: ours.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Descriptors of the child. 0, 1 and 2 are inherited unless named; every other one that is not named is closed.</summary>
    public IReadOnlyList<ChildDescriptor> Descriptors { get; init; } = [];

    /// <summary>Make the child leader of a session and a process group of its own: no terminal, no Ctrl-C from ours.</summary>
    public bool NewSession { get; init; } = true;

    /// <summary>
    /// When the child has ended, SIGKILL whatever is left in its process group, before its number can be reused. Only with
    /// <see cref="NewSession"/>.
    /// </summary>
    public bool EndGroup { get; init; } = true;

    /// <summary>Our own environment as <see cref="Environment"/> wants it, with <paramref name="changes"/> set, or removed where null.</summary>
    public static IReadOnlyList<string> InheritedEnvironment(params ReadOnlySpan<(string Name, string? Value)> changes)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            merged[(string)entry.Key] = (string?)entry.Value ?? "";
        }
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                merged.Remove(name);
            }
            else
            {
                merged[name] = value;
            }
        }
        return [.. merged.Select(pair => $"{pair.Key}={pair.Value}")];
    }
}

/// <summary>The system refused to start a process.</summary>
/// <param name="path">The executable.</param>
/// <param name="error">The system's error number (errno).</param>
public sealed class ChildStartException(string path, int error) : Exception($"cannot start {path}: {Marshal.GetPInvokeErrorMessage(error)}")
{
    public string Path { get; } = path;

    /// <summary>errno.</summary>
    public int Error { get; } = error;
}
