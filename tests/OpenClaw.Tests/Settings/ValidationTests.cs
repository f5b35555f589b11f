using OpenClaw.Core.Settings;

namespace OpenClaw.Tests.Settings;

/// <summary>What a user reads when a file is wrong, word for word.</summary>
public sealed class ValidationTests
{
    [Fact]
    public void All_mistakes_are_reported_each_on_its_line() =>
        Assert.Equal(
            [
                "w.yaml:2:3: cluster.heartbeet_interval: unknown key; did you mean cluster.heartbeat_interval?",
                "w.yaml:3:23: cluster.reconnect_interval: expected a duration like 5s, 500ms, 2m or 1h30m (a plain number is seconds), not '5x'",
                "w.yaml:4:1: heartbeat_interval: unknown key; did you mean cluster.heartbeat_interval?",
                "w.yaml:6:10: worker.slots: must be from 1 to 10000, not '0'",
                "w.yaml:7:15: worker.prefetch: expected a whole number, not a list",
                "w.yaml:8:8: queue: is a section with keys below it, not '5'",
                "w.yaml:9:1: clutser: unknown key; did you mean cluster?",
                "w.yaml:10:1: something_else: unknown key",
            ],
            Kit.Errors(
                (
                    "w.yaml",
                    """
                    cluster:
                      heartbeet_interval: 10s
                      reconnect_interval: 5x
                    heartbeat_interval: 10s
                    worker:
                      slots: 0
                      prefetch:   [1, 2]
                    queue: 5
                    clutser: {}
                    something_else: 1
                    """
                )
            )
        );

    [Fact]
    public void Zero_memory_names_its_line() =>
        Assert.Equal(
            ["/etc/claw/worker.toml:2:17: task.max_memory_gb: must be from 0.001 to 65536, not '0'"],
            Kit.Errors(("/etc/claw/worker.toml", "[task]\nmax_memory_gb = 0\ntimeout_sec = 300\n"))
        );

    [Fact]
    public void The_guides_files_are_taken()
    {
        var settings = Kit.Build(
            (
                "worker.yaml",
                "# /etc/openclaw/worker.yaml\ncluster:\n  manager_address: \"192.168.1.10:9090\"\n  reconnect_interval: \"5s\"\n"
                    + "  max_reconnect_attempts: 10\n  heartbeat_interval: \"10s\"\n"
            ),
            ("worker.toml", "[task]\nmax_memory_gb = 4\ntimeout_sec = 600\nenable_core_dumps = true\nplugin_dir = \"/etc/claw/plugins\"\n")
        ).Value;
        Assert.Equal([new HostPort("192.168.1.10", 9090)], settings.Cluster.ManagerAddress);
        Assert.Equal(10, settings.Cluster.MaxReconnectAttempts);
        Assert.Equal(4L << 30, settings.Task.MaxMemoryBytes);
        Assert.Equal(TimeSpan.FromMinutes(10), settings.Task.Timeout);
        Assert.True(settings.Task.EnableCoreDumps);
    }

    [Fact]
    public void Timeout_zero_means_none() => Assert.Null(Kit.Build(("w.toml", "task.timeout_sec = 0")).Value.Task.Timeout);

    [Fact]
    public void Two_files_with_two_values_conflict_and_name_both_lines() =>
        Assert.Equal(
            ["b.toml:2:22: cluster.heartbeat_interval: has two values: 10s here, 5s at a.yaml:2:23; keep one"],
            Kit.Errors(("a.yaml", "cluster:\n  heartbeat_interval: 5s\n"), ("b.toml", "[cluster]\nheartbeat_interval = 10\n"))
        );

    [Fact]
    public void Two_files_with_the_same_value_agree() =>
        Assert.Equal(
            TimeSpan.FromSeconds(5),
            Kit.Build(
                ("a.yaml", "cluster:\n  heartbeat_interval: 5s\n"),
                ("b.toml", "cluster.heartbeat_interval = 5")
            ).Value.Cluster.HeartbeatInterval
        );

    [Fact]
    public void An_alias_is_the_same_key() =>
        Assert.Equal(
            ["w.yaml:3:12: task.timeout_sec: has two values: 2s here, 1s at w.yaml:2:16; keep one"],
            Kit.Errors(("w.yaml", "task:\n  timeout_sec: 1\n  timeout: 2s\n"))
        );

    [Fact]
    public void A_key_given_twice_in_one_file_names_both_lines() =>
        Assert.Equal(
            ["w.yaml:3:3: worker.slots: is given twice; first at w.yaml:2:3"],
            Kit.Errors(("w.yaml", "worker:\n  slots: 1\n  slots: 1\n"))
        );

    [Fact]
    public void A_key_without_a_value_says_so() =>
        Assert.Equal(["w.yaml:2:9: worker.slots: has no value; expected a whole number"], Kit.Errors(("w.yaml", "worker:\n  slots:\n")));

    [Fact]
    public void A_file_that_lost_its_indentation_gets_one_error() =>
        Assert.Equal(
            [
                "w.yaml:3:1: manager_address: the file has lost its indentation: 'manager_address' belongs under 'cluster:' (line 2), two spaces further in",
            ],
            Kit.Errors(
                (
                    "w.yaml",
                    "# w.yaml\ncluster:\nmanager_address: \"192.168.1.10:9090\"\nreconnect_interval: \"5s\"\nheartbeat_interval: \"10s\"\n"
                )
            )
        );

    [Theory]
    // (320 s + 5 s) and a tenth of it are 357.5 s.
    [InlineData(
        "task_reassign_after: 357s",
        "w.yaml:2:24: cluster.task_reassign_after: must be at least lease_stop plus task.kill_grace plus 10 % (5m57s500ms), not 5m57s"
    )]
    [InlineData(
        "lease_stop: 6m",
        "w.yaml:2:15: cluster.lease_stop: cluster.task_reassign_after must be at least lease_stop plus task.kill_grace plus 10 % (6m41s500ms), not 6m"
    )]
    [InlineData("ack_timeout: 19s", "w.yaml:2:16: cluster.ack_timeout: must be at least two heartbeat intervals (20s), not 19s")]
    [InlineData(
        "reconnect_interval: 2m",
        "w.yaml:2:23: cluster.reconnect_interval: cluster.max_reconnect_interval must not be under reconnect_interval (2m)"
    )]
    public void Settings_that_contradict_each_other_are_refused(string line, string error) =>
        Assert.Equal([error], Kit.Errors(("w.yaml", $"cluster:\n  {line}\n")));

    [Fact]
    public void Reassignment_may_come_exactly_at_its_bound() =>
        Assert.True(Kit.Build(("w.yaml", "cluster:\n  task_reassign_after: 357.5s\n")).IsOk);

    [Fact]
    public void A_task_limit_above_the_workers_draws_a_warning()
    {
        var settings = Kit.Build(("w.toml", "[task]\nmax_memory_gb = 4\n[worker]\nmax_memory = \"2G\"\n")).Value;
        Assert.Equal(
            ["w.toml:2:17: task.max_memory_gb: allows one task more than worker.max_memory allows them all (2G); the smaller one holds"],
            settings.Warnings.Select(w => w.ToString())
        );
    }

    [Theory]
    [InlineData("cluster.heartbeatInterval", "cluster.heartbeat_interval")]
    [InlineData("cluster.heartbeat-interval", "cluster.heartbeat_interval")]
    [InlineData("max_retrys", "task.max_retries")]
    [InlineData("manager.lsiten", "manager.listen")]
    [InlineData("wroker", "worker")]
    [InlineData("slots", "worker.slots")]
    [InlineData("quux", null)]
    public void The_nearest_name_is_found(string typed, string? meant) => Assert.Equal(meant, SettingsSchema.NearestPath(typed));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("abc", "ab", 1)]
    [InlineData("abc", "xabc", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distances(string a, string b, int distance) => Assert.Equal(distance, NearestName.Distance(a, b));
}
