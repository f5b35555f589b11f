using OpenClaw.Abi.Processes;

namespace OpenClaw.Runner;

/// <summary>Ends this process when its worker is gone, whatever a script is doing, on systems whose kernel does not do that.</summary>
internal static class ParentWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static void Start(int? parent)
    {
        if (OperatingSystem.IsLinux())
        {
            return;
        }
        var expected = parent ?? ParentDeath.ParentId;
        var thread = new Thread(() => Watch(expected)) { IsBackground = true, Name = "clw-parent-watch" };
        thread.Start();
    }

    private static void Watch(int expected)
    {
        using var never = new ManualResetEventSlim();
        while (ParentDeath.ParentId == expected)
        {
            _ = never.Wait(Interval);
        }
        Environment.Exit(ExitCodes.Ok);
    }
}
