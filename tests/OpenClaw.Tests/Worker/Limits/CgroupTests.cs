using OpenClaw.Abi.Processes;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Limits.Cgroups;

namespace OpenClaw.Tests.Worker.Limits;

/// <summary>
/// What is written to control groups and read from them, on a scratch tree that has the kernel's files without the kernel: a machine with
/// its memory controller in the unified hierarchy cannot be had everywhere.
/// </summary>
public sealed class CgroupTests : IDisposable
{
    private readonly DirectoryInfo scratch = Directory.CreateTempSubdirectory("openclaw-cgroup-");

    public void Dispose() => scratch.Delete(recursive: true);

    [Theory]
    [InlineData(
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate",
        "0::/system.slice/openclaw-worker.service\n",
        "/sys/fs/cgroup/system.slice/openclaw-worker.service",
        "/sys/fs/cgroup"
    )]
    [InlineData("30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw", "0::/\n", "/sys/fs/cgroup", "/sys/fs/cgroup")]
    // A container that sees its own part of the hierarchy, under its full name and under none.
    [InlineData("9 2 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw", "0::/docker/abc/x\n", "/sys/fs/cgroup/x", "/sys/fs/cgroup")]
    [InlineData("9 2 0:26 /../.. /sys/fs/cgroup ro - cgroup2 cgroup rw", "0::/../other\n", "/sys/fs/cgroup", "/sys/fs/cgroup")]
    [InlineData("9 2 0:26 / /a\\040b rw - cgroup2 cgroup rw", "0::/x\n", "/a b/x", "/a b")]
    [InlineData("9 2 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory", "4:memory:/x\n0::/\n", null, null)]
    [InlineData("", "", null, null)]
    public void ItFindsItsGroupInTheUnifiedHierarchy(string mounts, string groups, string? own, string? root)
    {
        var place = CgroupPlace.Of(mounts, groups);
        Assert.Equal((own, root), (place.Unified, place.UnifiedRoot));
    }

    [Fact]
    public void TheSmallestLimitOfTheGroupsAboveHolds()
    {
        const string v2 = "1 2 0:1 / /g rw - cgroup2 cgroup rw\n";
        const string v1 = "1 2 0:1 / /m rw - cgroup cgroup rw,memory\n";
        var files = new Dictionary<string, string>
        {
            ["/g/a/b/memory.max"] = "max\n",
            ["/g/a/memory.max"] = "1073741824\n",
            ["/g/memory.max"] = "2147483648\n",
            ["/m/x/memory.limit_in_bytes"] = "536870912\n",
            ["/m/memory.limit_in_bytes"] = "9223372036854771712\n",
        };
        Assert.Equal((1L << 30, "/g/a/memory.max"), CgroupPlace.Of(v2, "0::/a/b\n").MemoryLimit(files.GetValueOrDefault));
        Assert.Equal(
            (512L << 20, "/m/x/memory.limit_in_bytes"),
            CgroupPlace.Of(v1 + v2, "3:cpu:/\n4:memory:/x\n0::/a\n").MemoryLimit(files.GetValueOrDefault)
        );
        Assert.Null(CgroupPlace.Of(v1, "4:memory:/\n").MemoryLimit(files.GetValueOrDefault));
        Assert.Null(CgroupPlace.Of("", "").MemoryLimit(files.GetValueOrDefault));
    }

    [Fact]
    public void AWorkersTreeHasALeafForTheProgramsAndAGroupForEachSlot()
    {
        var top = Group("unit", controllers: "cpuset cpu io memory pids", processes: "17\n18\n");
        // The kernel fills a new group with its files; here the one that tells a group from a directory.
        Group(Tasks, controllers: "", processes: "");
        var tree = CgroupTree.Make(top, Environment.ProcessId, "w1", [17, 18], out var why);
        Assert.True(tree is not null, why);

        Assert.Equal(["cpu", "memory", "pids"], tree.Controllers.Order());
        Assert.Equal("18", Read("unit/clw-main/cgroup.procs"));
        Assert.Equal("+pids", Read("unit/cgroup.subtree_control"));
        tree.LimitAll(1 << 30);
        Assert.Equal("1073741824", Read(Tasks + "/memory.max"));

        var group = tree.Make(2)!;
        Assert.Equal("1", Read(Tasks + "/slot-2/memory.oom.group"));
        Assert.True(group.Enter(99));
        Assert.Equal("99", Read(Tasks + "/slot-2/cgroup.procs"));
        group.Limit(Program with { MemoryBytes = 64 << 20, Processes = 10, Cpus = 1.5 });
        Assert.Equal(
            ("67108864", "10", "150000 100000"),
            (Read(Tasks + "/slot-2/memory.max"), Read(Tasks + "/slot-2/pids.max"), Read(Tasks + "/slot-2/cpu.max"))
        );

        // What a runner of ours needs for itself comes on top for a script.
        group.Limit(Program with { MemoryBytes = 64 << 20, Processes = 10, IsProgram = false });
        Assert.Equal(((64L + 96) << 20).ToString(System.Globalization.CultureInfo.InvariantCulture), Read(Tasks + "/slot-2/memory.max"));
        group.Limit(null);
        Assert.Equal(
            ("max", "max", "max 100000"),
            (Read(Tasks + "/slot-2/memory.max"), Read(Tasks + "/slot-2/pids.max"), Read(Tasks + "/slot-2/cpu.max"))
        );
        group.Kill();
        Assert.Equal("1", Read(Tasks + "/slot-2/cgroup.kill"));
    }

    [Fact]
    public void WhereSomebodyElseStandsInTheGroupNobodyIsMoved()
    {
        var top = Group("unit", controllers: "memory", processes: "17\n1000\n");
        Group(Tasks, controllers: "", processes: "");
        Assert.NotNull(CgroupTree.Make(top, Environment.ProcessId, "w1", [17], out _));
        Assert.False(Directory.Exists(Path.Combine(top, "clw-main")));
    }

    [Fact]
    public void TheRealRootKeepsItsProcesses()
    {
        var top = Group("unit", controllers: "memory", processes: "17\n");
        File.Delete(Path.Combine(top, "cgroup.type"));
        Group(Tasks, controllers: "", processes: "");
        Assert.NotNull(CgroupTree.Make(top, Environment.ProcessId, "w1", [17], out _));
        Assert.False(Directory.Exists(Path.Combine(top, "clw-main")));
    }

    [Fact]
    public void ALimitThatTheKernelRefusesIsToldOnceAndTriedAgain()
    {
        var (tree, told) = Told();
        var group = tree.Make(0)!;
        var refusing = Directory.CreateDirectory(Path.Combine(scratch.FullName, Tasks, "slot-0", "memory.max"));
        group.Limit(Program with { MemoryBytes = 64 << 20 });
        group.Limit(Program with { MemoryBytes = 64 << 20 });
        Assert.Contains("slot-0/memory.max does not take \"67108864\": ", Assert.Single(told), StringComparison.Ordinal);
        refusing.Delete();
        group.Limit(Program with { MemoryBytes = 64 << 20 });
        Assert.Equal("67108864", Read(Tasks + "/slot-0/memory.max"));
    }

    [Fact]
    public void AfterThreeGroupsThatTakeNobodyNoOtherIsMade()
    {
        var (tree, told) = Told(controllers: "");
        for (var i = 0; i < 5; i++)
        {
            Directory.CreateDirectory(Path.Combine(scratch.FullName, Tasks, $"slot-{i}", "cgroup.procs"));
            Assert.Null(tree.Rent(Environment.ProcessId));
        }

        Assert.Contains("take no processes", Assert.Single(told), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(scratch.FullName, Tasks, "slot-2")));
        Assert.True(Directory.Exists(Path.Combine(scratch.FullName, Tasks, "slot-3")));
    }

    private (CgroupTree Tree, List<string> Told) Told(string controllers = "memory")
    {
        var top = Group("unit", controllers, processes: "");
        Group(Tasks, controllers: "", processes: "");
        List<string> told = [];
        var tree = CgroupTree.Make(top, Environment.ProcessId, "w1", [], out _)!;
        tree.OnTrouble = told.Add;
        return (tree, told);
    }

    [Fact]
    public void AWorkerThatStartsAgainInTheLeafUsesTheSameTree()
    {
        var top = Group("unit", controllers: "memory", processes: "");
        Directory.CreateDirectory(Path.Combine(top, "clw-main"));
        Group(Tasks, controllers: "", processes: "");
        var tree = CgroupTree.Make(Path.Combine(top, "clw-main"), Environment.ProcessId, "w1", [], out _)!;
        Assert.Equal(Path.Combine(scratch.FullName, Tasks), tree.Directory);
        Assert.False(Directory.Exists(Path.Combine(top, "clw-main", "clw-main")));
    }

    [Fact]
    public void WhereThereIsNoGroupOrNoneMayBeMadeItSaysWhy()
    {
        var plain = Directory.CreateDirectory(Path.Combine(scratch.FullName, "plain")).FullName;
        Assert.Null(CgroupTree.Make(plain, Environment.ProcessId, "w1", [], out var why));
        Assert.Contains("is no control group", why, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(plain));
        Assert.Null(CgroupTree.Make(Path.Combine(plain, "missing"), Environment.ProcessId, "w1", [], out why));
    }

    [Fact]
    public void WhatAKilledWorkerLeftIsSweptAndThatOfOthersWhoLiveStays()
    {
        var top = Group("unit", controllers: "", processes: "");
        Group(Tasks, controllers: "", processes: "");
        foreach (var left in new[] { "99999999-w1", "99999998-other", $"{Environment.ProcessId}-other" })
        {
            Directory.CreateDirectory(Path.Combine(top, "clw-tasks-" + left, "slot-0"));
        }

        Assert.NotNull(CgroupTree.Make(top, Environment.ProcessId, "w1", [], out _));
        Assert.Equal(
            new[] { Path.GetFileName(Tasks), $"clw-tasks-{Environment.ProcessId}-other" }.Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(top, "clw-tasks*").Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void AKillByTheKernelIsTheTasksOwnWhenItsGroupWasAtItsLimitElseTheWorkers()
    {
        var top = Group("unit", controllers: "memory", processes: "");
        Group(Tasks, controllers: "", processes: "");
        var tree = CgroupTree.Make(top, Environment.ProcessId, "w1", [], out _)!;
        tree.LimitAll(1 << 30);
        var group = tree.Make(0)!;
        var guard = Program with { Handle = 5, MemoryBytes = 64 << 20 };
        Write(Tasks + "/slot-0/memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 1\n");
        group.Enter(99);
        Assert.Null(group.TakeKernelKill(guard));

        Write(Tasks + "/slot-0/memory.events", "low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\noom_group_kill 2\n");
        Write(Tasks + "/slot-0/memory.peak", "67108864\n");
        Assert.Equal(new Excess(ExcessKind.Memory, 5, 64 << 20, 64 << 20), group.TakeKernelKill(guard));
        Assert.Null(group.TakeKernelKill(guard));

        Write(Tasks + "/slot-0/memory.events", "low 0\nhigh 0\nmax 9\noom 2\noom_kill 4\noom_group_kill 2\n");
        Write(Tasks + "/memory.current", "1073741824\n");
        var excess = group.TakeKernelKill(guard);
        Assert.Equal(
            (ExcessKind.WorkerMemory, "worker", 1L << 30, 1L << 30),
            (excess!.Value.Kind, excess.Value.Scope, excess.Value.Used, excess.Value.Allowed)
        );
    }

    [Fact]
    public async Task ARealGroupEndsWhatLeftItsSessionAndItsParent()
    {
        var place = OperatingSystem.IsLinux() ? MemoryPlan.Place() : null;
        Assert.SkipUnless(place?.Unified is not null, "there is no unified hierarchy here");
        var tree = CgroupTree.Make(place.Unified, Environment.ProcessId, "test", [], out var why);
        Assert.SkipUnless(tree is not null, $"no control group may be made here: {why}");
        using (tree)
        {
            var group = tree.Make(0)!;
            var (read, write) = Pipes.Create();
            using var input = read;
            await using var go = Pipes.OpenWrite(write);
            var child = ChildProcess.Start(
                new ChildStart
                {
                    Path = "/bin/sh",
                    Arguments = ["sh", "-c", "head -c 1 >/dev/null; setsid sh -c 'sleep 600 & sleep 600' & exit 0"],
                    Environment = ["PATH=/usr/bin:/bin"],
                    Descriptors = [new(0, read)],
                }
            );
            Assert.SkipUnless(group.Enter(child.Id), "processes may not be moved here");
            await go.WriteAsync(new byte[1], TestContext.Current.CancellationToken);
            await child.Ended;
            await group.EmptyAsync(TimeProvider.System);
            Assert.False(group.IsPopulated);
        }

        Assert.False(Directory.Exists(tree.Directory));
    }

    private static string Tasks { get; } = $"unit/clw-tasks-{Environment.ProcessId}-w1";

    private static TaskGuard Program { get; } = new() { Handle = 1, IsProgram = true };

    private string Group(string name, string controllers, string processes)
    {
        var path = Directory.CreateDirectory(Path.Combine(scratch.FullName, name)).FullName;
        File.WriteAllText(Path.Combine(path, "cgroup.controllers"), controllers + "\n");
        File.WriteAllText(Path.Combine(path, "cgroup.procs"), processes);
        File.WriteAllText(Path.Combine(path, "cgroup.subtree_control"), "");
        File.WriteAllText(Path.Combine(path, "cgroup.type"), "domain\n");
        return path;
    }

    private string Read(string file) => File.ReadAllText(Path.Combine(scratch.FullName, file));

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(scratch.FullName, file), text);
}
