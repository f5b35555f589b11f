namespace OpenClaw.Tests;

/// <summary>Programs that a test calls: without one it is skipped on a laptop and fails in CI.</summary>
internal static class Tools
{
    public static void Need(bool there, string what)
    {
        Assert.True(there || Environment.GetEnvironmentVariable("CI") != "true", $"{what} is not installed");
        Assert.SkipUnless(there, $"{what} is not installed");
    }
}
