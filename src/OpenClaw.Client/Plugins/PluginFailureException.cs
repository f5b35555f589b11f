using OpenClaw.Abi.Plugins;

namespace OpenClaw.Client.Plugins;

/// <summary>Fails the attempt, and says how.</summary>
public sealed class PluginFailureException : Exception
{
    /// <summary>Fails the attempt without a word.</summary>
    public PluginFailureException()
        : this("the task failed") { }

    /// <summary>Fails the attempt; it is tried again as the task's retries allow.</summary>
    public PluginFailureException(string message)
        : base(message) { }

    /// <summary>Fails the attempt; it is tried again as the task's retries allow.</summary>
    public PluginFailureException(string message, Exception? innerException)
        : base(message, innerException) { }

    /// <summary>Fails the attempt with a code.</summary>
    /// <param name="message">What is shown to the user.</param>
    /// <param name="code">Lower-case letters, digits and hyphens, at most 64, not beginning with <c>clw-</c>; null: <c>clw-task-failed</c>.</param>
    /// <param name="isRetryable">False: another attempt cannot help.</param>
    /// <param name="innerException">The cause.</param>
    /// <exception cref="ArgumentException">The code is none.</exception>
    public PluginFailureException(string message, string? code, bool isRetryable = true, Exception? innerException = null)
        : base(message, innerException)
    {
        if (code is not null && !PluginProtocol.IsOwnCode(code))
        {
            throw new ArgumentException(
                $"'{code}' is no code: lower-case letters, digits and hyphens, at most {PluginProtocol.MaxCodeChars}, not beginning with clw-",
                nameof(code)
            );
        }

        Code = code;
        IsRetryable = isRetryable;
    }

    /// <summary>The code; null: <c>clw-task-failed</c>.</summary>
    public string? Code { get; }

    /// <summary>Whether another attempt may help.</summary>
    public bool IsRetryable { get; } = true;
}
