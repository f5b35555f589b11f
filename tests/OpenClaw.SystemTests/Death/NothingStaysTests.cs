using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Death;

/// <summary>Proves: whichever process of a cluster is killed with SIGKILL, the others do not outlive it as orphans.</summary>
public sealed class NothingStaysTests
{
    [Theory]
    [InlineData("clw up")]
    [InlineData("clw-supervisor")]
    public async Task Nothing_outlives_a_killed_parent(string whom)
    {
        await using var up = new Up();
        up.Room.Plugin("stubborn", "#!/bin/sh\ntrap '' TERM INT HUP\nsh -c \"trap '' TERM INT HUP; while :; do sleep 1; done\" &\nwait\n");
        await up.StartAsync();
        using (var client = up.Client())
        {
            // One in a runner, one in a plugin with a child that ignores every polite request.
            await client.UntilAsync(await client.SubmitAsync("sleep", """{"ms":60000}"""), TaskState.Running);
            await client.UntilAsync(await client.SubmitAsync("stubborn", "null"), TaskState.Running);
        }

        var all = ProcessTable.DescendantsOf(up.Process.Id);
        Assert.True(all.Count >= 6, string.Join('\n', all));
        Signals.Send(whom == "clw up" ? up.Process.Id : up.Supervisor.Id, Signals.Kill);
        await up.Process.EndAsync();
        await up.Room.NothingRunsAsync($"after {whom} was killed", TimeSpan.FromSeconds(20));
        Assert.All(all, p => Assert.False(ProcessTable.IsAlive(p.Id), $"{p} was left"));
    }
}
