using System.Runtime.Versioning;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Tests.Support;
using OpenClaw.Worker.Limits;

namespace OpenClaw.Tests.Worker.Limits;

/// <summary>Real processes that use more than they may are found, whatever they did to their session and their parents.</summary>
[SupportedOSPlatform("linux")]
public sealed class TreeWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TreeWatch watch = new(TimeProvider.System);
    private readonly List<ChildProcess> children = [];

    public void Dispose()
    {
        watch.Dispose();
        children.ForEach(c => c.SignalGroup(Signals.Kill));
    }

    [Fact]
    public async Task ProcessesAreCountedAlsoThoseThatHaveLeftTheSession()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var runner = Start("for i in 1 2 3 4 5 6; do setsid sleep 60 & done; wait");
        var excess = await ExceededAsync(
            runner,
            new TaskGuard
            {
                Handle = 3,
                IsProgram = true,
                Processes = 5,
            }
        );
        Assert.Equal((ExcessKind.Processes, 3ul, 5L), (excess.Kind, excess.Handle, excess.Allowed));
        Assert.InRange(excess.Used, 6, 8);
        foreach (var process in ProcessStat.All().Select(ProcessStat.Of).OfType<ProcessStat>().Where(p => p.Parent == runner))
        {
            Assert.Equal(runner, watch.Tree.OwnerOf(process));
            Signals.Send(process.Id, Signals.Kill);
        }
    }

    [Fact]
    public async Task ProcessorTimeCountsFromTheBeginOfTheAttempt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var runner = Start("while :; do :; done");
        await UntilAsync(() => ProcessStat.Of(runner)?.CpuTicks > 30);
        var before = ProcessStat.Of(runner)!.Value.CpuTicks * 10;
        var excess = await ExceededAsync(
            runner,
            new TaskGuard
            {
                Handle = 1,
                IsProgram = true,
                Cpu = TimeSpan.FromMilliseconds(300),
            }
        );
        Assert.Equal((ExcessKind.Cpu, 300L), (excess.Kind, excess.Allowed));
        Assert.InRange(excess.Used, 300, 3000);
        Assert.True(ProcessStat.Of(runner)!.Value.CpuTicks * 10 >= before + 300);
    }

    [Fact]
    public async Task WhatAnAttemptLeavesInItsDirectoryCounts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var directory = Directory.CreateTempSubdirectory("openclaw-output-");
        try
        {
            Directory.CreateDirectory(Path.Combine(directory.FullName, "below"));
            await File.WriteAllBytesAsync(
                Path.Combine(directory.FullName, "below", "file"),
                new byte[3000],
                TestContext.Current.CancellationToken
            );
            var runner = Start("sleep 60");
            var guard = new TaskGuard
            {
                Handle = 1,
                IsProgram = true,
                OutputBytes = 2000,
                OutputDirectory = directory.FullName,
            };
            Assert.Equal(new Excess(ExcessKind.Output, 1, 3000, 2000), await ExceededAsync(runner, guard));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task TheWorkersBoundIsSaidToBeShortAndThenTheLargestEnds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var became = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var own = ProcessStat.HeldBy(Environment.ProcessId);
        var limit = own + (200L << 20);
        using var bounded = new TreeWatch(TimeProvider.System, new WorkerBound(limit, isShort => _ = isShort && became.TrySetResult()));
        var ended = new TaskCompletionSource<Excess>(TaskCreationOptions.RunContinuationsAsynchronously);
        var small = Start("sleep 60");
        var large = Start("head -c 250000000 /dev/zero | tail -n 1 >/dev/null; sleep 60");
        foreach (var (runner, handle) in new[] { (small, 1ul), (large, 2ul) })
        {
            bounded.Add(runner, "");
            bounded.Guard(
                runner,
                new TaskGuard
                {
                    Handle = handle,
                    IsProgram = true,
                    Processes = 1000,
                },
                e => ended.TrySetResult(e)
            );
        }

        var excess = await ended.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await became.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((ExcessKind.WorkerMemory, 2ul, limit), (excess.Kind, excess.Handle, excess.Allowed));
        Assert.True(excess.Used > limit / 100 * 96, $"{excess}");
    }

    [Fact]
    public void ARunnerThatWasSeenBeforeItWasKnownToBeOneIsStillLookedAt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var trees = new RunnerTrees(TimeProvider.System);
        var runner = Start("sleep 60");
        trees.Look(new Dictionary<int, string>());
        // So many that everybody is looked at again.
        for (var i = 0; i < 51; i++)
        {
            Start(":");
        }

        var families = trees.Look(new Dictionary<int, string> { [runner] = "" });
        Assert.Contains(families[runner], p => p.Id == runner);
    }

    [Fact]
    public async Task WhenTheNumbersBeginAnewAStrangersMayBeATasks()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var last = 1000L;
        var time = new VirtualTime();
        var trees = new RunnerTrees(time) { Last = () => last };
        var runner = Start("sleep 60 & wait");
        await UntilAsync(() => ProcessStat.All().Select(ProcessStat.Of).OfType<ProcessStat>().Count(p => p.Session == runner) == 2);
        trees.Look(new Dictionary<int, string>());

        // Known for somebody else's: it is not even looked at.
        var known = new Dictionary<int, string> { [runner] = "" };
        last = 2000;
        Assert.Single(trees.Look(known)[runner]);
        last = 10;
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(2, trees.Look(known)[runner].Count);
    }

    [Fact]
    public async Task WhileADirectoryIsMeasuredTheOthersAreLookedAt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        long Size(string directory, long enough)
        {
            begun.Set();
            go.Wait(Patience);
            return 0;
        }

        using var slow = new TreeWatch(TimeProvider.System) { SizeOf = Size };
        var writes = Start("sleep 60");
        slow.Add(writes, "");
        slow.Guard(
            writes,
            new TaskGuard
            {
                Handle = 1,
                IsProgram = true,
                OutputBytes = 1,
            }
        );
        Assert.True(begun.Wait(Patience, TestContext.Current.CancellationToken));
        var exceeded = new TaskCompletionSource<Excess>(TaskCreationOptions.RunContinuationsAsynchronously);
        var multiplies = Start("sleep 60 & sleep 60 & sleep 60");
        slow.Add(multiplies, "");
        slow.Guard(
            multiplies,
            new TaskGuard
            {
                Handle = 2,
                IsProgram = true,
                Processes = 2,
            },
            e => exceeded.TrySetResult(e)
        );
        var excess = await exceeded.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(ExcessKind.Processes, excess.Kind);
        go.Set();
    }

    [Fact]
    public void AtRestNobodyLooks()
    {
        var runner = Start("sleep 60");
        watch.Add(runner, "");
        watch.Guard(runner, new TaskGuard { Handle = 1, IsProgram = true });
        watch.Guard(runner, null);
        Assert.Equal(0, watch.Looks);
    }

    [Theory]
    [InlineData("7 (a b) c) S 5 6 7 0 -1 4194560 9 9 9 9 11 12 13 14 20 0 3 0 4711 1000 25 18446744073709551615", true)]
    [InlineData("7 (x) S 5 6", false)]
    [InlineData("", false)]
    public void TheKernelsLineIsReadWhateverTheNameIs(string line, bool whole)
    {
        var stat = ProcessStat.Parse(7, System.Text.Encoding.UTF8.GetBytes(line));
        Assert.Equal(whole, stat is not null);
        Assert.True(stat is null || stat == new ProcessStat(7, 'S', 5, 6, 7, 50, 3, 4711, 25L * Environment.SystemPageSize), $"{stat}");
    }

    private async Task<Excess> ExceededAsync(int runner, TaskGuard guard)
    {
        var exceeded = new TaskCompletionSource<Excess>(TaskCreationOptions.RunContinuationsAsynchronously);
        watch.Add(runner, "");
        watch.Guard(runner, guard, e => exceeded.TrySetResult(e));
        return await exceeded.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private int Start(string script)
    {
        var child = ChildProcess.Start(
            new ChildStart
            {
                Path = "/bin/sh",
                Arguments = ["sh", "-c", script],
                Environment = ["PATH=/usr/bin:/bin", $"{PluginEnvironment.Runner}=test"],
            }
        );
        children.Add(child);
        return child.Id;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
