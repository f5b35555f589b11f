using System.Globalization;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker;

/// <summary>The check of a script ends, whatever the script has started.</summary>
public sealed class ScriptCheckTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-check-");

    public void Dispose() => directory.Delete(recursive: true);

    private Task<ScriptVerdict> JudgeAsync(string runner)
    {
        var path = Path.Combine(directory.FullName, "runner");
        File.WriteAllText(path, "#!/bin/sh\n" + runner);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new ScriptCheck(path)
            .JudgeAsync("x.lua", TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AGrandchildThatHoldsTheOutputIsNotWaitedFor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs setsid");
        var number = Path.Combine(directory.FullName, "pid");
        try
        {
            var verdict = await JudgeAsync($"setsid sleep 600 & echo $! > {number}; sleep 0.2; echo '{{\"ok\":true}}'");
            Assert.Equal(new ScriptVerdict(null, null, IsMissing: false), verdict);
        }
        finally
        {
            using var left = System.Diagnostics.Process.GetProcessById(
                int.Parse(await File.ReadAllTextAsync(number, CancellationToken.None), CultureInfo.InvariantCulture)
            );
            left.Kill();
        }
    }

    [Fact]
    public async Task AScriptThatWritesWithoutEndIsEnded() =>
        Assert.Equal("the check itself failed", (await JudgeAsync("exec yes")).Problem);
}
