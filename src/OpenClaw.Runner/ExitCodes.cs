namespace OpenClaw.Runner;

/// <summary>Exit codes of the runner itself.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Usage = 2;

    /// <summary>The worker sent what cannot be read.</summary>
    public const int Protocol = 70;

    /// <summary>The program to become cannot be executed (the convention of shells).</summary>
    public const int CannotExecute = 126;
}
