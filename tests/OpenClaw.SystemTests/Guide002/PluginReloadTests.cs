using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W9: a changed plugin is used by the next task, a task that runs keeps its version.</summary>
public sealed class PluginReloadTests
{
    [Theory]
    [InlineData("versioned.lua")]
    [InlineData("versioned")]
    [InlineData("versioned.py")]
    public async Task W9_a_running_task_keeps_its_version_and_the_next_one_uses_the_changed_file(string file)
    {
        if (file.EndsWith(".py", StringComparison.Ordinal))
        {
            Checkout.Need("python3");
        }

        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "2";
        var (begun, gate) = (cluster.Room.Path("begun"), cluster.Room.Path("gate"));
        if (file.EndsWith(".py", StringComparison.Ordinal))
        {
            cluster.Room.Plugin("versioned.yaml", "mode: serve\n");
        }

        cluster.Room.Plugin(file, Text(file, "one", begun, gate));
        await cluster.StartAsync();
        using var client = cluster.Client();
        var before = await RunAsync();
        Assert.Equal("\"one one\"", before.Result.ToStringUtf8());
        var running = await client.SubmitAsync("versioned", """{"wait":true}""");
        await Until.TrueAsync(() => File.Exists(begun), "the task is inside its plugin");

        cluster.Room.Plugin(file, Text(file, "two", begun, gate));
        var next = await RunAsync();
        while (next.PluginVersion == before.PluginVersion)
        {
            // What begins before the worker has looked at its directory again is told as the version before.
            next = await RunAsync();
        }

        // Both halves are of the new file; the old one has not moved meanwhile.
        Assert.Equal("\"two two\"", next.Result.ToStringUtf8());
        Assert.True((await client.TaskAsync(running)).State is TaskState.Assigned or TaskState.Running);

        await File.WriteAllTextAsync(gate, "", TestContext.Current.CancellationToken);
        var kept = await client.UntilAsync(running, TaskState.Succeeded);
        Assert.Equal(("\"one one\"", 1), (kept.Result.ToStringUtf8(), kept.Attempt));
        Assert.Equal(before.PluginVersion, kept.PluginVersion);
        await cluster.StopAsync();

        async System.Threading.Tasks.Task<OpenClaw.V1.Task> RunAsync() =>
            await client.UntilAsync(await client.SubmitAsync("versioned", """{"wait":false}"""), TaskState.Succeeded);
    }

    // Each says its version before and after it waited, so that a version that changes under it is seen. None is so short that the next
    // one would be sent ahead behind it.
    private static string Text(string file, string version, string begun, string gate) =>
        Path.GetExtension(file) switch
        {
            ".lua" => $$"""
                local function version() return "{{version}}" end
                function process_versioned(data)
                  local before = version()
                  sleep(50)
                  if data.wait then
                    io.open("{{begun}}", "w"):close()
                    local open
                    repeat
                      sleep(50)
                      open = io.open("{{gate}}")
                    until open
                    open:close()
                  end
                  return before .. " " .. version()
                end
                """,
            ".py" => $$"""
                #!/usr/bin/env python3
                import json, os, sys, time
                print(json.dumps({"kind": "hello", "version": 1}), flush=True)
                for line in sys.stdin:
                    task = json.loads(line)
                    time.sleep(0.05)
                    if task["payload"]["wait"]:
                        open("{{begun}}", "w").close()
                        while not os.path.exists("{{gate}}"): time.sleep(0.05)
                    print(json.dumps({"kind": "result", "id": task["id"], "result": "{{version}} {{version}}"}), flush=True)
                """,
            _ => $$"""
                #!/bin/sh
                before={{version}}
                sleep 0.05
                if grep -q true; then
                  : > {{begun}}
                  while [ ! -e {{gate}} ]; do sleep 0.05; done
                fi
                echo "\"$before {{version}}\""
                """,
        };
}
