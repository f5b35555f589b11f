using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W17 of the guide on workers that crash: SIGPIPE, broken pipes and closed standard streams never end a worker.</summary>
public sealed class BrokenPipeTests
{
    private const int Pipe = 13;

    [Theory]
    [InlineData("<&-")]
    [InlineData(">&-")]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    public async Task W17_a_worker_that_is_started_with_closed_streams_works(string closed)
    {
        await using var cluster = new Cluster();
        cluster.Room.Plugin("hello.sh", "#!/bin/sh\necho said >&2\necho hello\n");
        cluster.Room.Plugin("hi.lua", "function process_hi(data) print('printed') return 'hi' end");
        await cluster.StartManagerAsync();
        var shell = cluster.Room.Start("/bin/sh", ["-c", $"exec '{Checkout.Program("clw-worker")}' {closed}"]);
        await cluster.WorkerIsAsync("healthy");
        var supervisor = ProcessTable.Marked(cluster.Room.Directory).Single(p => p.Id == shell.Id);
        var worker = ProcessTable.ChildrenOf(supervisor.Id).Single(p => !p.IsZombie);
        foreach (var process in new[] { supervisor, worker })
        {
            for (var number = 0; number <= 2; number++)
            {
                // What they print must not get into a file that happened to get the number.
                var target = new FileInfo($"/proc/{process.Id}/fd/{number}").LinkTarget;
                Assert.True(
                    target is not null && (target == "/dev/null" || target.StartsWith("pipe:", StringComparison.Ordinal)),
                    $"{process}: {number} is {target}"
                );
            }
        }

        using var client = cluster.Client();
        foreach (var (type, result) in new[] { ("hello", "\"hello\""), ("hi", "\"hi\""), ("noop", "null") })
        {
            var task = await client.UntilAsync(await client.SubmitAsync(type, "null"), TaskState.Succeeded);
            Assert.Equal(result, task.Result.ToStringUtf8());
        }

        shell.Signal(Signals.Term);
        Assert.Equal(0, await shell.EndAsync());
    }

    [Fact]
    public async Task W17_the_broken_pipe_signal_ends_no_program_of_ours()
    {
        await using var up = new Up();
        await up.StartAsync();
        using var client = up.Client();
        var running = await client.SubmitAsync("sleep", """{"ms":1000}""");
        await client.UntilAsync(running, TaskState.Running);
        int[] all = [up.Supervisor.Id, up.Manager.Id, up.Worker.Id, .. up.Runners.Select(r => r.Id)];
        foreach (var process in all)
        {
            Assert.True(Signals.Send(process, Pipe));
        }

        var task = await client.UntilAsync(running, TaskState.Succeeded, details: () => up.Process.Said);
        Assert.Equal(1, task.Attempt);
        Assert.All(all, p => Assert.True(ProcessTable.IsAlive(p), $"{p} has ended"));
        await up.StopAsync();
    }

    [Fact]
    public async Task W17_a_reader_of_the_workers_output_that_goes_away_ends_nothing()
    {
        await using var cluster = new Cluster();
        cluster.Room.Plugin("crash.sh", "#!/bin/sh\nkill -SEGV $$\n");
        await cluster.StartManagerAsync();
        // What the worker says from the second line on has nowhere to go.
        var shell = cluster.Room.Start("/bin/bash", ["-c", $"('{Checkout.Program("clw-worker")}' 2>&1 &) | head -n 1; echo gone"]);
        await shell.SaidAsync("gone");
        var worker = await cluster.WorkerIsAsync("healthy");
        using var client = cluster.Client();
        for (var i = 0; i < 3; i++)
        {
            // Each is said on the console.
            var task = await client.UntilAsync(await client.SubmitAsync("crash", "null", s => s.MaxRetries = 0), TaskState.Failed);
            Assert.Equal("clw-worker-crash", task.Failure.Code);
        }

        await client.UntilAsync(await client.SubmitAsync("noop", "null"), TaskState.Succeeded);
        Assert.Equal(worker.Pid, (await cluster.WorkerIsAsync("healthy")).Pid);
        var supervisor = ProcessTable.Find((int)worker.Pid)!.Parent;
        Assert.Equal("clw-supervisor", ProcessTable.Find(supervisor)?.Name);
        Signals.Send(supervisor, Signals.Term);
        await Until.TrueAsync(() => !ProcessTable.IsAlive(supervisor), "the supervisor has ended");
    }

    [Fact]
    public async Task W17_programs_that_close_or_break_their_pipes_harm_themselves_at_most()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        // Reads nothing of a payload that does not fit into a pipe.
        room.Plugin("deaf.sh", "#!/bin/sh\nexec <&-\necho deaf\n");
        room.Plugin("mute.sh", "#!/bin/sh\nexec >&- 2>&- 3>&-\nsleep 0.1\n");
        // The shell's own idea of a pipe that breaks: the writer ends by the signal, as in every shell.
        room.Plugin("broken.sh", "#!/bin/bash\nyes | head -n 1 >/dev/null\necho ${PIPESTATUS[0]}\n");
        room.Plugin(
            "script.lua",
            """
            function process_script(data)
                io.stdout:close()
                -- A pipe whose only reader takes one byte and leaves.
                local path = task.output_dir .. "/pipe"
                os.execute("mkfifo " .. path .. " && head -c 1 " .. path .. " >/dev/null &")
                os.execute("until [ -p " .. path .. " ]; do sleep 0.01; done")
                local writer = io.open(path, "w")
                local written = true
                for i = 1, 100 do
                    written = written and writer:write(string.rep("x", 65536)) and writer:flush()
                end
                pcall(writer.close, writer)
                os.remove(path)
                local _, _, code = os.execute("bash -c 'yes | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}'")
                -- The raw status of wait.
                return { written = written and true or false, code = code >> 8 }
            end
            """
        );
        // Runs behind the one that closed the stream that it writes to.
        room.Plugin("writer.lua", "function process_writer(data) return io.write('still here\\n') ~= nil end");
        Checkout.Need("bash");
        await cluster.StartAsync();
        using var client = cluster.Client();
        var large = "\"" + new string('x', 500_000) + "\"";
        await ResultAsync(client, "deaf", large, "\"deaf\"");
        await ResultAsync(client, "mute", large, "null");
        await ResultAsync(client, "broken", "null", "141");
        var script = await client.UntilAsync(await client.SubmitAsync("script", "null"), TaskState.Succeeded);
        Assert.Equal(1, script.Attempt);
        Assert.Contains("\"code\":141", script.Result.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Contains("\"written\":false", script.Result.ToStringUtf8(), StringComparison.Ordinal);
        await ResultAsync(client, "writer", "null", "true");
        Assert.False(cluster.Worker.HasExited);
        await cluster.StopAsync();
    }

    private static async Task ResultAsync(WireClient client, string type, string payload, string expected)
    {
        var task = await client.UntilAsync(await client.SubmitAsync(type, payload), TaskState.Succeeded);
        Assert.Equal((1, expected), (task.Attempt, task.Result.ToStringUtf8()));
    }
}
