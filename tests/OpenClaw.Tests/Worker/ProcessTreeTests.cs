using System.Diagnostics;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

/// <summary>What a worker and all below it use: children, what has left its parent, and what has ended.</summary>
public sealed class ProcessTreeTests
{
    [Fact]
    public async Task The_whole_tree_counts_and_what_has_ended_stays_in_its_time()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc");

        // A child that burns CPU and ends; one that waits in a session of its own and has started another and left it.
        using var root = Process.Start(
            new ProcessStartInfo(
                "/bin/sh",
                [
                    "-c",
                    "setsid sh -c 'setsid true; sleep 60 & exec sleep 60' & i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; (i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done); echo ready; wait",
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            await root.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            var alone = OpenClaw.Abi.Processes.ProcessStat.Of(root.Id)!.Value.ResidentBytes;
            var tree = ProcessTree.FiguresOf(root.Id);
            Assert.InRange(tree.ResidentBytes, alone + 1, alone * 20);
            Assert.InRange(tree.CpuTime, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60));
        }
        finally
        {
            root.Kill(entireProcessTree: true);
            await root.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void The_figures_are_those_of_the_look_before()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc");
        var tree = new ProcessTree();
        Assert.Null(tree.LatestAndLook());
        tree.Look();
        var figures = tree.LatestAndLook();
        Assert.InRange(figures!.Value.ResidentBytes, 10 << 20, long.MaxValue);
        Assert.True(figures.Value.CpuTime > TimeSpan.Zero);
    }

    [Fact]
    public void What_does_not_exist_uses_nothing()
    {
        Assert.Equal(default, ProcessTree.FiguresOf(int.MaxValue));
    }
}
