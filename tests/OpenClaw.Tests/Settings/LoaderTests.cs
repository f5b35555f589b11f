using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Settings;

public sealed class LoaderTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("oc-home-").FullName;

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public void Without_files_the_defaults_hold_and_the_fallback_is_said_once()
    {
        var loaded = SettingsLoader.Load(new(), new FakeMachine { Home = home }).Value;
        Assert.Empty(loaded.Files);
        Assert.Equal($"{home}/.local/state/openclaw", loaded.Paths.DataDir);
        Assert.Equal($"{home}/.local/state/openclaw", loaded.Paths.StateDir);
        Assert.Equal($"{home}/.local/state/openclaw/log", loaded.Paths.LogDir);
        Assert.Equal($"{home}/.config/openclaw", loaded.Paths.ConfigDir);
        Assert.Equal($"{home}/.config/openclaw/plugins", loaded.Paths.PluginDir);
        Assert.Equal(
            "the system's directories cannot be written by this user; using "
                + $"{home}/.local/state/openclaw for /var/lib/openclaw, {home}/.local/state/openclaw/log for /var/log/openclaw",
            Assert.Single(loaded.Notices)
        );
    }

    [Fact]
    public void Root_uses_the_systems_directories_silently()
    {
        var loaded = SettingsLoader
            .Load(
                new(),
                new FakeMachine
                {
                    Home = home,
                    IsRoot = true,
                    Writable = true,
                }
            )
            .Value;
        Assert.Empty(loaded.Notices);
        Assert.Equal("/var/lib/openclaw", loaded.Paths.DataDir);
        Assert.Equal("/var/log/openclaw", loaded.Paths.LogDir);
        Assert.Equal("/etc/openclaw", loaded.Paths.ConfigDir);
        Assert.Equal("/etc/claw/plugins", loaded.Paths.PluginDir);
    }

    [Fact]
    public void Xdg_variables_and_chosen_directories_are_followed()
    {
        var request = new SettingsRequest
        {
            Environment = new Dictionary<string, string> { ["XDG_STATE_HOME"] = "/x/state", ["XDG_CONFIG_HOME"] = "relative" },
            Flags = [new("--data-dir", "manager.data_dir", "~/data"), new("--log-dir", "log.directory", "/logs")],
        };
        var paths = SettingsLoader.Load(request, new FakeMachine { Home = home }).Value.Paths;
        Assert.Equal($"{home}/data", paths.DataDir);
        Assert.Equal("/x/state/openclaw", paths.StateDir);
        Assert.Equal("/logs", paths.LogDir);
        Assert.Equal($"{home}/.config/openclaw", paths.ConfigDir);
    }

    [Fact]
    public void The_users_own_files_merge()
    {
        var yaml = Write(".config/openclaw/worker.yaml", "cluster: {heartbeat_interval: 7s}");
        var toml = Write(".config/openclaw/worker.toml", "worker.slots = 6");
        var loaded = SettingsLoader.Load(new(), new FakeMachine { Home = home }).Value;
        Assert.Equal([yaml, toml], loaded.Files);
        Assert.Equal(TimeSpan.FromSeconds(7), loaded.Settings.Cluster.HeartbeatInterval);
        Assert.Equal($"worker.slots = 6 ({toml}:1:16)", loaded.Settings.Find(WorkerKeys.Slots)!.ToString());
    }

    [Fact]
    public void A_named_file_replaces_the_default_ones()
    {
        Write(".config/openclaw/worker.yaml", "worker: {slots: 9}");
        var named = Write("mine.json5", "{ worker: { slots: 2, }, /* so */ }");
        var loaded = SettingsLoader.Load(new() { ConfigFiles = [named] }, new FakeMachine { Home = home }).Value;
        Assert.Equal([named], loaded.Files);
        Assert.Equal(2, loaded.Settings.Worker.Slots);
    }

    [Fact]
    public void A_named_file_that_is_missing_is_a_failure()
    {
        var failure = SettingsLoader.Load(new() { ConfigFiles = ["/none/x.yaml"] }, new FakeMachine()).Failure!;
        Assert.Same(Catalogue.FileUnreadable, failure.Entry);
        Assert.Equal("/none/x.yaml cannot be read: it does not exist", failure.Message);
    }

    [Fact]
    public void Broken_files_and_wrong_values_are_reported_together()
    {
        var broken = Write("a.toml", "[worker\n");
        var wrong = Write("b.yaml", "worker: {slots: many}");
        var request = new SettingsRequest { ConfigFiles = [broken, wrong] };
        Assert.Equal(
            [$"{broken}:1:8: expected ']', found the end of the line", $"{wrong}:1:17: worker.slots: expected a whole number, not 'many'"],
            Kit.Lines(SettingsLoader.Load(request, new FakeMachine()))
        );
    }

    [Fact]
    public void The_real_machine_knows_what_can_be_written()
    {
        Assert.True(Machine.Here.CanWrite(Path.Combine(home, "a/b/c")));
        Assert.False(Machine.Here.CanWrite(Path.Combine(Write("file", ""), "below")));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(home, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private sealed class FakeMachine : IMachine
    {
        public bool IsRoot { get; init; }

        public string? Home { get; init; }

        public bool Writable { get; init; }

        // The system's own files must not leak into the tests.
        public bool FileExists(string path) => !path.StartsWith("/etc/", StringComparison.Ordinal) && File.Exists(path);

        public bool DirectoryExists(string path) => !path.StartsWith("/etc/", StringComparison.Ordinal) && Directory.Exists(path);

        public bool CanWrite(string directory) => Writable;
    }
}
