using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Api;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Trouble;

/// <summary>Proves: what is wrong with a command, its input or its way to the manager is said in one line with a code; nothing is half done.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task Without_a_manager_a_command_says_that_nobody_answers()
    {
        await using var room = new Room();
        (await room.RunAsync("task", "list", "--manager", $"127.0.0.1:{Room.FreePort()}")).FailedWith("clw-connection-refused", 4);
    }

    [Fact]
    public async Task An_interrupted_wait_says_what_goes_on_and_how_to_wait_again()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        using var client = cluster.Client();
        var id = await client.SubmitAsync("nobody-serves-this", "{}");
        var wait = cluster.Room.Clw("task", "wait", id);
        wait.CloseInput();
        await Until.TrueAsync(() => ProcessTable.IsConnected(wait.Id, cluster.Port), "it is connected", details: () => wait.Said);
        wait.Signal(Signals.Interrupt);
        await wait.EndWithOutputAsync();
        wait.FailedWith("clw-interrupted", 130);
        Assert.Contains($"next: What was submitted goes on; wait again: clw task wait {id}", wait.Errors, StringComparison.Ordinal);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task An_unknown_flag_is_named()
    {
        await using var room = new Room();
        var clw = await room.RunAsync("task", "list", "--limt", "5");
        clw.FailedWith("clw-usage", 2);
        Assert.Contains("--limt", clw.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_input_is_refused_before_anything_is_stored()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        var room = cluster.Room;
        (await room.RunAsync("task", "submit", "--type", "noop", "--payload", "{not json")).FailedWith("clw-payload-invalid", 2);

        var large = room.Path("large.json");
        await File.WriteAllTextAsync(large, $"\"{new string('x', 1_048_576)}\"");
        (await room.RunAsync("task", "submit", "--type", "noop", "--payload", "@" + large)).FailedWith("clw-payload-too-large", 2);

        room.Environment["OPENCLAW_TOKEN"] = new string('0', 64);
        (await room.RunAsync("task", "submit", "--type", "noop")).FailedWith("clw-auth-refused", 5);
        room.Environment.Remove("OPENCLAW_TOKEN");

        // The manager does not rely on its clients' checks.
        using var client = cluster.Client();
        Assert.Equal(Catalogue.PayloadInvalid, (await client.SubmitAsync(TaskMessages.Spec("noop", "{not json"))).Failure!.Entry);
        Assert.Equal(
            Catalogue.PayloadTooLarge,
            (await client.SubmitAsync(TaskMessages.Spec("noop", $"\"{new string('x', 1_048_576)}\""))).Failure!.Entry
        );
        Assert.Equal(0, (await client.StatusAsync()).Value.TasksByState.Values.Sum());
        await cluster.StopAsync();
    }

    [Fact]
    public async Task An_unknown_type_is_kept_and_shown_and_strictly_refused()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        var room = cluster.Room;
        (await room.RunAsync("task", "submit", "--type", "thumbnail", "--strict")).FailedWith("clw-type-unserved", 5);

        var kept = await room.RunAsync("task", "submit", "--type", "thumbnail");
        Assert.True(kept.ExitCode == 0, kept.Said);
        Assert.Contains("no worker serves 'thumbnail'", kept.Errors, StringComparison.Ordinal);

        using var client = cluster.Client();
        var status = (await client.StatusAsync()).Value;
        Assert.Equal(("thumbnail", 1), (Assert.Single(status.Unserved).Type, Assert.Single(status.Unserved).Waiting));
        Assert.Equal(1, status.TasksByState.Values.Sum());
        Assert.True((await client.TaskAsync(kept.Output.Trim())).Unserved);

        // It runs as soon as somebody serves it.
        room.Plugin("thumbnail.lua", "function process_thumbnail() return 'made' end");
        Assert.Equal("\"made\"", (await client.UntilAsync(kept.Output.Trim(), TaskState.Succeeded)).Result.ToStringUtf8());
        await cluster.StopAsync();
    }

    [Fact]
    public async Task A_broken_plugin_is_named_and_the_others_are_served()
    {
        await using var cluster = new Cluster();
        cluster.Room.Plugin("broken.lua", "function process_broken(\n");
        cluster.Room.Plugin("whole.lua", "function process_whole() return 1 end");
        cluster.Room.Plugin("gone.lua", "function process_gone() return 2 end");
        await cluster.StartAsync();
        using var client = cluster.Client();
        var worker = await cluster.WorkerIsAsync("healthy");
        Assert.Equal(["gone", "noop", "ping", "sleep", "whole"], await TypesAsync(worker));
        var lines = (cluster.Worker.Output + cluster.Worker.Errors)
            .Split('\n')
            .Where(l => l.Contains("broken.lua", StringComparison.Ordinal))
            .ToList();
        Assert.Contains("clw-plugin-invalid", Assert.Single(lines), StringComparison.Ordinal);
        await client.UntilAsync(await client.SubmitAsync("whole", "null"), TaskState.Succeeded);

        // A plugin that is taken away is no longer served, without a restart.
        File.Delete(cluster.Room.Path("plugins", "gone.lua"));
        await Until.TrueAsync(async () => !(await TypesAsync(worker)).Contains("gone"), "the worker no longer serves it");
        (await cluster.Room.RunAsync("task", "submit", "--type", "gone", "--strict")).FailedWith("clw-type-unserved", 5);
        await cluster.StopAsync();

        async Task<IEnumerable<string>> TypesAsync(WorkerStatus of)
        {
            var status = (await client.StatusAsync()).Value;
            return status.TypesOf(status.Workers.Single(w => w.Id == of.Id)).Select(t => t.Name).Order();
        }
    }
}
