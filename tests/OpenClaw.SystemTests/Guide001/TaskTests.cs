using System.Text.Json;
using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Rows C4 to C6 of the guide on workers: listing and cancelling tasks, and their states.</summary>
public sealed class TaskTests
{
    [Fact]
    public async Task C4_a_list_has_the_guides_columns_and_a_waiting_task_shows_its_last_worker()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_CLUSTER_WORKER_ID"] = "worker-02";
        cluster.Room.Plugin("data-process", "#!/bin/sh\nexit 3\n");
        await cluster.StartAsync();
        using var client = cluster.Client();

        // The third retry waits for 9 s: long enough to look at it.
        var failing = await client.SubmitAsync("data-process", "{}");
        await client.UntilAsync(failing, TaskState.Pending, t => t.Retries == 2);
        var done = await client.SubmitAsync("noop", "{}");
        await client.UntilAsync(done, TaskState.Succeeded);

        var pending = await cluster.Room.RunAsync("task", "list", "--status", "PENDING");
        Assert.True(pending.ExitCode == 0, pending.Said);
        var lines = pending.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["TASK", "ID", "TYPE", "WORKER", "AGE", "RETRY", "STATUS"],
            lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );
        var row = Assert.Single(lines[1..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([failing, "data-process", "worker-02"], row[..3]);
        Assert.Matches(@"^\d+s$", row[3]);
        Assert.Equal(["2/3", "PENDING"], row[4..]);

        var newest = await cluster.Room.RunAsync("task", "list", "--worker", "worker-02", "--limit", "1");
        Assert.Contains(done, newest.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(failing, newest.Output, StringComparison.Ordinal);
        var none = await cluster.Room.RunAsync("task", "list", "--worker", "worker-02", "--status", "DEAD", "--json");
        Assert.Equal("[]\n", none.Output);
        (await cluster.Room.RunAsync("task", "list", "--status", "PENDIG")).FailedWith("clw-usage", 2);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C4_filters_combine_and_json_has_the_columns_and_more()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_CLUSTER_WORKER_ID"] = "worker-02";
        await cluster.StartAsync();
        using var client = cluster.Client();
        async Task<string> DoneAsync(string type, string queue, string of)
        {
            var id = await client.SubmitAsync(
                type,
                """{"ms":1}""",
                s =>
                {
                    s.Queue = queue;
                    s.Labels["of"] = of;
                }
            );
            await client.UntilAsync(id, TaskState.Succeeded);
            return id;
        }

        var (one, two, three) = (
            await DoneAsync("noop", "photos", "anna"),
            await DoneAsync("sleep", "photos", "anna"),
            await DoneAsync("noop", "films", "anna")
        );
        var four = await DoneAsync("noop", "photos", "bert");
        var waits = await client.SubmitAsync("nobody-serves-this", "{}", s => s.Queue = "photos");
        async Task<string[]> ListAsync(params string[] filters)
        {
            var list = await cluster.Room.RunAsync(["task", "list", "--json", .. filters]);
            Assert.True(list.ExitCode == 0, list.Said);
            return [.. JsonDocument.Parse(list.Output).RootElement.EnumerateArray().Select(t => t.GetProperty("id").GetString()!)];
        }

        // Newest first.
        Assert.Equal([waits, four, three, two, one], await ListAsync());
        Assert.Equal([waits], await ListAsync("--status", "PENDING"));
        Assert.Equal([four, two, one], await ListAsync("--queue", "photos", "--worker", "worker-02"));
        Assert.Equal([four, one], await ListAsync("--queue", "photos", "--worker", "worker-02", "--type", "noop"));
        Assert.Equal([one], await ListAsync("--queue", "photos", "--type", "noop", "--label", "of=anna", "--status", "SUCCEEDED"));
        Assert.Equal([four], await ListAsync("--queue", "photos", "--status", "SUCCEEDED,DEAD", "--limit", "1"));
        Assert.Empty(await ListAsync("--queue", "photos", "--status", "RUNNING"));
        Assert.Empty(await ListAsync("--worker", "worker-01"));
        var task = JsonDocument.Parse((await cluster.Room.RunAsync("task", "list", "--json", "--limit", "1", "--type", "sleep")).Output);
        var row = task.RootElement[0];
        Assert.Equal(
            (two, "sleep", "worker-02", 0, 3, "SUCCEEDED"),
            (
                row.GetProperty("id").GetString(),
                row.GetProperty("type").GetString(),
                row.GetProperty("worker").GetString(),
                row.GetProperty("retries").GetInt32(),
                row.GetProperty("max_retries").GetInt32(),
                row.GetProperty("state").GetString()
            )
        );
        Assert.True(row.GetProperty("created_at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C5_a_cancelled_task_keeps_its_reason_and_never_loses_the_result_of_a_worker_that_was_away()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        await using var cable = new Cable(cluster.Address);
        await cluster.StartWorkerAsync(("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cable.Address.ToString()));
        using var client = cluster.Client();
        var away = await client.SubmitAsync("sleep", """{"ms":3000}""");
        await client.UntilAsync(away, TaskState.Running);

        // Held by a worker in reach: not without --force, and with the command that would do it.
        var refused = await cluster.Room.RunAsync("task", "cancel", "--task-id", away, "--reason", "too long");
        refused.FailedWith("clw-task-wrong-state", 5);
        Assert.Contains($"clw task cancel --force {away}", refused.Errors, StringComparison.Ordinal);
        cable.Cut();
        await cluster.WorkerIsAsync("UNREACHABLE");

        // The guide's own command.
        var cancel = await cluster.Room.RunAsync("task", "cancel", "--task-id", away, "--reason", "Worker unreachable for 20 minutes");
        Assert.True(cancel.ExitCode == 0, cancel.Said);
        var task = await client.TaskAsync(away);
        Assert.Equal((TaskState.Cancelled, "Worker unreachable for 20 minutes"), (task.State, task.Reason));

        // It ends while nobody can hear it, and is heard when the way is open again.
        await Until.TrueAsync(
            // Longer than the mark that every file of it begins with.
            () => Directory.EnumerateFiles(cluster.Room.Path("state", "worker", "outbox")).Any(f => new FileInfo(f).Length > 8),
            "the worker has the outcome on disk",
            details: () => cluster.Worker.Said
        );
        cable.Mend();
        await cluster.WorkerIsAsync("healthy");
        var kept = await client.UntilAsync(away, TaskState.Cancelled, t => !t.LateResult.IsEmpty);
        Assert.Equal((1, 0, 0), (kept.Attempt, kept.Retries, kept.Losses));

        // One that waits needs no force; one that runs is stopped.
        var running = await client.SubmitAsync("sleep", """{"ms":600000}""");
        await client.UntilAsync(running, TaskState.Running);
        Assert.Equal(0, (await cluster.Room.RunAsync("task", "cancel", "--force", running)).ExitCode);
        await Until.TrueAsync(
            async () => (await client.StatusAsync()).Value.Workers.Single().Held == 0,
            "the worker holds nothing",
            details: () => cluster.Worker.Said
        );
        var waiting = await client.SubmitAsync("nobody-serves-this", "{}");
        Assert.Equal(0, (await cluster.Room.RunAsync("task", "cancel", waiting)).ExitCode);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C5_a_person_is_asked_a_pipe_is_not_and_force_asks_nobody()
    {
        Checkout.Need("script");
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        using var client = cluster.Client();
        async Task<(V1.Task Task, string Said)> CancelAsync(string line)
        {
            var id = await client.SubmitAsync("noop", "{}");
            var said = await LogsTests.BashAsync(cluster.Room, line.Replace("ID", id, StringComparison.Ordinal));
            return (await client.TaskAsync(id), said.Said.Replace(id, "ID", StringComparison.Ordinal));
        }

        const string question = "Cancel ID? [y/N]";
        var no = await CancelAsync("echo n | script -qec 'clw task cancel ID' /dev/null");
        Assert.Contains(question, no.Said, StringComparison.Ordinal);
        Assert.Contains("Nothing was cancelled", no.Said, StringComparison.Ordinal);
        Assert.Equal(TaskState.Pending, no.Task.State);
        var yes = await CancelAsync("echo y | script -qec 'clw task cancel --task-id ID --reason \"a mistake\"' /dev/null");
        Assert.Contains(question, yes.Said, StringComparison.Ordinal);
        Assert.Equal((TaskState.Cancelled, "a mistake"), (yes.Task.State, yes.Task.Reason));
        foreach (var line in new[] { "script -qec 'clw task cancel --force ID' /dev/null < /dev/null", "echo n | clw task cancel ID" })
        {
            var quiet = await CancelAsync(line);
            Assert.DoesNotContain(question, quiet.Said, StringComparison.Ordinal);
            Assert.Equal(TaskState.Cancelled, quiet.Task.State);
        }

        await cluster.StopAsync();
    }

    [Fact]
    public async Task C6_a_task_goes_through_its_states_and_only_its_own_failures_count_as_retries()
    {
        await using var up = new Up();
        up.Room.Plugin("fails", "#!/bin/sh\nexit 1\n");
        await up.StartAsync();
        using var client = up.Client();
        var final = await client.SubmitAsync("fails", "{}", s => s.MaxRetries = 0);
        var dead = await client.SubmitAsync("fails", "{}", s => s.MaxRetries = 1);
        var lost = await client.SubmitAsync("sleep", """{"ms":60000}""");
        await client.UntilAsync(final, TaskState.Failed, t => t is { Attempt: 1, Retries: 0 });
        await client.UntilAsync(dead, TaskState.Dead, t => t is { Attempt: 2, Retries: 1, Losses: 0 });

        // A lost worker is nobody's fault: an attempt more, a loss more, no retry.
        await client.UntilAsync(lost, TaskState.Running);
        Signals.Send(up.Worker.Id, Signals.Kill);
        await client.UntilAsync(lost, TaskState.Running, t => t is { Attempt: 2, Retries: 0, Losses: 1 });
        Assert.True((await client.CancelAsync(lost, force: true)).IsOk);
        await client.UntilAsync(lost, TaskState.Cancelled);
        Assert.True((await client.RetryAsync(dead)).IsOk);
        await client.UntilAsync(dead, TaskState.Dead, t => t.Attempt == 4);
        await up.StopAsync();
    }
}
