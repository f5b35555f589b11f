namespace OpenClaw.Runner;

/// <summary>How a built-in ended: JSON of its result, or code, message and whether another attempt may help.</summary>
internal readonly record struct HandlerOutcome(string? Code, string Message, bool Retryable, byte[] Result)
{
    public static HandlerOutcome Ok(byte[] result) => new(null, "", Retryable: false, result);

    public static HandlerOutcome Fail(string code, string message, bool retryable) => new(code, message, retryable, []);
}
