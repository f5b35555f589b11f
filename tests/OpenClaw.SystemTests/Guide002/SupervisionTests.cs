using System.Diagnostics;
using System.Globalization;
using OpenClaw.SystemTests.Guide001;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W12: the worker's own process is hit, and its supervisor makes of it what it is.</summary>
public sealed class SupervisionTests(ITestOutputHelper output)
{
    private const int Segfault = 11;

    [Fact]
    public async Task W12_a_worker_that_is_hit_leaves_a_core_and_another_goes_on()
    {
        Checkout.Need("gdb");
        await using var fleet = new Fleet();
        var cores = Crashing.KeepCores(fleet.Room);
        await fleet.StartAsync("w1");
        using var client = fleet.Client();
        var id = await client.SubmitAsync("sleep", """{"ms":60000}""");
        await client.UntilAsync(id, TaskState.Running);

        // The guide's command, among the processes of this test: pgrep names the worker and neither its supervisor nor its runners.
        var ours = ProcessTable.DescendantsOf(fleet.Workers["w1"].Id).Select(p => p.Id).Append(fleet.Workers["w1"].Id).ToHashSet();
        var found = await LogsTests.BashAsync(fleet.Room, "pgrep clw-worker");
        var named = found
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => int.Parse(l, CultureInfo.InvariantCulture))
            .Where(ours.Contains);
        var old = Assert.Single(named);
        Assert.Equal(fleet.ProcessOf("w1").Id, old);

        var supervisor = fleet.Workers["w1"];
        Signals.Send(old, Segfault);
        var now = await fleet.StateAsync("w1", "healthy", w => w.Pid != old);
        Assert.False(supervisor.HasExited, supervisor.Said);
        await supervisor.SaidAsync($"clw-worker[pid={old}]: FATAL: clw-worker-crash detected. Exit code: 139, Signal: 11 (SIGSEGV)");
        var core = Path.Combine(cores, $"clw-core.{old}");
        await supervisor.SaidAsync($"clw-worker[pid={old}]: CRITICAL: Core dump written to {core}");
        await supervisor.SaidAsync("Supervisor: Respawning worker... (attempt 1/10)");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(core));
        Assert.NotEqual(old, now.Pid);

        // In the worker's own log as well, for that is where people look.
        var log = fleet.Room.Path("log-w1", "worker.log");
        await Crashing.SaysAsync(log, $"clw-worker[pid={old}]: FATAL: clw-worker-crash detected. Exit code: 139, Signal: 11 (SIGSEGV)");
        await Crashing.SaysAsync(log, $"CRITICAL: Core dump written to {core}");
        await Crashing.SaysAsync(log, "Supervisor: Respawning worker... (attempt 1/10)");

        // As the guide prints it: the name is that of an ELF file on the way to which PATH leads.
        var gdb = await LogsTests.BashAsync(fleet.Room, $"gdb clw-worker {core} --batch -ex bt");
        Assert.Contains("#0 ", gdb.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not in executable format", gdb.Said, StringComparison.Ordinal);

        var again = await client.UntilAsync(id, TaskState.Running, t => t.Attempt == 2, () => supervisor.Said);
        Assert.Equal((1, 0), (again.Losses, again.Retries));
    }

    [Fact]
    public async Task W12_a_worker_whose_supervisor_ended_stops_and_is_missed()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("w1");
        fleet.Workers["w1"].Signal(Signals.Kill);
        var missed = await fleet.StateAsync("w1", "UNREACHABLE", w => w.Problem.Contains("its supervisor ended", StringComparison.Ordinal));
        Assert.Contains("start it on its machine", missed.Problem, StringComparison.Ordinal);
        Assert.Equal(1, (await fleet.Room.RunAsync("cluster", "status")).ExitCode);
        await Crashing.SaysAsync(fleet.Room.Path("log-w1", "worker.log"), "the supervisor of this worker ended");
    }

    [Fact]
    public async Task W12_without_cores_it_is_back_at_once_and_a_managers_process_too()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("w1");
        var old = fleet.ProcessOf("w1").Id;
        var clock = Stopwatch.StartNew();
        Signals.Send(old, Segfault);
        await Until.TrueAsync(() => !ProcessTable.IsAlive(old), "the process that was hit is gone");
        var noticed = clock.Elapsed;
        await fleet.StateAsync("w1", "healthy", w => w.Pid != old);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"hit to dead {noticed.TotalMilliseconds:0} ms, dead to registered {(clock.Elapsed - noticed).TotalMilliseconds:0} ms"
            )
        );
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"it took {clock.Elapsed}");
        await fleet.Workers["w1"].SaidAsync("No core dump: core dumps are off");

        var manager = fleet.ManagerProcess.Id;
        Signals.Send(manager, Segfault);
        await fleet.Manager.SaidAsync(
            $"clw-manager[pid={manager}]: FATAL: clw-manager-crash detected. Exit code: 139, Signal: 11 (SIGSEGV)"
        );
        await fleet.StateAsync("w1", "healthy");
        Assert.NotEqual(manager, fleet.ManagerProcess.Id);
    }

    [Fact]
    public async Task W12_after_ten_ends_in_the_window_it_gives_up_aloud()
    {
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_WORKER_RESPAWN_ATTEMPTS"] = "2";
        await fleet.StartAsync("w1");
        var supervisor = fleet.Workers["w1"];
        for (var i = 1; i <= 3; i++)
        {
            var pid = fleet.ProcessOf("w1").Id;
            Signals.Send(pid, i == 2 ? Segfault : Signals.Kill);
            if (i < 3)
            {
                await supervisor.SaidAsync($"Supervisor: Respawning worker... (attempt {i}/2)");
                await fleet.StateAsync("w1", "healthy", w => w.Pid != pid);
            }
        }

        Assert.Equal(7, await supervisor.EndAsync());
        Assert.Contains("[FATAL] clw-respawn-limit: worker ended 3 times within", supervisor.Errors, StringComparison.Ordinal);
    }
}
