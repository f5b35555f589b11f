using System.Text;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Tests.Runner;

public sealed class ExecTests : IDisposable
{
    private readonly PluginDirectory plugins = new();

    public void Dispose() => plugins.Dispose();

    private ExecCommand Command(string path) =>
        new()
        {
            Handle = 5,
            TaskId = "task-1",
            Attempt = 3,
            Type = "thumb",
            Path = path,
            Arguments = [path],
            Environment = PluginEnvironment.For(Environment.GetEnvironmentVariables(), "task-1", "thumb", 3, "/out"),
            WorkingDirectory = plugins.Path,
        };

    [Fact]
    public async Task A_plugin_gets_payload_environment_and_progress_and_gives_a_result()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var path = plugins.Executable(
            "thumb",
            """
            #!/bin/sh
            echo working >&2
            echo '{"progress":0.5,"message":"half"}' >&3
            printf '{"payload":'; cat; printf '}\n'
            env
            pwd
            ls -l /proc/self/fd | sed 's/.* \([0-9]*\) -> \([a-z/]*\).*/\1=\2/' | grep = | tr '\n' ' '
            grep -E 'SigIgn|SigBlk' /proc/self/status
            cat /proc/$$/comm
            exit 4
            """
        );
        await using var runner = await RunnerProcess.StartAsync();
        await runner.SendAsync(Command(path));
        var becoming = await runner.NextAsync();
        Assert.Equal((FrameKind.Becoming, 5UL), (becoming!.Kind, becoming.Handle));
        await runner.Commands.WriteAsync("{\"a\":1}"u8.ToArray());
        await runner.Commands.DisposeAsync();
        var output = await runner.RestOfReportsAsync();
        var end = await runner.Child.Ended.WaitAsync(RunnerProcess.Patience);
        Assert.Equal(4, end.ExitCode);
        Assert.StartsWith("{\"payload\":{\"a\":1}}\n", output, StringComparison.Ordinal);
        Assert.Contains("OPENCLAW_TASK_ID=task-1\n", output, StringComparison.Ordinal);
        Assert.Contains("OPENCLAW_TASK_ATTEMPT=3\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("OPENCLAW_TOKEN", output, StringComparison.Ordinal);
        Assert.DoesNotContain("OPENCLAW_RUNNER_LIMITS", output, StringComparison.Ordinal);
        Assert.Contains(plugins.Path + "\n", output, StringComparison.Ordinal);
        // Nothing of the runner is open in the plugin. 4 is the directory that ls reads.
        Assert.Contains("0=pipe 1=pipe 2=pipe 3=pipe 4=/proc/", output, StringComparison.Ordinal);
        Assert.DoesNotContain("5=", output, StringComparison.Ordinal);
        // 32 and 33 are the C library's own, which .NET cannot set back from inside.
        Assert.Contains("SigBlk:\t0000000000000000\n", output, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000\n", output, StringComparison.Ordinal);
        Assert.EndsWith("thumb\n", output, StringComparison.Ordinal);
        Assert.Equal("working\n", await runner.ErrorsAsync());
        Assert.Equal("{\"progress\":0.5,\"message\":\"half\"}\n", await new StreamReader(runner.ProgressPipe).ReadToEndAsync());
    }

    [Fact]
    public async Task What_cannot_be_executed_is_said_by_its_cause_and_the_runner_goes_on_where_it_can()
    {
        await using var runner = await RunnerProcess.StartAsync();
        foreach (
            var (path, code) in new[]
            {
                ("/nowhere/thumb", "clw-plugin-missing"),
                (plugins.Executable("plain", "#!/bin/sh\n", executable: false), "clw-plugin-invalid"),
                (plugins.Executable("odd", "#!/usr/bin/nothing -x\n"), "clw-plugin-invalid"),
            }
        )
        {
            await runner.SendAsync(Command(path));
            var refused = await runner.NextAsync();
            Assert.Equal((FrameKind.Failed, code, 5UL), (refused!.Kind, refused.Code, refused.Handle));
            Assert.Contains(path, refused.Text, StringComparison.Ordinal);
        }
        await runner.SendAsync(Command(plugins.Executable("noise", "\u0001\u0002 not a program")));
        Assert.Equal(FrameKind.Becoming, (await runner.NextAsync())!.Kind);
        Assert.Equal(126, (await runner.Child.Ended.WaitAsync(RunnerProcess.Patience)).ExitCode);
        Assert.Contains("cannot be executed: Exec format error", await runner.ErrorsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_dies_with_its_worker_and_its_signals_are_told()
    {
        await using var runner = await RunnerProcess.StartAsync();
        await runner.SendAsync(Command(plugins.Executable("crash", "#!/bin/sh\nulimit -c 0\nkill -ABRT $$\n")));
        Assert.Equal(FrameKind.Becoming, (await runner.NextAsync())!.Kind);
        var end = await runner.Child.Ended.WaitAsync(RunnerProcess.Patience);
        var meaning = ExitClassification.Of(end, timedOut: false, killedByUs: false, memoryLimit: null);
        Assert.Equal((ExitClass.Abort, "clw-worker-crash", 134), (meaning.Class, meaning.Code, meaning.ShellCode));
        Assert.True(end.PeakMemoryBytes > 0);
        Assert.Equal("", Encoding.UTF8.GetString([]));
    }

    [Fact]
    public async Task Limits_of_a_plugin_hold_in_the_plugin()
    {
        await using var runner = await RunnerProcess.StartAsync();
        await runner.SendAsync(
            Command(plugins.Executable("limits", "#!/bin/sh\nulimit -n; ulimit -c\n")) with
            {
                Limits = new ProcessLimits { OpenFiles = 77, CoreBytes = 0 },
            }
        );
        Assert.Equal(FrameKind.Becoming, (await runner.NextAsync())!.Kind);
        Assert.Equal("77\n0\n", await runner.RestOfReportsAsync());
    }
}
