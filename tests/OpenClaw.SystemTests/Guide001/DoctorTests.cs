using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C25: <c>clw doctor</c> on a real machine, on a machine as the guide describes it, and on the way to a manager.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task C25_a_machine_with_a_healthy_cluster_fails_in_nothing_and_is_told_quickly()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        var clock = Stopwatch.StartNew();
        var doctor = await cluster.Room.RunAsync("doctor");
        Assert.True(doctor.ExitCode == 0, doctor.Said);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(4), $"{clock.Elapsed}");
        foreach (
            var check in new[]
            {
                "configuration",
                "programs",
                "manager name",
                "manager tcp",
                "manager call",
                "manager version",
                "clock of manager",
                "manager here",
                "worker here",
                "locks",
                "port health",
            }
        )
        {
            Assert.Matches($"(?m)^OK    {check} ", doctor.Output);
        }

        foreach (var check in new[] { "conntrack", "keep-alive", "descriptors", "memory", "disk data", "clock" })
        {
            Assert.Matches($"(?m)^(OK|WARN|SKIP) +{check}", doctor.Output);
        }

        var json = JsonDocument.Parse((await cluster.Room.RunAsync("doctor", "--json")).Output).RootElement;
        Assert.True(json.GetProperty("ok").GetBoolean());
        Assert.True(json.GetProperty("checks").GetArrayLength() > 15);
    }

    [Fact]
    public async Task C25_a_full_connection_table_is_named_with_the_guides_cure()
    {
        await using var room = new Room();
        void Kernel(string file, string text)
        {
            var path = room.Path("host", "proc", file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text + "\n");
        }

        Kernel("sys/net/netfilter/nf_conntrack_count", "786432");
        Kernel("sys/net/netfilter/nf_conntrack_max", "786432");
        Kernel("sys/net/ipv4/tcp_keepalive_time", "7200");
        Kernel("sys/net/netfilter/nf_conntrack_tcp_timeout_established", "15");
        Kernel(
            "self/limits",
            "Limit   Soft Limit Hard Limit Units\nMax open files            256                  256                  files"
        );
        Kernel("meminfo", "MemTotal:       1000000 kB\nMemFree: 1 kB\nMemAvailable:     10000 kB");
        var doctor = await room.RunAsync("doctor", "--host-root", room.Path("host"));
        Assert.Equal(1, doctor.ExitCode);
        Assert.Matches("(?m)^FAIL  conntrack +clw-connection-timeout: 786,432 of 786,432", doctor.Output);
        Assert.Contains("next: sysctl -w net.netfilter.nf_conntrack_max=1572864", doctor.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^WARN  keep-alive +clw-heartbeat-lost: heartbeats every 10 s", doctor.Output);
        Assert.Matches("(?m)^FAIL  descriptors +256 open files", doctor.Output);
        Assert.Matches("(?m)^WARN  memory ", doctor.Output);
    }

    [Fact]
    public async Task C25_the_way_to_a_manager_fails_at_the_step_that_is_the_cause()
    {
        await using var room = new Room();
        var port = Room.FreePort().ToString(CultureInfo.InvariantCulture);
        var refused = await room.RunAsync("doctor", "--manager", $"127.0.0.1:{port}");
        Assert.Equal(1, refused.ExitCode);
        Assert.Matches("(?m)^FAIL  manager tcp +clw-connection-refused: ", refused.Output);
        Assert.Matches("(?m)^SKIP  manager call ", refused.Output);
        Assert.Contains("next: ", refused.Output, StringComparison.Ordinal);

        var unknown = await room.RunAsync("doctor", "--manager", "no-such-host.invalid:9090", "--insecure-manager");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Matches("(?m)^FAIL  manager name +clw-host-unknown: no-such-host.invalid", unknown.Output);
        Assert.Matches("(?m)^SKIP  manager tcp ", unknown.Output);
    }

    [Fact]
    public async Task C25_a_variable_over_a_file_a_dead_worker_a_foreign_program_and_a_bad_file_are_named()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        await cluster.StartAsync();
        cluster.Worker.Kill();
        await cluster.Worker.EndAsync();
        var config = room.Path("worker.yaml");
        await File.WriteAllTextAsync(config, "cluster:\n  heartbeat_interval: 7s\n", TestContext.Current.CancellationToken);
        room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = "9s";
        // A program of a machine that this one is not.
        var elf = await File.ReadAllBytesAsync("/bin/sh", TestContext.Current.CancellationToken);
        elf[18] = 243;
        await File.WriteAllBytesAsync(room.Path("plugins", "riscv"), elf, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(room.Path("plugins", "riscv"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Directory.CreateDirectory(room.Path("state", "worker-state"));
        await File.WriteAllTextAsync(room.Path("state", "worker-state", "a.lock"), "", TestContext.Current.CancellationToken);

        var doctor = await room.RunAsync("doctor", "--config", config);
        Assert.Equal(1, doctor.ExitCode);
        Assert.Matches(
            $"(?m)^WARN  variables +OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL sets cluster.heartbeat_interval to 9s; {config}:2:[0-9]+ says 7s",
            doctor.Output
        );
        Assert.Matches("(?m)^FAIL  worker here +clw-worker-unreachable: .*is gone", doctor.Output);
        Assert.Matches("(?m)^FAIL  plugins +clw-plugin-invalid: riscv: is built for riscv64", doctor.Output);
        Assert.Matches("(?m)^WARN  locks +a.lock", doctor.Output);

        await File.WriteAllTextAsync(config, "cluster:\n  heartbeat_intervall: 7s\n", TestContext.Current.CancellationToken);
        var invalid = await room.RunAsync("doctor", "--config", config);
        Assert.Equal(1, invalid.ExitCode);
        Assert.Matches("(?m)^FAIL  configuration +clw-config-invalid: .*heartbeat_interval", invalid.Output);
        Assert.Matches("(?m)^(OK|WARN|SKIP)  *conntrack", invalid.Output);
    }
}
