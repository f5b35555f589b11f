using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.V1;
using OpenClaw.Worker;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker.Limits;

/// <summary>What the worker decides about limits: whose counts, who is watched for what, and who is to blame.</summary>
public sealed class CoreLimitTests : IDisposable
{
    private readonly WorkerRig rig = new(o =>
        o with
        {
            MaxTaskMemoryBytes = 300 << 20,
            MaxCpu = TimeSpan.FromSeconds(10),
            MaxProcesses = 50,
            MaxFileSize = 1 << 20,
        }
    );

    public CoreLimitTests()
    {
        rig.Handlers["lua"] = new TaskHandler("lua", HandlerForm.Lua, "/plugins/lua.lua", "v1");
        rig.Connect();
        rig.Ready();
    }

    public void Dispose() => rig.Dispose();

    private AttemptOutcome Last => rig.Manager.Outcomes[^1];

    [Fact]
    public void TheManifestCountsBeforeTheSettingsAndNothingBeyondTheWorkersOwn()
    {
        var options = rig.Options with { MaxMemoryBytes = 200 << 20 };
        var handler = new TaskHandler("x", HandlerForm.Executable, "/x", "v1")
        {
            Manifest = new PluginManifest
            {
                MaxMemoryBytes = 100 << 20,
                MaxCpu = TimeSpan.FromSeconds(1),
                OomScore = 7,
            },
        };
        var limits = AttemptLimits.Of(handler, options);
        Assert.Equal(new Limit<long>(100 << 20, "max_memory in its manifest"), limits.Memory);
        Assert.Equal(new Limit<TimeSpan>(TimeSpan.FromSeconds(1), "max_cpu in its manifest"), limits.Cpu);
        Assert.Equal(new Limit<int>(50, "max_processes under [task]"), limits.Processes);
        Assert.Equal(7, limits.OomScore);
        Assert.Equal(
            new Limit<long>(200 << 20, "max_memory under [worker] (--max-mem)"),
            AttemptLimits.Of(handler with { Manifest = PluginManifest.None }, options).Memory
        );
        Assert.Null(AttemptLimits.Of(handler with { Manifest = PluginManifest.None }, new WorkerOptionsOf().Bare).Memory);

        // The kernel's are a fuse for memory, and seconds with what the runner took before; not over the life of a program that serves.
        var kernel = limits.OfProgram(isServing: false);
        Assert.Equal((1L << 30, 3L, 1L << 20), (kernel.DataBytes, kernel.CpuSeconds, kernel.FileBytes));
        Assert.Null(limits.OfProgram(isServing: true).CpuSeconds);
    }

    [Fact]
    public void ARunnerIsWatchedForItsAttemptAndNoLonger()
    {
        rig.Assign("lua", 0, 1);
        var runner = rig.RunnerOf(1);
        Assert.Null(runner.Guarded);
        rig.Report(runner, FrameKind.Started, 1);
        Assert.Equal(
            (1ul, false, 300L << 20, 50),
            (runner.Guarded!.Handle, runner.Guarded.IsProgram, runner.Guarded.MemoryBytes, runner.Guarded.Processes)
        );
        rig.Report(runner, FrameKind.Succeeded, 1);
        Assert.Null(runner.Guarded);
    }

    [Fact]
    public void AnExcessThatComesAfterItsAttemptHarmsNobody()
    {
        rig.Assign("lua", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Report(runner, FrameKind.Succeeded, 1);
        rig.Assign("lua", 0, 2);
        var next = rig.RunnerOf(2);
        rig.Report(next, FrameKind.Started, 2);
        rig.Core.OnExceeded(next, new Excess(ExcessKind.Memory, 1, 2, 1));
        Assert.Empty(next.Signals);
    }

    [Fact]
    public void TheLargestOfAWorkerThatIsFullFailsWithTheWorkersScope()
    {
        rig.Assign("prog", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Core.OnExceeded(runner, new Excess(ExcessKind.WorkerMemory, 1, 980 << 20, 1000 << 20) { Share = 600 << 20 });
        Assert.Equal([Signals.Kill], runner.Signals);
        rig.End(runner, signal: Signals.Kill);
        Assert.Equal(
            ("clw-memory-exhaust", "worker", 1000L << 20, 980L << 20),
            (Last.Failure.Code, Last.Failure.Scope, Last.Failure.Allowed, Last.Failure.Used)
        );
        Assert.Equal(
            "The worker with all its tasks held 980 MiB of the 1000 MiB that it may, and prog, which held most (600 MiB), was ended",
            Last.Failure.Message
        );
    }

    [Fact]
    public void WhileMemoryIsShortNothingIsBegunUnlessNothingRuns()
    {
        rig.Core.OnMemoryShort(true);
        rig.Assign("lua", 0, 1, 2, 3);
        Assert.Equal((1, 2), (rig.Core.Running, rig.Core.Waiting));
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Started, 1);
        rig.Report(runner, FrameKind.Succeeded, 1);
        Assert.Equal((1, 1), (rig.Core.Running, rig.Core.Waiting));
        rig.Core.OnMemoryShort(false);
        rig.Core.AfterRun();
        Assert.Equal(0, rig.Core.Waiting);
    }

    [Theory]
    [InlineData(Signals.CpuLimit, 11, "clw-cpu-exhaust", "task")]
    [InlineData(Signals.Kill, 11, "clw-cpu-exhaust", "task")]
    [InlineData(Signals.Kill, 1, "clw-worker-crash", "")]
    [InlineData(Signals.CpuLimit, 1, "clw-worker-crash", "")]
    [InlineData(Signals.FileLimit, 0, "clw-file-too-large", "task")]
    public void WhatTheKernelHeldIsToldAsTheLimitThatItIs(int signal, int cpuSeconds, string code, string scope)
    {
        rig.Assign("prog", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        End(runner, null, signal, 1 << 20, cpuSeconds);
        Assert.Equal((code, scope), (Last.Failure.Code, Last.Failure.Scope));
    }

    [Theory]
    [InlineData(1100L << 20, 3, null, "MemoryError", "clw-memory-exhaust")]
    [InlineData(1100L << 20, 3, null, "tail: memory exhausted", "clw-memory-exhaust")]
    [InlineData(1100L << 20, 3, null, "fatal error: runtime: cannot allocate memory", "clw-memory-exhaust")]
    [InlineData(1100L << 20, null, Signals.Abort, "", "clw-memory-exhaust")]
    [InlineData(1100L << 20, null, Signals.SegmentationFault, "", "clw-memory-exhaust")]
    // It mapped large files, and failed for a reason of its own.
    [InlineData(1100L << 20, 3, null, "bad input", "clw-task-failed")]
    [InlineData(500L << 20, 3, null, "MemoryError", "clw-task-failed")]
    public void AProgramThatGotNoMoreMemoryAndGaveUpIsOneThatUsedTooMuch(long peak, int? exit, int? signal, string line, string code)
    {
        rig.Assign("prog", 0, 1);
        var runner = rig.RunnerOf(1);
        rig.Report(runner, FrameKind.Becoming, 1);
        rig.Core.OnLines(runner, [line]);
        End(runner, exit, signal, peak, 0);
        Assert.Equal(code, Last.Failure.Code);
    }

    private void End(TestRunner runner, int? exit, int? signal, long peak, int cpuSeconds)
    {
        rig.Core.OnRunnerEnded(runner, new ProcessEnd(exit, signal, CoreDumped: false, peak, TimeSpan.FromSeconds(cpuSeconds)), default);
        rig.Core.AfterRun();
    }

    private sealed class WorkerOptionsOf
    {
        public WorkerOptions Bare { get; } =
            new()
            {
                WorkerId = "w",
                Identity = "i",
                Incarnation = 1,
                StateDirectory = "/",
                PluginDirectory = "/",
                RunnerPath = "/",
            };
    }
}
