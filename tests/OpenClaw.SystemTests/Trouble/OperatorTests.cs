using System.Globalization;
using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Trouble;

/// <summary>Proves: what an operator does not see by himself is told where he looks, in one line that leads on.</summary>
public sealed class OperatorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_whose_file_is_broken_refuses_to_restart_and_works_on()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01", "worker-02");
        var process = fleet.ProcessOf("worker-01").Id;
        var file = fleet.ConfigOf("worker-01");
        await File.WriteAllTextAsync(file, "cluster:\n  worker_id: worker-01\n  heartbeet_interval: 7s\n", Cancellation);
        var restart = await fleet.Room.RunAsync("cluster", "restart-workers", "--all", "--parallel", "1");
        Assert.True(restart.ExitCode == 1, restart.Said);
        Assert.Contains(
            $"error: clw-config-invalid: Worker worker-01 stays at work, for it could not start again: {file}:3:3: cluster.heartbeet_interval: unknown key",
            restart.Errors,
            StringComparison.Ordinal
        );
        Assert.Contains("next: ", restart.Errors, StringComparison.Ordinal);
        Assert.Contains("0 workers restarted", restart.Output, StringComparison.Ordinal);
        Assert.Contains("1 not touched", restart.Output, StringComparison.Ordinal);
        await fleet.Workers["worker-01"].SaidAsync($"clw-config-invalid: {file}:3:3:");
        Assert.Equal(process, (await fleet.StateAsync("worker-01", "healthy")).Pid);
        Assert.Equal(0, (await fleet.Room.RunAsync("cluster", "status")).ExitCode);

        // Mended, it goes.
        await File.WriteAllTextAsync(file, "cluster:\n  worker_id: worker-01\n", Cancellation);
        Assert.Equal(0, (await fleet.Room.RunAsync("cluster", "restart-workers", "worker-01")).ExitCode);
        await fleet.StateAsync("worker-01", "healthy", w => w.Pid != process);
    }

    [Fact]
    public async Task A_worker_that_died_and_cannot_start_keeps_the_status_at_1_and_its_reason_is_shown()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01");
        var file = fleet.ConfigOf("worker-01");
        await File.WriteAllTextAsync(file, "cluster:\n  worker_id: worker-01\nworker:\n  slots: many\n", Cancellation);
        Signals.Send(fleet.ProcessOf("worker-01").Id, Signals.Kill);
        Assert.Equal(6, await fleet.Workers["worker-01"].EndAsync());
        await fleet.StateAsync("worker-01", "UNREACHABLE", w => w.Problem.Contains("clw-config-invalid", StringComparison.Ordinal));
        var status = await fleet.Room.RunAsync("cluster", "status");
        Assert.True(status.ExitCode == 1, status.Said);
        Assert.Contains(
            $"! worker worker-01 is UNREACHABLE: clw-config-invalid: it does not start (exit code 6, signal 0): {file}:4:10: worker.slots",
            status.Output,
            StringComparison.Ordinal
        );

        await File.WriteAllTextAsync(file, "cluster:\n  worker_id: worker-01\n", Cancellation);
        fleet.LaunchWorker("worker-01");
        await fleet.StateAsync("worker-01", "healthy");
        Assert.Equal(0, (await fleet.Room.RunAsync("cluster", "status")).ExitCode);
    }

    [Fact]
    public async Task A_worker_that_was_turned_away_is_shown_with_its_reason_until_it_comes_in()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01");
        await File.WriteAllTextAsync(fleet.ConfigOf("copy"), "cluster:\n  worker_id: worker-01\n", Cancellation);
        fleet.LaunchWorker("copy");
        await Until.TrueAsync(
            async () => (await fleet.JsonAsync("cluster", "status")).GetProperty("refused").GetArrayLength() == 1,
            "the copy was turned away",
            details: () => fleet.Workers["copy"].Said
        );
        var status = await fleet.Room.RunAsync("cluster", "status");
        Assert.True(status.ExitCode == 0, status.Said);
        Assert.Matches(
            "(?m)^! worker worker-01 from 127.0.0.1 was turned away [0-9]+s ago.*: clw-registration-failed: Registration rejected: worker ID 'worker-01' already exists in cluster",
            status.Output
        );
        var refused = (await fleet.JsonAsync("cluster", "status")).GetProperty("refused")[0];
        Assert.Equal("worker-01", refused.GetProperty("worker").GetString());
        Assert.Equal("clw-registration-failed", refused.GetProperty("code").GetString());
        fleet.Workers["worker-01"].Signal(Signals.Term);
        await fleet.Workers["worker-01"].EndAsync();
        await fleet.StateAsync("worker-01", "healthy");
        Assert.Equal(0, (await fleet.JsonAsync("cluster", "status")).GetProperty("refused").GetArrayLength());
    }

    [Fact]
    public async Task A_second_start_over_a_used_directory_says_in_one_line_who_has_it()
    {
        await using var fleet = new Fleet();
        await fleet.StartAsync("worker-01");
        var worker = fleet.ProcessOf("worker-01").Id;
        var second = fleet.LaunchWorker("worker-01");
        await second.EndWithOutputAsync();
        second.FailedWith("clw-store-in-use", 7);
        Assert.Equal(2, second.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains(Text($"is in use by clw-worker, process {worker}"), second.Errors, StringComparison.Ordinal);

        var manager = await fleet.Room.RunAsync("manager", "--config", fleet.ManagerConfig, "--port", "0");
        manager.FailedWith("clw-store-in-use", 7);
        Assert.Equal(2, manager.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains(Text($"process {fleet.ManagerProcess.Id}"), manager.Errors, StringComparison.Ordinal);

        var up = await fleet.Room.RunAsync("up");
        up.FailedWith("clw-store-in-use", 7);
        await fleet.StateAsync("worker-01", "healthy", w => w.Pid == worker);
    }

    [Fact]
    public async Task Who_only_looks_is_told_of_a_broken_file_and_looks_and_who_changes_is_refused()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        await cluster.StartAsync();
        var file = room.Path("worker.yaml");
        await File.WriteAllTextAsync(file, $"cluster:\n  manager_address: {cluster.Address}\n  heartbeet_interval: 7s\n", Cancellation);
        var id = JsonDocument.Parse((await room.RunAsync("task", "submit", "--type", "noop", "--json")).Output).RootElement;
        var task = id.GetProperty("id").GetString()!;
        string[][] looks =
        [
            ["cluster", "status"],
            ["status"],
            ["task", "list"],
            ["task", "show", task],
            ["task", "wait", task],
            ["logs"],
            ["health"],
        ];
        foreach (var words in looks)
        {
            var look = await room.RunAsync([.. words, "--config", file]);
            Assert.True(look.ExitCode == 0, look.Said);
            Assert.StartsWith(
                $"warning: clw-config-invalid: {file}:3:3: cluster.heartbeet_interval: unknown key",
                look.Errors,
                StringComparison.Ordinal
            );
            Assert.Single(
                look.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries),
                l => l.StartsWith("warning", StringComparison.Ordinal)
            );
        }

        string[][] changes =
        [
            ["task", "submit", "--type", "noop"],
            ["task", "cancel", task],
            ["cluster", "reload"],
        ];
        foreach (var words in changes)
        {
            (await room.RunAsync([.. words, "--config", file])).FailedWith("clw-config-invalid", 6);
        }

        var doctor = await room.RunAsync("doctor", "--config", file);
        Assert.Equal(1, doctor.ExitCode);
        Assert.Matches($"(?m)^FAIL  configuration +clw-config-invalid: {file}:3:3:", doctor.Output);
        Assert.Matches("(?m)^OK    manager call ", doctor.Output);

        // Not even the file's shape can be read: defaults and variables go on.
        await File.WriteAllTextAsync(file, "cluster: [\n", Cancellation);
        var torn = await room.RunAsync("task", "list", "--config", file);
        Assert.True(torn.ExitCode == 0, torn.Said);
        Assert.StartsWith($"warning: clw-config-invalid: {file}:", torn.Errors, StringComparison.Ordinal);

        // What was typed is another matter.
        (await room.RunAsync("task", "list", "--manager", "nonsense:port")).FailedWith("clw-config-invalid", 6);
    }

    [Fact]
    public async Task The_doctor_asks_the_manager_that_the_worker_of_this_machine_has()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        await cluster.StartManagerAsync();

        // Away from the manager's directory, and told by a flag that the doctor does not get.
        var token = await File.ReadAllTextAsync(room.Path("data", "token"), Cancellation);
        Directory.CreateDirectory(room.Path("elsewhere"));
        await File.WriteAllTextAsync(room.Path("elsewhere", "token"), token, Cancellation);
        room.Environment["OPENCLAW_MANAGER_DATA_DIR"] = room.Path("elsewhere");
        var worker = room.Start(Checkout.Program("clw"), ["worker", "--manager", cluster.Address.ToString()], ("OPENCLAW_SUPERVISED", "1"));
        await cluster.WorkerIsAsync("healthy", w => w.Pid == worker.Id);
        var doctor = await room.RunAsync("doctor");
        Assert.Matches($"(?m)^OK    manager tcp +{cluster.Address} connects", doctor.Output);

        // And by the variables of the service, which no shell has.
        worker.Signal(Signals.Term);
        await worker.EndAsync();
        Directory.CreateDirectory(room.Path("host", "etc", "openclaw"));
        await File.WriteAllTextAsync(
            room.Path("host", "etc", "openclaw", "environment"),
            $"# of the service\nOPENCLAW_MANAGER_HOST=\"127.0.0.1\"\nOPENCLAW_MANAGER_PORT={Text($"{cluster.Port}")}\n",
            Cancellation
        );
        doctor = await room.RunAsync("doctor", "--host-root", room.Path("host"));
        Assert.Matches($"(?m)^OK    manager tcp +{cluster.Address} connects", doctor.Output);
        Assert.Matches("(?m)^OK    variables +OPENCLAW_MANAGER_HOST, OPENCLAW_MANAGER_PORT as the service has them", doctor.Output);
    }

    [Fact]
    public async Task Advice_for_a_port_that_refuses_depends_on_whose_it_is()
    {
        await using var room = new Room();
        var here = await room.RunAsync("task", "list", "--manager", Text($"127.0.0.1:{Room.FreePort()}"));
        here.FailedWith("clw-connection-refused", 4);
        Assert.DoesNotContain("clw up", here.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_without_the_cas_key_and_a_key_in_place_of_a_certificate_are_told_in_one_line()
    {
        await using var room = new Room();
        var directory = room.Path("certs");
        Assert.Equal(0, (await room.RunAsync("certs", "init", "--dir", directory)).ExitCode);
        Assert.Equal(0, (await room.RunAsync("certs", "issue", "worker", "w1", "--dir", directory, "--out", directory)).ExitCode);
        var key = await room.RunAsync("certs", "show", Path.Combine(directory, "worker-key.pem"));
        key.FailedWith("clw-tls-files", key.ExitCode);
        Assert.Contains("worker-key.pem is a private key", key.Errors, StringComparison.Ordinal);
        Assert.Contains($"clw certs show {Path.Combine(directory, "worker.crt")}", key.Errors, StringComparison.Ordinal);
        File.Delete(Path.Combine(directory, "ca-key.pem"));
        var renew = await room.RunAsync("certs", "renew", Path.Combine(directory, "worker.crt"), "--dir", directory);
        renew.FailedWith("clw-tls-files", renew.ExitCode);
        Assert.Contains("The key of the CA", renew.Errors, StringComparison.Ordinal);
        Assert.Contains("--ca-key FILE", renew.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_that_share_a_log_directory_show_each_line_once_and_as_its_own()
    {
        await using var fleet = new Fleet();
        await fleet.StartManagerAsync();
        foreach (var name in new[] { "worker-01", "worker-02" })
        {
            fleet.LaunchWorker(name, ("OPENCLAW_LOG_DIRECTORY", fleet.Room.Path("log-shared")));
            await fleet.StateAsync(name, "healthy");
        }

        foreach (var name in new[] { "worker-01", "worker-02" })
        {
            await Until.TrueAsync(
                async () =>
                    (await fleet.Room.RunAsync("logs", "--component", "worker")).Output.Contains(
                        $"Worker {name} is up",
                        StringComparison.Ordinal
                    ),
                $"the line of {name} is there"
            );
        }

        var lines = (await fleet.Room.RunAsync("logs", "--component", "worker")).Output.Split('\n');
        foreach (var (name, other) in new[] { ("worker-01", "worker-02"), ("worker-02", "worker-01") })
        {
            Assert.Single(lines, l => l.Contains($"Worker {name} is up", StringComparison.Ordinal));
            var own = (await fleet.Room.RunAsync("logs", "--component", "worker", "--worker", name)).Output;
            Assert.Contains($"Worker {name} is up", own, StringComparison.Ordinal);
            Assert.DoesNotContain($"Worker {other} is up", own, StringComparison.Ordinal);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
