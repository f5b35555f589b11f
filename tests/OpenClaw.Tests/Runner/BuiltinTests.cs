using OpenClaw.Abi.Protocol;

namespace OpenClaw.Tests.Runner;

public sealed class BuiltinTests
{
    [Fact]
    public async Task Commands_sent_ahead_run_in_order_and_each_is_announced_before_its_end()
    {
        await using var runner = await RunnerProcess.StartAsync();
        const int Count = 20_000;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < Count; i++)
            {
                runner.Queue(runner.Builtin("noop", "{\"n\":1}"));
                if (i % 1000 == 999)
                {
                    await runner.SendAsync();
                }
            }
        });
        for (ulong handle = 1; handle <= Count; handle++)
        {
            Assert.Equal((FrameKind.Started, handle), await runner.NextAsync() is { } s ? (s.Kind, s.Handle) : default);
            var end = await runner.NextAsync();
            Assert.Equal((FrameKind.Succeeded, handle, "null"), (end!.Kind, end.Handle, end.Result));
        }
        await sending;
    }

    [Fact]
    public async Task The_end_of_the_commands_is_the_end_of_the_runner()
    {
        await using var runner = await RunnerProcess.StartAsync();
        runner.Queue(runner.Builtin("noop"));
        await runner.SendAsync();
        await runner.Commands.DisposeAsync();
        Assert.Equal(0, (await runner.Child.Ended.WaitAsync(RunnerProcess.Patience)).ExitCode);
        Assert.Equal(FrameKind.Started, (await runner.NextAsync())!.Kind);
        Assert.Equal(FrameKind.Succeeded, (await runner.NextAsync())!.Kind);
        Assert.Null(await runner.NextAsync());
    }

    [Theory]
    [InlineData("sleep", """{"ms":1}""", """{"slept_ms":1}""")]
    [InlineData("sleep", """{"seconds":0.002}""", """{"slept_ms":2}""")]
    [InlineData("ping", """{"target":"127.0.0.1"}""", """{"target":"127.0.0.1","address":"127.0.0.1","roundtrip_ms":""")]
    public async Task Built_ins_do_what_they_say(string type, string payload, string result)
    {
        await using var runner = await RunnerProcess.StartAsync();
        var said = await runner.RunAsync(runner.Builtin(type, payload));
        Assert.Equal("", said[^1].Text);
        Assert.StartsWith(result, said[^1].Result, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sleep", """{"ms":-1}""", "clw-payload-invalid")]
    [InlineData("sleep", """{"ms":"1"}""", "clw-payload-invalid")]
    [InlineData("sleep", "[]", "clw-payload-invalid")]
    [InlineData("sleep", "", "clw-payload-invalid")]
    [InlineData("ping", """{"target":""}""", "clw-payload-invalid")]
    [InlineData("ping", """{"target":"host.invalid"}""", "clw-task-failed")]
    [InlineData("ping", """{"target":"240.0.0.1","timeout_ms":50}""", "clw-task-failed")]
    [InlineData("teleport", "{}", "clw-plugin-missing")]
    public async Task What_built_ins_cannot_do_has_a_code_and_a_reason(string type, string payload, string code)
    {
        await using var runner = await RunnerProcess.StartAsync();
        var end = (await runner.RunAsync(runner.Builtin(type, payload)))[^1];
        Assert.Equal((FrameKind.Failed, code), (end.Kind, end.Code));
        Assert.NotEmpty(end.Text);
        Assert.Equal(FrameKind.Succeeded, (await runner.RunAsync(runner.Builtin("noop")))[^1].Kind);
    }

    [Fact]
    public async Task Noise_for_commands_ends_the_runner_with_a_word()
    {
        await using var runner = await RunnerProcess.StartAsync();
        await runner.Commands.WriteAsync(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 1 });
        Assert.Equal(70, (await runner.Child.Ended.WaitAsync(RunnerProcess.Patience)).ExitCode);
        Assert.Contains("clw-protocol", await runner.ErrorsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_given_at_start_hold()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        await using var runner = await RunnerProcess.StartAsync(
            new ProcessLimits
            {
                OpenFiles = 321,
                CoreBytes = 0,
                OomScoreAdjust = 500,
            }
        );
        var limits = await File.ReadAllTextAsync($"/proc/{runner.Child.Id}/limits");
        Assert.Matches(@"Max open files\s+321\s+321", limits);
        Assert.Matches(@"Max core file size\s+0\s+0", limits);
        Assert.Equal("500\n", await File.ReadAllTextAsync($"/proc/{runner.Child.Id}/oom_score_adj"));
        Assert.Equal("clw-runner\n", await File.ReadAllTextAsync($"/proc/{runner.Child.Id}/comm"));
    }
}
