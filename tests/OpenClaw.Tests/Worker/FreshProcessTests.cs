using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Settings;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

/// <summary>A fresh process for a task: which runner gets what, and what becomes of those that have done their work.</summary>
public sealed class FreshProcessTests : IDisposable
{
    private readonly WorkerRig rig = new(o => o with { Isolation = TaskIsolation.Task, Slots = 1 });

    public FreshProcessTests()
    {
        rig.Connect();
        rig.Ready();
    }

    public void Dispose() => rig.Dispose();

    private static void Run(WorkerRig rig, TestRunner runner, long task)
    {
        rig.Report(runner, FrameKind.Started, task);
        rig.Report(runner, FrameKind.Succeeded, task);
    }

    [Fact]
    public void TheNextTaskDoesNotWaitForTheEndOfTheLastOnesProcess()
    {
        rig.Assign(1, 2);
        var first = rig.RunnerOf(1);
        Run(rig, first, 1);
        Assert.True(first.IsClosed);
        var second = rig.Runners[1];
        rig.Report(second, FrameKind.Ready);
        Assert.Equal([2], second.Given);

        // Its end is nobody's business any more.
        rig.End(first, exit: 0);
        Run(rig, second, 2);
        Assert.Equal([1, 2], rig.Manager.Outcomes.Where(o => o.Succeeded).Select(o => o.Task));
        Assert.Equal(3, rig.Runners.Count);
    }

    [Fact]
    public async Task WhatARunnerLeavesGoesWithItAlsoWhenItsSlotHasGoneOn()
    {
        var root = Directory.CreateTempSubdirectory("openclaw-runners-");
        try
        {
            using var own = new WorkerRig(o => o with { Isolation = TaskIsolation.Task, Slots = 1 }, new RunnerDirectories(root.FullName));
            own.Connect();
            own.Ready();
            for (var task = 1; task <= 3; task++)
            {
                own.Assign(task);
                var runner = own.RunnerOf(task);
                await File.WriteAllTextAsync(Path.Combine(runner.WorkingDirectory, "core"), "", TestContext.Current.CancellationToken);
                Run(own, runner, task);
                own.End(runner, exit: 0);
                own.Report(own.Runners[^1], FrameKind.Ready);
            }

            // That of the one that waits for a task stays.
            await Until(() => root.EnumerateDirectories().Select(d => d.FullName).SequenceEqual([own.Runners[^1].WorkingDirectory]));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var end = Environment.TickCount64 + 30_000; !holds(); )
        {
            Assert.True(Environment.TickCount64 < end, "it never came to that");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void EachRunnerRunsOneTaskHoweverShortTheyAre()
    {
        rig.Assign([.. Enumerable.Range(1, 20).Select(n => (long)n)]);
        for (var task = 1; task <= 20; task++)
        {
            var runner = rig.RunnerOf(task);
            Run(rig, runner, task);
            rig.Report(rig.Runners[^1], FrameKind.Ready);
        }

        Assert.Equal(21, rig.Runners.Count);
        Assert.All(rig.Runners.Take(20), r => Assert.Single(r.Given));
    }

    [Fact]
    public void OneThatDoesNotLeaveIsKilledAndTheStopWaitsForIt()
    {
        rig.Assign(1);
        var first = rig.RunnerOf(1);
        Run(rig, first, 1);
        rig.Pass(rig.Options.KillGrace - TimeSpan.FromMilliseconds(1));
        Assert.Empty(first.Signals);
        rig.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal([Signals.Kill], first.Signals);

        rig.Core.BeginStop();
        rig.Core.CloseRunners();
        rig.End(rig.Runners[1], exit: 0);
        Assert.True(rig.Core.HasRunners);
        rig.Core.KillRunners();
        Assert.Equal([Signals.Kill, Signals.Kill], first.Signals);
        rig.End(first, signal: Signals.Kill);
        Assert.False(rig.Core.HasRunners);
    }

    [Fact]
    public void AManifestMayWantAFreshProcessInAPool()
    {
        using var pool = new WorkerRig(o => o with { Slots = 1 });
        pool.Handlers["alone"] = new TaskHandler("alone", HandlerForm.Lua, "/plugins/alone.lua", "v1")
        {
            Manifest = new PluginManifest { Isolation = TaskIsolation.Task },
        };
        pool.Connect();
        pool.Ready();
        pool.Assign(1);
        var used = pool.RunnerOf(1);
        Run(pool, used, 1);
        Assert.False(used.IsClosed);

        // The slot's runner has run something: another takes its place.
        pool.Assign("alone", 0, 2, 3);
        Assert.True(used.IsClosed);
        Assert.Equal([1], used.Given);
        pool.Report(pool.Runners[1], FrameKind.Ready);
        Assert.Equal([2], pool.Runners[1].Given);
        Run(pool, pool.Runners[1], 2);
        pool.Report(pool.Runners[2], FrameKind.Ready);
        Assert.Equal([3], pool.Runners[2].Given);
        Run(pool, pool.Runners[2], 3);
        Assert.Empty(pool.Logger.At(Microsoft.Extensions.Logging.LogLevel.Error));
    }

    [Fact]
    public void AManifestMayWantThePoolWhereEveryTaskHasAProcess()
    {
        rig.Handlers["pooled"] = new TaskHandler("pooled", HandlerForm.Lua, "/plugins/pooled.lua", "v1")
        {
            Manifest = new PluginManifest { Isolation = TaskIsolation.Pool },
        };
        rig.Assign("pooled", 0, 1, 2);
        var runner = rig.RunnerOf(1);
        Run(rig, runner, 1);
        Assert.Equal([1, 2], runner.Given);
        Assert.False(runner.IsClosed);

        // What wants a fresh one does not get that.
        Run(rig, runner, 2);
        rig.Assign(3);
        Assert.True(runner.IsClosed);
        rig.Report(rig.Runners[1], FrameKind.Ready);
        Assert.Equal([3], rig.Runners[1].Given);
    }

    [Fact]
    public void ACrashGivesTheSlotTheNextRunnerAtOnce()
    {
        rig.Assign(1, 2);
        var first = rig.RunnerOf(1);
        rig.Report(first, FrameKind.Started, 1);
        rig.End(first, signal: Signals.SegmentationFault);
        rig.Report(rig.Runners[1], FrameKind.Ready);
        Assert.Equal([2], rig.Runners[1].Given);
        Assert.Equal("clw-worker-crash", Assert.Single(rig.Manager.Outcomes).Failure.Code);
    }
}
