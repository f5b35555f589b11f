using OpenClaw.SystemTests.Harness;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Rows C9 and C10 of the guide on workers: effective settings, checks of files, the dry run.</summary>
public sealed class ConfigTests
{
    [Fact]
    public async Task C9_each_effective_setting_is_printed_with_its_origin_and_the_guides_variables_name_the_manager()
    {
        await using var room = new Room();
        var file = room.Path("worker.yaml");
        await File.WriteAllTextAsync(file, Guide, TestContext.Current.CancellationToken);
        room.Environment["OPENCLAW_MANAGER_HOST"] = "openclaw-manager.openclaw-system.svc.cluster.local";
        room.Environment["OPENCLAW_MANAGER_PORT"] = "9190";
        room.Environment["OPENCLAW_TOKEN"] = "not-for-anybodys-eyes";
        var shown = await room.RunAsync("debug", "config", "--config", file);
        Assert.True(shown.ExitCode == 0, shown.Said);
        Assert.Equal(
            ["cluster.manager_address", "openclaw-manager.openclaw-system.svc.cluster.local:9190", "OPENCLAW_MANAGER_HOST"],
            Row(shown.Output, "cluster.manager_address")
        );
        Assert.Equal(["cluster.max_reconnect_attempts", "10", $"{file}:4:27"], Row(shown.Output, "cluster.max_reconnect_attempts"));
        Assert.Equal(["cluster.reconnect_interval", "5s", $"{file}:3:23"], Row(shown.Output, "cluster.reconnect_interval"));
        Assert.Equal(["queue.capacity", "1000000", "default"], Row(shown.Output, "queue.capacity"));
        Assert.DoesNotContain("not-for-anybodys-eyes", shown.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C10_a_file_is_judged_with_the_place_of_every_mistake_and_nothing_is_started()
    {
        await using var room = new Room();
        var good = room.Path("worker.yaml");
        await File.WriteAllTextAsync(good, Guide, TestContext.Current.CancellationToken);
        var valid = await room.RunAsync("validate-config", good);
        Assert.True(valid.ExitCode == 0, valid.Said);
        Assert.Contains("valid, 4 settings", valid.Output, StringComparison.Ordinal);

        var bad = room.Path("worker-staging.yaml");
        await File.WriteAllTextAsync(
            bad,
            "cluster:\n  manager_adress: \"192.168.1.10:9090\"\n  heartbeat_interval: soon\n  max_reconnect_attempts: -1\n",
            TestContext.Current.CancellationToken
        );
        var refused = await room.RunAsync("validate-config", bad);
        Assert.Equal(6, refused.ExitCode);
        Assert.Contains(
            $"{bad}:2:3: cluster.manager_adress: unknown key; did you mean cluster.manager_address?",
            refused.Errors,
            StringComparison.Ordinal
        );
        Assert.Contains($"{bad}:3:23: cluster.heartbeat_interval: expected a duration", refused.Errors, StringComparison.Ordinal);
        Assert.Contains($"{bad}:4:27: cluster.max_reconnect_attempts: must be from 0 to 1000000", refused.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(room.Path("state")));
    }

    [Fact]
    public async Task C10_a_dry_run_says_of_each_check_how_it_went_and_starts_nothing()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        cluster.Room.Plugin("image.lua", "function process_image(data) return 1 end\n");
        var good = await cluster.Room.RunAsync("worker", "--dry-run");
        Assert.True(good.ExitCode == 0, good.Said);
        Assert.Contains("[OK]   settings  valid", good.Output, StringComparison.Ordinal);
        Assert.Contains("[OK]   plugins   image, noop, ping, sleep", good.Output, StringComparison.Ordinal);
        Assert.Contains("[OK]   manager   reached: cluster local", good.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(cluster.Room.Path("state", "worker")));

        // Of several managers one is enough.
        var port = Room.FreePort();
        var two = await cluster.Room.RunAsync("worker", "--dry-run", "--manager", $"127.0.0.1:{port},{cluster.Address}");
        Assert.True(two.ExitCode == 0, two.Said);
        Assert.Contains($"[NOTE] note      the manager at 127.0.0.1:{port} does not answer", two.Output, StringComparison.Ordinal);

        cluster.Room.Plugin("broken.lua", "function process_broken(data\n");
        var bad = await cluster.Room.RunAsync("worker", "--dry-run", "--manager", $"127.0.0.1:{port}");
        Assert.Equal(4, await ExitOfManagerAsync(cluster.Room, port));
        Assert.Contains("[FAIL] plugins   clw-plugin-invalid:", bad.Output, StringComparison.Ordinal);
        Assert.Contains("broken.lua:", bad.Output, StringComparison.Ordinal);
        Assert.Contains("[FAIL] manager   clw-connection-refused:", bad.Output, StringComparison.Ordinal);
        var text = await cluster.Room.RunAsync("worker", "--dry-run", "--manager", $"127.0.0.1:{port}", "--json");
        Assert.Contains("\"ok\":false", text.Output, StringComparison.Ordinal);
        await cluster.StopAsync();
    }

    // With no broken plugin the manager is the first that fails, and decides.
    private static async Task<int> ExitOfManagerAsync(Room room, int port)
    {
        File.Delete(room.Path("plugins", "broken.lua"));
        var run = await room.RunAsync("worker", "--dry-run", "--manager", $"127.0.0.1:{port}");
        return run.ExitCode;
    }

    private const string Guide = """
        cluster:
          manager_address: "192.168.1.10:9090"
          reconnect_interval: "5s"
          max_reconnect_attempts: 10
          heartbeat_interval: "10s"
        """;

    private static string[] Row(string output, string key)
    {
        var line = output.Split('\n').Single(l => l.StartsWith(key + " ", StringComparison.Ordinal));
        return line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
