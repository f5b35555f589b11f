namespace OpenClaw.SystemTests.Harness;

/// <summary>How a failure has to look to a person: one line with its code, what to do next, the documented exit code, no stack trace.</summary>
internal static class Verdict
{
    public static void FailedWith(this RealProcess process, string code, int exit)
    {
        var lines = process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Count(l => l.Contains(code + ":", StringComparison.Ordinal)) == 1, $"not one line with {code}\n{process.Said}");
        Assert.True(process.Errors.Contains("next: ", StringComparison.Ordinal), $"no next step\n{process.Said}");
        Assert.True(process.ExitCode == exit, $"exit code {process.ExitCode} instead of {exit}\n{process.Said}");
        foreach (var trace in new[] { "   at ", "Exception", " | at ", "clw-internal", "Unhandled" })
        {
            Assert.False(process.Errors.Contains(trace, StringComparison.Ordinal), $"a trace is shown\n{process.Said}");
        }
    }
}
