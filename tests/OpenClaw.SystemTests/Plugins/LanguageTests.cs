using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Plugins;

/// <summary>What <c>clw plugin new</c> writes works as it is: built as it says, checked, tried, and run by a real worker (W8).</summary>
public sealed class LanguageTests
{
    [Theory]
    [InlineData("lua", "plain", "hi.lua", null, null)]
    [InlineData("sh", "plain", "hi.sh", null, null)]
    [InlineData("python", "plain", "hi.py", null, "python3")]
    [InlineData("python", "serve", "hi.py", null, "python3")]
    [InlineData("go", "plain", "hi", "go build", "go")]
    [InlineData("go", "serve", "hi", "go build", "go")]
    [InlineData("csharp", "plain", "hi", "dotnet publish -v:quiet -nodeReuse:false -p:UseSharedCompilation=false", "dotnet")]
    [InlineData("csharp", "serve", "hi", "dotnet publish -v:quiet -nodeReuse:false -p:UseSharedCompilation=false", "dotnet")]
    public async Task W8_a_new_plugin_works_in_each_language(string language, string mode, string file, string? build, string? needs)
    {
        if (needs is not null)
        {
            Checkout.Need(needs);
        }

        await using var cluster = new Cluster();
        var room = cluster.Room;
        room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        room.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        room.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        room.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        var made = await room.RunAsync("plugin", "new", "hi", "--lang", language, "--mode", mode, "--dir", room.Path("plugins"));
        Assert.True(made.ExitCode == 0, made.Said);
        var again = await room.RunAsync("plugin", "new", "hi", "--lang", language, "--mode", mode, "--dir", room.Path("plugins"));
        Assert.True(again.ExitCode == 2 && again.Errors.Contains("nothing is overwritten", StringComparison.Ordinal), again.Said);

        var directory = build is null ? room.Path("plugins") : room.Path("plugins", "hi");
        if (build is not null)
        {
            var builder = room.Start("/bin/sh", ["-c", $"cd '{directory}' && {build}"]);
            Assert.True(await builder.EndWithOutputAsync(TimeSpan.FromMinutes(3)) == 0, builder.Said);
        }

        var plugin = Path.Combine(directory, file);
        var check = await room.RunAsync("plugin", "check", plugin);
        Assert.True(check.ExitCode == 0 && check.Output.Contains("ok, type hi", StringComparison.Ordinal), check.Said);
        var tried = await room.RunAsync("plugin", "run", plugin, "-p", """{"name": "Ada"}""");
        Assert.True(tried.ExitCode == 0, tried.Said);
        Assert.Equal("""{"text":"Hello, Ada"}""", tried.Output.Replace(": ", ":", StringComparison.Ordinal).Trim());
        Assert.Contains("50% greeting Ada", tried.Errors, StringComparison.Ordinal);
        var refused = await room.RunAsync("plugin", "run", plugin, "-p", "{}");
        Assert.True(
            refused.ExitCode != 0 && refused.Errors.Contains("the payload needs a \"name\"", StringComparison.Ordinal),
            refused.Said
        );

        room.Environment["OPENCLAW_TASK_PLUGIN_DIR"] = directory;
        await cluster.StartAsync();
        using var client = cluster.Client();
        foreach (var name in (string[])["Ada", "Grace", "Edsger"])
        {
            var id = await client.SubmitAsync("hi", $$"""{"name": "{{name}}"}""");
            var task = await client.UntilAsync(id, TaskState.Succeeded);
            Assert.Contains($"Hello, {name}", task.Result.ToStringUtf8(), StringComparison.Ordinal);
        }

        // Not retryable: one attempt, whatever the task would allow.
        var failed = await client.UntilAsync(await client.SubmitAsync("hi", "{}", s => s.MaxRetries = 3), TaskState.Failed);
        Assert.Equal(1, failed.Attempt);
        Assert.Equal(language == "lua" ? "clw-task-failed" : "bad-payload", failed.Failure.Code);
        Assert.Equal("the payload needs a \"name\"", failed.Failure.Message.Split(": ")[^1]);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W8_a_serving_plugin_is_one_process_until_it_changes_and_a_crash_costs_one_attempt()
    {
        Checkout.Need("python3");
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        cluster.Room.Plugin("who.yaml", "mode: serve\n");
        cluster.Room.Plugin("who.py", Program("one"));
        await cluster.StartAsync();
        using var client = cluster.Client();
        var first = await RunAsync("null");
        Assert.Equal(first, await RunAsync("null"));
        Assert.StartsWith("\"one ", first, StringComparison.Ordinal);

        cluster.Room.Plugin("who.py", Program("two"));
        await Until.TrueAsync(
            async () => (await RunAsync("null")).StartsWith("\"two ", StringComparison.Ordinal),
            "a changed plugin is used by the next task"
        );

        var crashed = await client.UntilAsync(await client.SubmitAsync("who", "\"exit\"", s => s.MaxRetries = 0), TaskState.Failed);
        Assert.Equal("clw-worker-crash", crashed.Failure.Code);
        Assert.Contains("ended instead of answering", crashed.Failure.Message, StringComparison.Ordinal);
        var printed = await client.UntilAsync(await client.SubmitAsync("who", "\"print\"", s => s.MaxRetries = 0), TaskState.Failed);
        Assert.Equal("clw-plugin-protocol", printed.Failure.Code);
        Assert.Contains("debugging", printed.Failure.Message, StringComparison.Ordinal);
        var hung = await client.UntilAsync(
            await client.SubmitAsync(
                "who",
                "\"hang\"",
                s =>
                {
                    s.MaxRetries = 0;
                    s.TimeoutMs = 300;
                }
            ),
            TaskState.Failed
        );
        Assert.Equal("clw-task-timeout", hung.Failure.Code);
        Assert.StartsWith("\"two ", await RunAsync("null"), StringComparison.Ordinal);
        await cluster.StopAsync();

        async Task<string> RunAsync(string payload) =>
            (await client.UntilAsync(await client.SubmitAsync("who", payload), TaskState.Succeeded)).Result.ToStringUtf8();
    }

    private static string Program(string name) =>
        $$"""
            #!/usr/bin/env python3
            import json, os, sys, time
            def say(line):
                print(json.dumps(line), flush=True)
            say({"kind": "hello", "version": 1})
            for line in sys.stdin:
                task = json.loads(line)
                what = task["payload"]
                if what == "exit": sys.exit(3)
                if what == "print": print("debugging", flush=True)
                if what == "hang": time.sleep(60)
                say({"kind": "result", "id": task["id"], "result": "{{name}} " + str(os.getpid())})
            """;
}
