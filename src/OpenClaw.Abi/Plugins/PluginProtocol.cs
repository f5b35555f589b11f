namespace OpenClaw.Abi.Plugins;

/// <summary>
/// The names of what a worker and a plugin's program say to each other: one JSON object a line (docs/plugin-abi.md). They are public
/// API for programs in every language and never change their meaning.
/// </summary>
public static class PluginProtocol
{
    /// <summary>What a serving program says in its hello.</summary>
    public const int Version = 1;

    /// <summary>In the program's environment: <see cref="Plain"/> or <see cref="Serve"/>.</summary>
    public const string ModeVariable = "OPENCLAW_TASK_MODE";

    /// <summary>One process, one task: payload on standard input, result on standard output.</summary>
    public const string Plain = "plain";

    /// <summary>One process, many tasks, one at a time: lines on standard input and output.</summary>
    public const string Serve = "serve";

    /// <summary>The longest line in either direction, in bytes: a payload or result of 1 MiB and room for the rest.</summary>
    public const int MaxLineBytes = (1 << 20) + (64 << 10);

    /// <summary>The longest code of a plugin's own, in characters.</summary>
    public const int MaxCodeChars = 64;

    /// <summary>The member that says what a line is.</summary>
    public const string Kind = "kind";

    public const string Hello = "hello";
    public const string Task = "task";
    public const string Cancel = "cancel";
    public const string Progress = "progress";
    public const string Log = "log";
    public const string Result = "result";
    public const string Failure = "failure";

    /// <summary>Whether a plugin may give this code to its failures: lower-case letters, digits and hyphens, not beginning with <c>clw-</c>.</summary>
    public static bool IsOwnCode(string code)
    {
        if (code.Length is 0 or > MaxCodeChars || code.StartsWith("clw-", StringComparison.Ordinal) || code[0] == '-')
        {
            return false;
        }
        foreach (var letter in code)
        {
            if (!char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && letter != '-')
            {
                return false;
            }
        }
        return true;
    }
}
