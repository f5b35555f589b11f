using System.Globalization;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Tests.Supervisor;

public sealed class SupervisorTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("clw-supervisor-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private string At(string name) => Path.Combine(directory, name);

    private string Read(string name) => File.Exists(At(name)) ? File.ReadAllText(At(name)) : "";

    /// <summary>A child that says that it is ready and waits for its end, gracefully.</summary>
    private const string Good = "trap 'exit 0' TERM; echo ready >&$OPENCLAW_READY_FD; while :; do sleep 1000 & wait $!; done";

    private ChildPlan Shell(string name, string script, params string[] after) =>
        new()
        {
            Name = name,
            Path = "/bin/sh",
            Args = ["-c", script],
            StartAfter = after,
            GraceSeconds = 10,
            Env = new Dictionary<string, string> { ["DIR"] = directory },
        };

    private static bool IsAlive(int id) =>
        Directory.Exists($"/proc/{id}") && !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);

    /// <summary>Of processes that are no children of ours the end can only be looked for.</summary>
    private static async Task AssertEndsAsync(int id)
    {
        for (var i = 0; i < 500 && IsAlive(id); i++)
        {
            await Task.Delay(20);
        }
        Assert.False(IsAlive(id), $"process {id} is still there");
    }

    private int Number(string file) => int.Parse(Read(file).Trim(), CultureInfo.InvariantCulture);

    [Fact]
    public async Task Children_start_in_order_and_stop_in_reverse()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell(
                "manager",
                "trap 'echo manager >> $DIR/stopped; exit 0' TERM; sleep 0.1; echo ready >&$OPENCLAW_READY_FD; while :; do sleep 1000 & wait $!; done"
            ),
            Shell(
                "worker",
                "trap 'sleep 0.1; echo worker >> $DIR/stopped; exit 0' TERM; echo ready >&$OPENCLAW_READY_FD; while :; do sleep 1000 & wait $!; done",
                "manager"
            )
        );
        await supervisor.NextAsync("ready", "worker");
        supervisor.Child.Signal(Signals.Interrupt);
        await supervisor.NextAsync("stopped");
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal("worker\nmanager\n", Read("stopped"));
        Assert.Equal(
            ["started manager", "ready manager", "started worker", "ready worker", "stopping ", "died worker", "died manager", "stopped "],
            supervisor.Seen.Select(e => $"{e.Event} {e.Child}")
        );
    }

    [Fact]
    public async Task A_child_that_dies_is_cleared_told_and_replaced()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc and a subreaper");
        // Leaves a grandchild in a session of its own without any mark, and one behind a double fork.
        var worker = Shell(
            "worker",
            """
            if [ ! -e $DIR/first ]; then
              env -i setsid sleep 1001 & echo $! > $DIR/first
              (setsid sh -c 'echo $$ > $DIR/second; sleep 1002 & wait' &)
              while [ ! -s $DIR/second ]; do sleep 0.01; done
            fi
            echo $OPENCLAW_INCARNATION >> $DIR/incarnations; trap 'exit 0' TERM; echo ready >&$OPENCLAW_READY_FD
            while :; do sleep 1000 & wait $!; done
            """
        ) with
        {
            OnDeath =
            [
                "/bin/sh",
                "-c",
                $"for p in $(cat {At("first")} {At("second")}); do [ -e /proc/$p ] && echo left >> {At("told")}; done; echo {{incarnation}} {{code}} {{signal}} >> {At("told")}",
            ],
        };
        await using var supervisor = SupervisorProcess.Start(directory, Shell("manager", Good), worker);
        var first = await supervisor.NextAsync("ready", "worker");
        var grandchildren = new[] { Number("first"), Number("second") };
        Assert.All(grandchildren, id => Assert.True(IsAlive(id)));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(0, Kill(first.Pid!.Value, Signals.Kill));
        var died = await supervisor.NextAsync("died", "worker");
        Assert.Equal((null, 9, "Killed"), (died.Code, died.Signal, died.Class));
        var respawn = await supervisor.NextAsync("respawning", "worker");
        Assert.Equal((1, 10), (respawn.Attempt, respawn.Max));
        Assert.All(grandchildren, id => Assert.False(IsAlive(id)));
        var second = await supervisor.NextAsync("ready", "worker");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1.5), $"{clock.Elapsed}");
        Assert.True(second.Incarnation > first.Incarnation);
        Assert.DoesNotContain(supervisor.Seen, e => e.Event == "died" && e.Child == "manager");
        supervisor.CutLifeline();
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal(0, code);
        Assert.Equal($"{first.Incarnation} 137 9\n", Read("told"));
        Assert.Equal($"{first.Incarnation}\n{second.Incarnation}\n", Read("incarnations"));
        Assert.Contains(
            $"clw-worker[pid={first.Pid}]: FATAL: clw-worker-crash detected. Exit code: 137, Signal: 9 (SIGKILL)",
            errors,
            StringComparison.Ordinal
        );
        Assert.Contains("Supervisor: Respawning worker... (attempt 1/10)\n", errors, StringComparison.Ordinal);
        Assert.Matches("Supervisor: worker left [3-6] processes, which were ended", errors);
    }

    /// <summary>A worker whose last life was drawn from a clock that has been set back since: it registered as a later one.</summary>
    [Fact]
    public async Task The_end_of_a_child_that_counts_its_own_lives_is_told_under_its_own_number()
    {
        const long Own = 99_999_999_999_999;
        var worker = Shell(
            "worker",
            $"echo incarnation {Own} >&$OPENCLAW_READY_FD; echo $OPENCLAW_INCARNATION >> $DIR/incarnations; {Good}"
        ) with
        {
            OnDeath = ["/bin/sh", "-c", $"echo {{incarnation}} >> {At("told")}"],
        };
        await using var supervisor = SupervisorProcess.Start(directory, worker);
        var first = await supervisor.NextAsync("ready", "worker");
        Assert.Equal(Own, first.Incarnation);
        Assert.Equal(0, Kill(first.Pid!.Value, Signals.Kill));
        Assert.Equal(Own, (await supervisor.NextAsync("died", "worker")).Incarnation);
        var second = await supervisor.NextAsync("started", "worker");
        Assert.True(second.Incarnation > Own, $"{second.Incarnation}");
        await supervisor.NextAsync("ready", "worker");
        supervisor.CutLifeline();
        await supervisor.EndAsync();
        Assert.Equal($"{Own}\n", Read("told"));
    }

    [Fact]
    public async Task What_a_living_child_let_go_is_left_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc and a subreaper");
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell(
                "one",
                "(setsid sh -c 'echo $$ > $DIR/stray; exec sleep 1003' &)\n while [ ! -s $DIR/stray ]; do sleep 0.01; done\n" + Good
            ),
            Shell("two", Good, "one")
        );
        var two = await supervisor.NextAsync("ready", "two");
        var stray = Number("stray");
        Assert.Equal(0, Kill(two.Pid!.Value, Signals.Kill));
        await supervisor.NextAsync("ready", "two");
        Assert.True(IsAlive(stray));
        supervisor.CutLifeline();
        Assert.Equal(0, (await supervisor.EndAsync()).Code);
        await AssertEndsAsync(stray);
    }

    [Fact]
    public async Task Who_dies_too_often_is_given_up_aloud()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell(
                "manager",
                "trap 'echo stopped > $DIR/manager; exit 0' TERM; echo ready >&$OPENCLAW_READY_FD; while :; do sleep 1000 & wait $!; done"
            ),
            Shell("worker", "exit 1", "manager") with
            {
                Restart = new RestartPolicy { Max = 3, FirstDelayMs = 1 },
            }
        );
        await supervisor.NextAsync("gaveup", "worker");
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal(7, code);
        Assert.Equal("stopped\n", Read("manager"));
        Assert.Contains("Supervisor: Respawning worker... (attempt 3/3)", errors, StringComparison.Ordinal);
        Assert.Contains(
            "[FATAL] clw-respawn-limit: worker ended 4 times within 60 s, the last time with exit code 1",
            errors,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Who_cannot_start_by_its_own_word_is_not_tried_again(int code)
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("manager", $"echo the port is taken >&2; exit {code}"),
            Shell("worker", Good, "manager")
        );
        var (got, errors) = await supervisor.EndAsync();
        Assert.Equal((code, "the port is taken\n"), (got, errors));
    }

    [Fact]
    public async Task Who_cannot_start_by_its_own_word_leaves_a_report_with_the_cause_configuration()
    {
        var records = new CrashRecords(At("crashes"));
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("manager", "echo the port is taken >&2; exit 7") with
            {
                Crashes = new CrashPlan { Directory = records.Directory },
            }
        );
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal((7, "the port is taken\n"), (code, errors));
        var report = Assert.Single(records.Since(DateTimeOffset.UnixEpoch, 10));
        Assert.Equal((CrashCause.Configuration, 7, "clw-init-fail"), (report.Cause, report.ExitCode, report.Code));
    }

    [Fact]
    public async Task The_same_exit_code_of_one_that_was_ready_is_a_crash()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("worker", "[ -e $DIR/once ] || { touch $DIR/once; echo ready >&$OPENCLAW_READY_FD; sleep 0.1; exit 7; }\n" + Good)
        );
        await supervisor.NextAsync("respawning", "worker");
        await supervisor.NextAsync("ready", "worker");
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_supervised()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("manager", Good),
            Shell("worker", "") with
            {
                Path = "/nowhere/clw-worker",
            }
        );
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal(7, code);
        Assert.Contains("clw-init-fail: worker: cannot start /nowhere/clw-worker: No such file", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_does_not_stop_is_killed_after_its_grace()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("worker", "trap '' TERM; echo ready >&$OPENCLAW_READY_FD; while :; do sleep 1000 & wait $!; done") with
            {
                GraceSeconds = 0.2,
            }
        );
        await supervisor.NextAsync("ready", "worker");
        supervisor.Child.Signal(Signals.Terminate);
        var died = await supervisor.NextAsync("died", "worker");
        Assert.Equal(9, died.Signal);
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal(0, code);
        Assert.Contains("worker did not stop within 0.2 s and is killed", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_order_to_stop_does_not_wait()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("worker", "trap 'touch $DIR/asked' TERM; echo ready >&$OPENCLAW_READY_FD; while :; do sleep 1000 & wait $!; done") with
            {
                GraceSeconds = 1000,
            }
        );
        await supervisor.NextAsync("ready", "worker");
        supervisor.Child.Signal(Signals.Interrupt);
        await supervisor.NextAsync("stopping");
        supervisor.Child.Signal(Signals.Interrupt);
        Assert.Equal(0, (await supervisor.EndAsync()).Code);
    }

    [Fact]
    public async Task What_is_killed_in_a_hurry_is_no_crash_and_its_death_not_told_to_the_dead()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a death is told on Linux alone");
        const string stubborn = "trap 'touch $DIR/asked' TERM; echo ready >&$OPENCLAW_READY_FD; while :; do sleep 1000 & wait $!; done";
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("manager", stubborn) with
            {
                GraceSeconds = 1000,
            },
            Shell("worker", stubborn, "manager") with
            {
                GraceSeconds = 1000,
                OnDeath = ["/bin/sh", "-c", $"touch {At("told")}; sleep 1000"],
            }
        );
        await supervisor.NextAsync("ready", "worker");
        supervisor.CutLifeline();
        await supervisor.NextAsync("stopping");
        supervisor.Child.Signal(Signals.Terminate);
        Assert.Equal((0, ""), await supervisor.EndAsync());
        Assert.False(File.Exists(At("told")));
    }

    [Fact]
    public async Task A_crash_is_told_by_the_code_of_the_program()
    {
        await using var supervisor = SupervisorProcess.Start(directory, Shell("manager", Good) with { CrashCode = "clw-manager-crash" });
        var manager = (await supervisor.NextAsync("ready", "manager")).Pid!.Value;
        Assert.Equal(0, Kill(manager, Signals.Kill));
        await supervisor.NextAsync("ready", "manager");
        supervisor.CutLifeline();
        Assert.Contains(
            $"clw-manager[pid={manager}]: FATAL: clw-manager-crash detected. Exit code: 137, Signal: 9 (SIGKILL)",
            (await supervisor.EndAsync()).Errors,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_supervisor_that_is_killed_takes_its_children_along()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        // What a child does at the end of its lifeline is the child's part: here it ends.
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("worker", "echo ready >&$OPENCLAW_READY_FD; read -r nothing <&$OPENCLAW_LIFELINE_FD; echo cut > $DIR/cut")
        );
        var worker = (await supervisor.NextAsync("ready", "worker")).Pid!.Value;
        supervisor.Child.Signal(Signals.Kill);
        await AssertEndsAsync(worker);
        Assert.Equal("cut\n", Read("cut"));
    }

    [Fact]
    public async Task A_hang_up_is_handed_on_and_a_status_told()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("worker", "trap 'echo status reloaded >&$OPENCLAW_READY_FD' HUP; " + Good)
        );
        await supervisor.NextAsync("ready", "worker");
        supervisor.Child.Signal(Signals.HangUp);
        Assert.Equal("reloaded", (await supervisor.NextAsync("status", "worker")).Text);
    }

    [Fact]
    public async Task A_hang_up_spares_a_child_that_does_not_listen_to_it_yet()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell(
                "worker",
                "echo status up >&$OPENCLAW_READY_FD; while [ ! -e $DIR/go ]; do sleep 0.02; done; "
                    + "trap 'echo status reloaded >&$OPENCLAW_READY_FD' HUP; "
                    + Good
            )
        );
        await supervisor.NextAsync("status", "worker");
        supervisor.Child.Signal(Signals.HangUp);
        File.WriteAllText(At("go"), "");
        await supervisor.NextAsync("ready", "worker");
        supervisor.Child.Signal(Signals.HangUp);
        Assert.Equal("reloaded", (await supervisor.NextAsync("status", "worker")).Text);
        Assert.DoesNotContain(supervisor.Seen, e => e.Event == "died");
    }

    [Fact]
    public async Task A_child_that_wants_a_restart_gets_it_at_once_and_for_free()
    {
        var worker = Shell(
            "worker",
            "n=$(cat $DIR/n 2>/dev/null || echo 0); echo $((n+1)) > $DIR/n; trap 'exit 0' TERM; "
                + "echo ready >&$OPENCLAW_READY_FD; while [ ! -e $DIR/go$n ]; do sleep 0.02; done; exit 75"
        ) with
        {
            Restart = new RestartPolicy { Max = 1 },
            OnDeath = ["/bin/sh", "-c", $"echo told >> {At("told")}"],
        };
        await using var supervisor = SupervisorProcess.Start(directory, worker);
        for (var i = 0; i < 5; i++)
        {
            await supervisor.NextAsync("ready", "worker");
            File.WriteAllText(At($"go{i}"), "");
            await supervisor.NextAsync("restarting", "worker");
        }

        await supervisor.NextAsync("ready", "worker");
        supervisor.Child.Signal(Signals.Terminate);
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal(0, code);
        Assert.DoesNotContain("FATAL", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Respawning", errors, StringComparison.Ordinal);
        Assert.Equal("", Read("told"));
    }

    [Fact]
    public async Task A_child_that_wants_a_restart_before_it_was_ready_spends_its_budget()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("worker", "exit 75") with
            {
                Restart = new RestartPolicy { Max = 2, FirstDelayMs = 1 },
            }
        );
        await supervisor.NextAsync("gaveup", "worker");
        Assert.Equal(7, (await supervisor.EndAsync()).Code);
    }

    [Fact]
    public async Task A_flood_of_lines_and_events_that_nobody_reads_stops_nothing()
    {
        await using var supervisor = SupervisorProcess.Start(
            directory,
            Shell("noise", $"echo $$ > $DIR/noise; echo ready >&$OPENCLAW_READY_FD; yes x >&$OPENCLAW_READY_FD"),
            Shell("worker", Good, "noise")
        );
        Assert.Equal("ready", (await supervisor.NextAsync("ready", "worker")).Event);
    }

    [Fact]
    public async Task Its_name_is_its_own_and_it_rests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        File.CreateSymbolicLink(At("clw-worker"), "/bin/sh");
        await using var supervisor = SupervisorProcess.Start(directory, Shell("worker", Good) with { Path = At("clw-worker") });
        var worker = (await supervisor.NextAsync("ready", "worker")).Pid!.Value;
        Assert.Equal("clw-supervisor\n", File.ReadAllText($"/proc/{supervisor.Child.Id}/comm"));
        Assert.Equal("clw-worker\n", File.ReadAllText($"/proc/{worker}/comm"));
        // Session of its own.
        Assert.Equal($"{worker}", File.ReadAllText($"/proc/{worker}/stat").Split(") ")[1].Split(' ')[3]);
    }

    [Fact]
    public void What_a_plan_leaves_out_has_its_default()
    {
        var child = SupervisorPlan.FromJson("""{"name":"p","children":[{"name":"worker","path":"/w","restart":{"max":3}}]}""").Children[0];
        Assert.Empty(child.Args);
        Assert.Empty(child.StartAfter);
        Assert.Empty(child.Env);
        Assert.Equal((30, "OPENCLAW_INCARNATION", "clw-worker-crash"), (child.GraceSeconds, child.IncarnationVariable, child.CrashCode));
        Assert.Equal(new RestartPolicy { Max = 3 }, child.Restart);
        Assert.Equal((60, 100, 5000), (child.Restart.WindowSeconds, child.Restart.FirstDelayMs, child.Restart.MaxDelayMs));
    }

    [Fact]
    public void A_plan_that_makes_no_sense_is_refused_by_its_reason()
    {
        var worker = Shell("worker", "");
        var plan = new SupervisorPlan { Name = "p", Children = [worker with { StartAfter = ["manager"] }] };
        Assert.Contains(
            "starts after manager",
            Assert.Throws<System.Text.Json.JsonException>(() => SupervisorPlan.FromJson(plan.ToJson())).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<System.Text.Json.JsonException>(() => SupervisorPlan.FromJson((plan with { Children = [worker, worker] }).ToJson()));
        Assert.Throws<System.Text.Json.JsonException>(() => SupervisorPlan.FromJson((plan with { Children = [] }).ToJson()));
        Assert.Throws<System.Text.Json.JsonException>(() => SupervisorPlan.FromJson("""{"name":"p","children":[],"childs":[]}"""));
        Assert.Equal(worker.Path, SupervisorPlan.FromJson((plan with { Children = [worker] }).ToJson()).Children[0].Path);
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int id, int signal);
}
