using OpenClaw.Core.Settings;

namespace OpenClaw.Tests.Settings;

public sealed class PrecedenceTests
{
    private static readonly SettingMap File = Kit.Doc("w.yaml", "cluster:\n  heartbeat_interval: \"11s\"\nworker: {slots: 3}\n");

    [Fact]
    public void Flag_beats_environment_beats_file_beats_default()
    {
        var environment = Kit.Env(("OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL", "12s"), ("OPENCLAW_WORKER_SLOTS", "4")).Layer;
        var flags = SettingsLayer.Flags(new SettingFlag("--slots", "worker.slots", "5"));
        // The order of layers must not matter.
        var settings = SettingsBuilder.Build([flags, SettingsLayer.Files(File), environment]).Value;

        Assert.Equal(5, settings.Worker.Slots);
        Assert.Equal("--slots", settings.Find(WorkerKeys.Slots)!.At.ToString());
        Assert.Equal(TimeSpan.FromSeconds(12), settings.Cluster.HeartbeatInterval);
        Assert.Equal("OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL", settings.Find(ClusterKeys.HeartbeatInterval)!.At.ToString());
        Assert.Equal("default", settings.Find(ClusterKeys.AckTimeout)!.At.ToString());
    }

    [Fact]
    public void A_value_knows_its_line()
    {
        var settings = SettingsBuilder.Build([SettingsLayer.Files(File)]).Value;
        Assert.Equal("cluster.heartbeat_interval = 11s (w.yaml:2:23)", settings.Find(ClusterKeys.HeartbeatInterval)!.ToString());
        Assert.Equal("worker.slots = 3 (w.yaml:3:17)", settings.Find(WorkerKeys.Slots)!.ToString());
    }

    [Fact]
    public void The_listing_has_every_key_and_says_what_is_unset()
    {
        var listing = OpenClawSettings.Defaults.Listing.ToDictionary(l => l.Key.Path, l => l.Value?.ToString(), StringComparer.Ordinal);
        Assert.Equal(SettingsSchema.All.Count, listing.Count);
        Assert.Null(listing["worker.max_memory"]);
        Assert.Equal("queue.capacity = 1000000 (default)", listing["queue.capacity"]);
    }

    [Fact]
    public void Secrets_are_masked_in_listing_and_errors()
    {
        var key = new SettingKey<long>("x.secret", SettingTypes.Int, "A secret.") { Secret = true };
        var good = key.Read(new SettingScalar(SourcePosition.Flag("--x"), ScalarKind.Plain, "4711"), out _);
        Assert.Equal("x.secret = ******** (--x)", good!.ToString());
        Assert.Null(key.Read(new SettingScalar(SourcePosition.Flag("--x"), ScalarKind.Plain, "hunter2"), out var problem));
        Assert.Equal("expected a whole number", problem);
    }

    [Theory]
    [InlineData("10.0.0.9", null, "10.0.0.9:9090")]
    [InlineData("10.0.0.9", "7000", "10.0.0.9:7000")]
    [InlineData(null, "7000", "10.0.0.1:7000, 10.0.0.2:7000")]
    public void Host_and_port_variables_stand_in_for_the_address(string? host, string? port, string expected)
    {
        var file = Kit.Doc("w.yaml", "cluster:\n  manager_address: [\"10.0.0.1:9090\", \"10.0.0.2:9091\"]\n");
        var variables = Kit.Env(("OPENCLAW_MANAGER_HOST", host ?? ""), ("OPENCLAW_MANAGER_PORT", port ?? ""));
        Assert.Empty(variables.Warnings);
        var settings = SettingsBuilder.Build([SettingsLayer.Files(file), variables.Layer]).Value;
        Assert.Equal(expected, settings.Find(ClusterKeys.ManagerAddress)!.Text);
        Assert.StartsWith("OPENCLAW_MANAGER_", settings.Find(ClusterKeys.ManagerAddress)!.At.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flag_beats_the_host_variable()
    {
        var flag = SettingsLayer.Flags(new SettingFlag("--manager", "cluster.manager_address", "10.1.1.1:1"));
        var settings = SettingsBuilder.Build([Kit.Env(("OPENCLAW_MANAGER_HOST", "10.0.0.9")).Layer, flag]).Value;
        Assert.Equal("10.1.1.1:1", settings.Find(ClusterKeys.ManagerAddress)!.Text);
    }

    [Fact]
    public void The_crash_guides_variables_are_honoured()
    {
        var settings = SettingsBuilder.Build([Kit.Env(("CLW_MAX_MEM", "2G"), ("ULIMIT_NOFILE", "65536")).Layer]).Value;
        Assert.Equal(2L << 30, settings.Worker.MaxMemoryBytes);
        Assert.Equal(65536, settings.Worker.OpenFiles);
        Assert.Equal("CLW_MAX_MEM", settings.Find(WorkerKeys.MaxMemory)!.At.Name);
    }

    [Fact]
    public void An_unknown_variable_is_a_warning_with_the_nearest_name()
    {
        var (layer, warnings) = Kit.Env(
            ("OPENCLAW_CLUSTER_HEARTBEET_INTERVAL", "1s"),
            ("OPENCLAW_CONFIG", "x"),
            ("PATH", "/bin"),
            ("OPENCLAW_ZZZZ", "1")
        );
        Assert.Equal(
            [
                "OPENCLAW_CLUSTER_HEARTBEET_INTERVAL: sets nothing that is known; did you mean OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL?",
                "OPENCLAW_ZZZZ: sets nothing that is known",
            ],
            warnings.Select(w => w.ToString())
        );
        Assert.Equal(warnings, SettingsBuilder.Build([layer], warnings).Value.Warnings);
    }

    [Fact]
    public void Service_links_of_Kubernetes_are_no_settings()
    {
        var (layer, warnings) = Kit.Env(
            ("OPENCLAW_MANAGER_PORT", "tcp://10.96.0.7:9090"),
            ("OPENCLAW_MANAGER_SERVICE_HOST", "10.96.0.7"),
            ("OPENCLAW_MANAGER_SERVICE_PORT", "9090"),
            ("OPENCLAW_MANAGER_SERVICE_PORT_GRPC", "9090"),
            ("OPENCLAW_MANAGER_PORT_9090_TCP", "tcp://10.96.0.7:9090"),
            ("OPENCLAW_MANAGER_PORT_9090_TCP_ADDR", "10.96.0.7")
        );
        Assert.Empty(warnings);
        Assert.Empty(Assert.Single(layer.Documents).Entries);
    }

    [Fact]
    public void Inside_a_task_its_variables_are_no_settings()
    {
        var (layer, warnings) = Kit.Env(
            ("OPENCLAW_TASK_ID", "task-abc"),
            ("OPENCLAW_TASK_TYPE", "image"),
            ("OPENCLAW_TASK_MAX_RETRIES", "9")
        );
        Assert.Empty(warnings);
        Assert.Empty(Assert.Single(layer.Documents).Entries);
    }

    [Fact]
    public void A_wrong_variable_is_an_error_that_names_it() =>
        Assert.Equal(
            ["OPENCLAW_WORKER_SLOTS: worker.slots: must be from 1 to 10000, not '0'"],
            Kit.Lines(SettingsBuilder.Build([Kit.Env(("OPENCLAW_WORKER_SLOTS", "0")).Layer]))
        );

    [Fact]
    public void Two_variables_for_one_key_must_agree()
    {
        Assert.True(SettingsBuilder.Build([Kit.Env(("CLW_MAX_MEM", "1G"), ("OPENCLAW_WORKER_MAX_MEMORY", "1024M")).Layer]).IsOk);
        Assert.Equal(
            ["OPENCLAW_WORKER_MAX_MEMORY: worker.max_memory: has two values: 2G here, 1G at CLW_MAX_MEM; keep one"],
            Kit.Lines(SettingsBuilder.Build([Kit.Env(("CLW_MAX_MEM", "1G"), ("OPENCLAW_WORKER_MAX_MEMORY", "2G")).Layer]))
        );
    }
}
