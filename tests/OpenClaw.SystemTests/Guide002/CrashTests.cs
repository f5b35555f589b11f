using System.Text.RegularExpressions;
using OpenClaw.SystemTests.Guide001;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Rows W2, W3, W13 of the contract: how a task's process dies, what is said and what is kept of it.</summary>
public sealed class CrashTests
{
    private const string Segfault = """{"how":"segfault"}""";

    [Fact]
    public async Task W2_each_way_to_die_has_its_class_with_all_that_is_known_of_it()
    {
        await using var fleet = new Fleet();
        Crashing.AddBoom(fleet.Room);
        fleet.Room.Plugin("killed", "#!/bin/sh\necho before the end >&2\nkill -KILL $$\n");
        fleet.Room.Plugin("shell", "#!/bin/sh\nsh -c 'kill -SEGV $$'\nexit $?\n");
        fleet.Room.Plugin("slow", "#!/bin/sh\necho waiting >&2\nexec sleep 60\n");
        fleet.Room.Plugin(
            "unloadable",
            "#!/bin/sh\necho \"unloadable: error while loading shared libraries: libfoo.so.7: cannot open shared object file: No such file or directory\" >&2\nexit 127\n"
        );
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        async Task<V1.Task> FailAsync(string type, string payload = "null", int timeout = 0)
        {
            var id = await client.SubmitAsync(
                type,
                payload,
                s =>
                {
                    s.MaxRetries = 0;
                    s.TimeoutMs = timeout;
                }
            );
            return await client.UntilAsync(id, TaskState.Failed, details: () => fleet.Workers["w1"].Said);
        }

        var segfault = await FailAsync(Crashing.Type, Segfault);
        Same(("clw-worker-crash", "segfault", 139, "SIGSEGV"), segfault);
        var crash = segfault.Failure.Crash;
        Assert.True(crash.Pid > 0 && crash.PeakRssBytes > 0 && crash.WallMicros > 0 && crash.AtMs > 0, $"{crash}");
        Assert.Equal(fleet.Room.Path("plugins", Crashing.Type), crash.Program);
        Assert.Equal(segfault.PluginVersion, crash.PluginVersion);
        Assert.Equal((await fleet.StateAsync("w1", "healthy")).Incarnation, crash.Incarnation);
        Assert.Contains($"about to process {Segfault}", segfault.Failure.LastLines);
        Assert.Contains("core dumps are off", crash.CoreNote, StringComparison.Ordinal);

        Same(("clw-worker-crash", "abort", 134, "SIGABRT"), await FailAsync(Crashing.Type, """{"how":"abort"}"""));
        var killed = await FailAsync("killed");
        Same(("clw-worker-crash", "killed", 137, "SIGKILL"), killed);
        Assert.Contains("before the end", killed.Failure.LastLines);
        // A shell between tells the signal by its own exit code.
        Assert.Equal(139, (await FailAsync("shell")).Failure.ExitCode);

        var slow = await FailAsync("slow", timeout: 300);
        Assert.Equal(("clw-task-timeout", 124, ""), (slow.Failure.Code, slow.Failure.ExitCode, slow.Failure.Cause));
        Assert.True(slow.Failure.Crash.WallMicros >= 300_000 && slow.Failure.Crash.UserMicros < 300_000, $"{slow.Failure}");
        Assert.Contains("waiting", slow.Failure.LastLines);

        var unloadable = await FailAsync("unloadable");
        Same(("clw-worker-crash", "library", 127, ""), unloadable);
        Assert.Contains("libfoo.so.7", unloadable.Failure.Message, StringComparison.Ordinal);

        var show = await fleet.Room.RunAsync("task", "show", segfault.Id);
        Assert.Matches(@"Cause:\s+segfault", show.Output);
        Assert.Matches(@"Exit code:\s+139 \(SIGSEGV\)", show.Output);
        Assert.Matches(@"Process:\s+\d+ of worker w1", show.Output);
        Assert.Matches(@"Used:\s+[0-9.]+ MiB at most; processor", show.Output);
        Assert.Matches(@"Core:\s+none: core dumps are off", show.Output);
        var json = await fleet.JsonAsync("task", "show", segfault.Id);
        var told = json.GetProperty("failure");
        Assert.Equal(("segfault", 11), (told.GetProperty("cause").GetString(), told.GetProperty("crash").GetProperty("signal").GetInt32()));
        Assert.True((await fleet.MetricAsync("openclaw_worker_crashes_total", ("type", Crashing.Type), ("signal", "SIGSEGV"))) == 1);
    }

    [Fact]
    public async Task W2_an_executable_for_another_machine_and_one_without_its_loader_are_named_so()
    {
        await using var fleet = new Fleet();
        Crashing.AddBoom(fleet.Room);
        var bytes = await File.ReadAllBytesAsync(fleet.Room.Path("plugins", Crashing.Type), TestContext.Current.CancellationToken);
        var foreign = (byte[])bytes.Clone();
        (foreign[18], foreign[19]) = (243, 0); // e_machine: riscv64
        await WriteAsync("foreign", foreign);
        var loader = bytes.AsSpan().IndexOf("/lib64/ld-linux-x86-64.so.2"u8);
        if (loader > 0)
        {
            var other = (byte[])bytes.Clone();
            other[loader + 1] = (byte)'k';
            await WriteAsync("loaderless", other);
        }

        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        foreach (var (type, words) in new[] { ("foreign", "for another machine"), ("loaderless", "is not on this machine") })
        {
            if (type == "loaderless" && loader < 0)
            {
                continue;
            }

            var task = await client.UntilAsync(await client.SubmitAsync(type, "null", s => s.MaxRetries = 0), TaskState.Failed);
            Assert.Equal(("clw-worker-crash", "library"), (task.Failure.Code, task.Failure.Cause));
            Assert.Contains(words, task.Failure.Message, StringComparison.Ordinal);
        }

        async Task WriteAsync(string name, byte[] content)
        {
            var path = fleet.Room.Path("plugins", name);
            await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task W3_the_lines_that_the_guide_prints_and_its_greps()
    {
        Crashing.NeedKernelCores();
        await using var fleet = new Fleet();
        Crashing.AddBoom(fleet.Room);
        var cores = Crashing.KeepCores(fleet.Room);
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var well = await client.UntilAsync(await client.SubmitAsync(Crashing.Type, """{"how":"well"}"""), TaskState.Succeeded);
        var log = fleet.Room.Path("log-w1", "worker.log");
        await Crashing.SaysAsync(log, $"INFO: Starting task '{Crashing.Type}-{well.Id}'");
        const string grep = """cat log-w1/worker.log | grep -E "(FATAL|CRASH)" """;
        var quiet = await LogsTests.BashAsync(fleet.Room, grep);
        Assert.True(quiet.ExitCode == 1 && quiet.Output.Length == 0, quiet.Said);

        var task = await client.UntilAsync(
            await client.SubmitAsync(Crashing.Type, Segfault, s => s.MaxRetries = 0),
            TaskState.Failed,
            details: () => fleet.Workers["w1"].Said
        );
        var pid = task.Failure.Crash.Pid;
        var core = Path.Combine(cores, $"clw-core.{pid}");
        Assert.Equal(core, task.Failure.CorePath);
        var text = await Crashing.SaysAsync(log, "CRITICAL: Core dump written to");
        var lines = text.Split('\n');
        Assert.Contains($"clw-worker[pid={pid}]: INFO: Starting task '{Crashing.Type}-{task.Id}'", lines);
        Assert.Contains(
            lines,
            l =>
                l.StartsWith(
                    $"clw-worker[pid={pid}]: FATAL: clw-worker-crash detected. Exit code: 139, Signal: 11 (SIGSEGV at 0xdeadbef3)",
                    StringComparison.Ordinal
                )
        );
        Assert.Contains($"clw-worker[pid={pid}]: CRITICAL: Core dump written to {core}", lines);
        var loud = await LogsTests.BashAsync(fleet.Room, grep);
        Assert.True(loud.ExitCode == 0 && loud.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 1, loud.Said);
    }

    [Fact]
    public async Task W3_beginnings_by_the_thousand_are_counted_and_not_listed()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("w1");
        var bench = await fleet.Room.RunAsync("bench", "--tasks=3000", "--type=noop");
        Assert.True(bench.ExitCode == 0, bench.Said);
        var text = await Crashing.SaysAsync(fleet.Room.Path("log-w1", "worker.log"), "more tasks were started in");
        var listed = Regex.Count(text, "INFO: Starting task 'noop-", RegexOptions.None, TimeSpan.FromSeconds(10));
        Assert.InRange(listed, 1, 500);
    }

    [Fact]
    public async Task W13_a_core_is_found_moved_kept_within_bounds_and_opened_by_gdb()
    {
        Crashing.NeedKernelCores();
        Checkout.Need("gdb");
        await using var fleet = new Fleet();
        Crashing.AddBoom(fleet.Room);
        var cores = Crashing.KeepCores(fleet.Room);
        fleet.Room.Environment["OPENCLAW_TASK_CORE_KEEP"] = "2";
        fleet.Room.Plugin("wrapped", $"#!/bin/sh\n{fleet.Room.Path("plugins", Crashing.Type)}\n");
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var paths = new List<string>();
        // The third by a shell: the core is of what the shell ran.
        foreach (var type in new[] { Crashing.Type, Crashing.Type, "wrapped" })
        {
            var task = await client.UntilAsync(
                await client.SubmitAsync(type, """{"how":"null"}""", s => s.MaxRetries = 0),
                TaskState.Failed,
                details: () => fleet.Workers["w1"].Said
            );
            var failure = task.Failure;
            Assert.True(failure.CorePath.Length > 0, $"{failure}");
            Assert.True(File.Exists(failure.CorePath), failure.CorePath);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(failure.CorePath));
            Assert.Equal(("0x4", "SEGV_MAPERR"), (failure.Crash.FaultAddress, failure.Crash.SignalCode));
            Assert.Contains(
                failure.Crash.Backtrace,
                f => f.Contains("first_pixel", StringComparison.Ordinal) && f.Contains("crash.c:", StringComparison.Ordinal)
            );
            Assert.Contains(failure.Crash.Backtrace, f => f.Contains("process_image", StringComparison.Ordinal));
            paths.Add(failure.CorePath);
            // Nothing stays where the kernel wrote it.
            Assert.False(File.Exists(fleet.Room.Path("state-w1", "worker", "output", task.Id, "core")));
        }

        Assert.Equal([false, true, true], paths.Select(File.Exists));
        Assert.Equal(2, Directory.GetFiles(cores).Length);
        var gdb = await LogsTests.BashAsync(fleet.Room, $"gdb plugins/{Crashing.Type} {paths[2]} --batch -ex bt");
        Assert.Contains("process_image", gdb.Output, StringComparison.Ordinal);
        var show = await fleet.Room.RunAsync("task", "list", "--status", "FAILED");
        Assert.Equal(0, show.ExitCode);
    }

    [Fact]
    public async Task W13_a_script_that_takes_its_runner_down_leaves_a_core_and_no_name_of_others_is_taken()
    {
        Crashing.NeedKernelCores();
        await using var fleet = new Fleet();
        var cores = Crashing.KeepCores(fleet.Room);
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var id = await client.SubmitAsync("sleep", """{"ms":60000}""", s => s.MaxRetries = 0);
        await client.UntilAsync(id, TaskState.Running);
        var runner = ProcessTable.ChildrenOf(fleet.ProcessOf("w1").Id).Where(p => p.Name == "clw-runner" && !p.IsZombie).ToList();
        var victim = fleet.Room.Path("somebody's");
        await File.WriteAllTextAsync(victim, "theirs", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(cores);
        foreach (var process in runner)
        {
            File.CreateSymbolicLink(Path.Combine(cores, $"clw-core.{process.Id}"), victim);
        }

        // The first is survived and costs the runtime its handler; the next one is the end, with a core of the kernel's.
        foreach (var process in runner)
        {
            await Until.TrueAsync(() => !Signals.Send(process.Id, 11) || !ProcessTable.IsAlive(process.Id), $"{process} is gone");
        }

        var task = await client.UntilAsync(id, TaskState.Failed, details: () => fleet.Workers["w1"].Said);
        Assert.Equal(("segfault", "SIGSEGV"), (task.Failure.Cause, task.Failure.Signal));
        Assert.EndsWith(".1", task.Failure.CorePath, StringComparison.Ordinal);
        Assert.Contains("belongs to somebody else", task.Failure.Crash.CoreNote, StringComparison.Ordinal);
        Assert.Equal("theirs", await File.ReadAllTextAsync(victim, TestContext.Current.CancellationToken));
    }

    private static void Same((string Code, string Cause, int Exit, string Signal) expected, V1.Task task) =>
        Assert.Equal(expected, (task.Failure.Code, task.Failure.Cause, task.Failure.ExitCode, task.Failure.Signal));
}
