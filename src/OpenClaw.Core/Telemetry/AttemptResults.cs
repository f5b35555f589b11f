namespace OpenClaw.Core.Telemetry;

/// <summary>How an attempt ended, as the label <c>result</c>.</summary>
public static class AttemptResults
{
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Crashed = "crashed";
}
