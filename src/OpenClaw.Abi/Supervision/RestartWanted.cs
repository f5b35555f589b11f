namespace OpenClaw.Abi.Supervision;

/// <summary>How a child says to its supervisor that it has stopped in good order and is to be started again, at once and for free.</summary>
public static class RestartWanted
{
    /// <summary>
    /// The exit code (EX_TEMPFAIL of sysexits.h: try again). From a child that was ready; from any other it is a failed start, which
    /// spends the budget, so that nothing starts itself in a circle.
    /// </summary>
    public const int ExitCode = 75;
}
