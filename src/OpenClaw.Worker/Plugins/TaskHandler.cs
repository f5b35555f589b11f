namespace OpenClaw.Worker.Plugins;

/// <summary>How a type is run.</summary>
public enum HandlerForm
{
    /// <summary>Built into the runner.</summary>
    Builtin,

    /// <summary>A Lua function.</summary>
    Lua,

    /// <summary>An executable: plugin ABI v1.</summary>
    Executable,
}

/// <summary>What serves a type. Immutable; a changed file or manifest makes a new one.</summary>
/// <param name="Type">The type's name.</param>
/// <param name="Form">How it is run.</param>
/// <param name="Path">The plugin's file; empty for built-in types.</param>
/// <param name="Version">The first 16 hexadecimal digits of the SHA-256 of the file, with its manifest when it has one; empty for built-in types.</param>
public sealed record TaskHandler(string Type, HandlerForm Form, string Path, string Version)
{
    /// <summary>What stands beside the file.</summary>
    public PluginManifest Manifest { get; init; } = PluginManifest.None;

    /// <summary>Whether one process runs many of its tasks.</summary>
    public bool IsServing => Form == HandlerForm.Executable && Manifest.Mode == PluginMode.Serve;

    /// <summary>The name on the wire.</summary>
    public string Kind =>
        Form switch
        {
            HandlerForm.Builtin => "builtin",
            HandlerForm.Lua => "lua",
            _ => IsServing ? "serve" : "exec",
        };
}

/// <summary>A file in the plugin directory that serves no type, and why.</summary>
/// <param name="Path">The file.</param>
/// <param name="Problem">One line.</param>
/// <param name="Line">Where in the file, counted from 1; null when it is no line's fault.</param>
public sealed record PluginProblem(string Path, string Problem, int? Line = null)
{
    /// <summary><c>file:line: what</c></summary>
    public override string ToString() =>
        Line is { } line
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Path}:{line}: {Problem}")
            : $"{Path}: {Problem}";
}
