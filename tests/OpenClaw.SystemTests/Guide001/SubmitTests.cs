using System.Globalization;
using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C3 of the guide on workers: <c>clw task submit</c> with everything that it takes, and what it refuses.</summary>
public sealed class SubmitTests
{
    [Fact]
    public async Task C3_ids_have_the_guides_shape_never_change_and_are_given_once()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        var first = await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", """{"target": "8.8.8.8"}""");
        Assert.Equal((0, "task-0d3v5g\n", ""), (first.ExitCode, first.Output, first.Errors));
        Assert.Equal("task-kce6hq", await SubmitAsync(cluster, "--type", "noop"));
        Assert.Equal("task-1m2rmh", await SubmitAsync(cluster, "--type", "noop", "--key", "order-1"));
        using (var client = cluster.Client())
        {
            await client.UntilAsync("task-1m2rmh", TaskState.Succeeded);
            await client.UntilAsync("task-kce6hq", TaskState.Succeeded);
            await client.UntilAsync("task-0d3v5g", TaskState.Succeeded);
        }

        // Eight days later, with the default of seven: everything that ended is gone, the newest number too, and a death was in between.
        await RestartAsync(cluster, db => db.Rows($"UPDATE tasks SET created = created - {EightDays}, finished = finished - {EightDays}"));
        await Until.TrueAsync(
            async () => (await cluster.Room.RunAsync("task", "list")).Output.Split('\n').Length == 2,
            "retention has taken them",
            details: () => cluster.Manager.Said
        );
        (await cluster.Room.RunAsync("task", "show", "task-1m2rmh")).FailedWith("clw-task-not-found", 3);
        Assert.Equal(Fourth, await SubmitAsync(cluster, "--type", "noop"));

        // The key is free again: its task is retained no longer.
        Assert.Equal(Fifth, await SubmitAsync(cluster, "--type", "noop", "--key", "order-1"));

        // A store of years: six characters to the last number below 2^30, seven from there on.
        await RestartAsync(cluster, db => db.Rows($"UPDATE meta SET next_seq = {(1L << 30) - 1}"));
        Assert.Equal("task-mb4fq4", await SubmitAsync(cluster, "--type", "noop"));
        Assert.Equal("task-zwt476g", await SubmitAsync(cluster, "--type", "noop"));
        Assert.Equal(0, (await cluster.Room.RunAsync("task", "show", "task-zwt476g")).ExitCode);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C3_a_wait_streams_what_the_task_says_and_ends_with_its_result_or_its_failure()
    {
        await using var cluster = new Cluster();
        // It goes on only when the test has seen what it said: a wait that tells everything at the end would never end.
        var gate = cluster.Room.Path("gate");
        cluster.Room.Plugin(
            "report",
            $$"""
            #!/bin/sh
            echo "opened the file" >&2
            echo '{"progress":0.25,"message":"a quarter"}' >&3
            until [ -e {{gate}} ]; do sleep 0.05; done
            echo '{"done":true}'
            """
        );
        cluster.Room.Plugin("fails", "#!/bin/sh\necho 'no such picture' >&2\nexit 3\n");
        await cluster.StartAsync();
        var waiting = cluster.Room.Clw("task", "submit", "--type", "report", "--payload", "{}", "--wait");
        waiting.CloseInput();
        await waiting.SaidAsync("25% a quarter");
        await waiting.SaidAsync("opened the file");
        Assert.Matches(@"^task-[0-9a-z]{6}\n$", waiting.Output);
        Assert.False(waiting.HasExited);
        await File.WriteAllTextAsync(gate, "", TestContext.Current.CancellationToken);
        Assert.True(await waiting.EndWithOutputAsync() == 0, waiting.Said);
        // What a program reads has the id and the result alone; the rest is for the person.
        Assert.Equal("""{"done":true}""", waiting.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal(2, waiting.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        var failed = await cluster.Room.RunAsync("task", "submit", "--type", "fails", "--max-retries", "0", "--wait");
        failed.FailedWith("clw-task-failed", 1);
        Assert.Contains("ended FAILED", failed.Errors, StringComparison.Ordinal);
        Assert.Contains("no such picture", failed.Errors, StringComparison.Ordinal);
        var json = await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--wait", "--json");
        Assert.Equal("SUCCEEDED", JsonDocument.Parse(json.Output).RootElement.GetProperty("state").GetString());
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C3_priority_queue_delay_timeout_and_retries_do_what_they_say()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        cluster.Room.Plugin("fails", "#!/bin/sh\nexit 1\n");
        await cluster.StartManagerAsync();
        var plain = await SubmitAsync(cluster, "--type", "noop");
        var urgent = await SubmitAsync(cluster, "--type", "noop", "--priority", "7");
        var elsewhere = await SubmitAsync(cluster, "--type", "noop", "--queue", "photos");
        var delayed = await SubmitAsync(cluster, "--type", "noop", "--delay", "3s");
        var later = await SubmitAsync(cluster, "--type", "noop", "--delay", "1h");
        var slow = await SubmitAsync(
            cluster,
            "--type",
            "sleep",
            "--payload",
            """{"ms":60000}""",
            "--timeout",
            "300ms",
            "--max-retries",
            "0"
        );
        var stubborn = await SubmitAsync(cluster, "--type", "fails", "--max-retries", "1");
        var photos = await cluster.Room.RunAsync("task", "list", "--queue", "photos", "--json");
        Assert.Equal(
            elsewhere,
            Assert.Single(JsonDocument.Parse(photos.Output).RootElement.EnumerateArray()).GetProperty("id").GetString()
        );

        await cluster.StartWorkerAsync();
        using var client = cluster.Client();
        await client.UntilAsync(plain, TaskState.Succeeded, t => t.Queue == "default");
        await client.UntilAsync(urgent, TaskState.Succeeded, t => t.Priority == 7);
        await client.UntilAsync(elsewhere, TaskState.Succeeded, t => t.Queue == "photos");
        var waited = await client.UntilAsync(delayed, TaskState.Succeeded);
        // Counted from when the manager had it, which is a moment before it was stored.
        Assert.True(waited.AssignedAtMs - waited.CreatedAtMs >= 2900, $"{waited}");
        var hour = await client.TaskAsync(later);
        Assert.Equal(TaskState.Pending, hour.State);
        Assert.InRange(hour.DueAtMs - hour.CreatedAtMs, 3_599_000, 3_600_000);
        var late = await client.UntilAsync(slow, TaskState.Failed);
        Assert.Equal((300L, "clw-task-timeout", 1), (late.TimeoutMs, late.Failure.Code, late.Attempt));
        await client.UntilAsync(stubborn, TaskState.Dead, t => t is { Attempt: 2, Retries: 1, MaxRetries: 1 });
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C3_the_order_of_priorities_is_what_one_slot_runs()
    {
        await using var cluster = new Cluster();
        cluster.Room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        var ran = cluster.Room.Path("ran");
        cluster.Room.Plugin("note", $"#!/bin/sh\ncat >> {ran}\necho >> {ran}\necho null\n");
        await cluster.StartManagerAsync();
        foreach (var priority in new[] { 0, -1000, 5, 1000, -5 })
        {
            var text = priority.ToString(CultureInfo.InvariantCulture);
            await SubmitAsync(cluster, "--type", "note", "--payload", text, "--priority", text);
        }

        await cluster.StartWorkerAsync();
        await Until.TrueAsync(
            () => File.Exists(ran) && File.ReadAllLines(ran).Length == 5,
            "all five have run",
            details: () => cluster.Worker.Said
        );
        Assert.Equal(["1000", "5", "0", "-5", "-1000"], await File.ReadAllLinesAsync(ran, TestContext.Current.CancellationToken));
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C3_a_key_is_one_task_of_its_project_through_a_death_of_the_manager()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        var first = await SubmitAsync(cluster, "--type", "noop", "--payload", "[1]", "--key", "order-7");
        await RestartAsync(cluster, _ => { });
        var again = await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", "[1]", "--key", "order-7");
        Assert.Equal((0, first + "\n"), (again.ExitCode, again.Output));
        Assert.Contains("nothing new was stored", again.Errors, StringComparison.Ordinal);
        var json = await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", "[1]", "--key", "order-7", "--json");
        Assert.False(JsonDocument.Parse(json.Output).RootElement.GetProperty("created").GetBoolean());
        (await cluster.Room.RunAsync("task", "submit", "--type", "noop", "--payload", "[2]", "--key", "order-7")).FailedWith(
            "clw-key-conflict",
            5
        );
        Assert.NotEqual(first, await SubmitAsync(cluster, "--type", "noop", "--payload", "[1]", "--key", "order-7", "--project", "shop"));
        var found = await cluster.Room.RunAsync("task", "list", "--key", "order-7", "--project", "default", "--json");
        Assert.Equal(first, Assert.Single(JsonDocument.Parse(found.Output).RootElement.EnumerateArray()).GetProperty("id").GetString());
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C3_a_batch_comes_from_a_file_or_the_input_and_a_bad_line_leaves_nothing_half_done()
    {
        await using var cluster = new Cluster();
        await cluster.StartAsync();
        var room = cluster.Room;
        var batch = room.Path("batch.jsonl");
        await WriteAsync(
            batch,
            """
            {"type":"noop","payload":{"n":1},"priority":3,"key":"a"}

            {"payload":[2],"queue":"photos","delay":"1h"}
            {"type":"noop","payload":3,"max_retries":0,"timeout":2.5,"labels":{"of":"batch"}}
            """
        );
        var stored = await room.RunAsync("task", "submit", "--file", batch, "--type", "sleep");
        Assert.True(stored.ExitCode == 0, stored.Said);
        var ids = stored.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["task-0d3v5g", "task-kce6hq", "task-1m2rmh"], ids);
        Assert.Contains("3 tasks stored", stored.Errors, StringComparison.Ordinal);
        using var client = cluster.Client();
        var (one, two, three) = (await client.TaskAsync(ids[0]), await client.TaskAsync(ids[1]), await client.TaskAsync(ids[2]));
        Assert.Equal(("noop", 3, "a", """{"n":1}"""), (one.Type, one.Priority, one.Key, one.Payload.ToStringUtf8()));
        Assert.Equal(("sleep", "photos", TaskState.Pending), (two.Type, two.Queue, two.State));
        Assert.Equal((0, 2500L, "batch"), (three.MaxRetries, three.TimeoutMs, three.Labels["of"]));

        // The same from the input, and waited for; one of them is there already.
        var piped = room.Clw("task", "submit", "--file", "-", "--wait");
        await piped.TypeAsync("""{"type":"noop","payload":{"n":1},"key":"a"}""" + "\n" + """{"type":"noop"}""");
        piped.CloseInput();
        Assert.True(await piped.EndWithOutputAsync() == 0, piped.Said);
        Assert.Contains("2 tasks stored, 1 of them existed already", piped.Errors, StringComparison.Ordinal);
        Assert.Contains($"{ids[0]} SUCCEEDED", piped.Output, StringComparison.Ordinal);

        var before = (await client.StatusAsync()).Value.TasksByState.Values.Sum();
        await WriteAsync(batch, """{"type":"noop"}""" + "\n" + """{"type":"noop","priorty":1}""" + "\n" + """{"type":"noop","payload":}""");
        var refused = await room.RunAsync("task", "submit", "--file", batch);
        Assert.Equal(2, refused.ExitCode);
        Assert.Equal(
            $"""
            error: clw-payload-invalid: {batch}:2:16: there is no field 'priorty'; did you mean priority?
            error: clw-payload-invalid: {batch}:3:26: this is not JSON
            next: Nothing was submitted. Mend the lines, or leave them out with --skip-bad

            """,
            refused.Errors
        );
        Assert.Equal(before, (await client.StatusAsync()).Value.TasksByState.Values.Sum());
        var skipping = await room.RunAsync("task", "submit", "--file", batch, "--skip-bad");
        Assert.Equal(2, skipping.ExitCode);
        Assert.Contains("1 task stored, 2 bad lines skipped", skipping.Errors, StringComparison.Ordinal);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C3_a_payload_comes_from_the_line_a_file_or_the_input()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        var room = cluster.Room;
        var file = room.Path("payload.json");
        await WriteAsync(file, """{"from": "a file"}""");
        using var client = cluster.Client();
        var ofFile = await SubmitAsync(cluster, "--type", "noop", "--payload", "@" + file);
        Assert.Equal("{\"from\": \"a file\"}\n", (await client.TaskAsync(ofFile)).Payload.ToStringUtf8());
        var piped = room.Clw("task", "submit", "--type", "noop", "--payload", "-");
        await piped.TypeAsync("""{"from":"the input"}""");
        piped.CloseInput();
        Assert.True(await piped.EndWithOutputAsync() == 0, piped.Said);
        Assert.Equal("""{"from":"the input"}""", (await client.TaskAsync(piped.Output.Trim())).Payload.ToStringUtf8());
        Assert.Equal("null", (await client.TaskAsync(await SubmitAsync(cluster, "noop"))).Payload.ToStringUtf8());
        await cluster.StopAsync();
    }

    [Fact]
    public async Task C3_whatever_is_wrong_is_one_line_with_the_next_step_and_nothing_is_stored()
    {
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        var room = cluster.Room;
        await WriteAsync(room.Path("array.jsonl"), "[1]\n");
        (string[] Words, string Code, int Exit, string Says)[] mistakes =
        [
            (["--payload", "{}"], "clw-usage", 2, "needs a type"),
            (["--type", "noop", "--payload", "{'a':1}"], "clw-payload-invalid", 2, ""),
            (["--type", "noop", "--payload", "{} {}"], "clw-payload-invalid", 2, ""),
            (["--type", "noop", "--payload", ""], "clw-payload-invalid", 2, "the payload is empty"),
            (["--type", "noop", "--payload", "@nothing.json"], "clw-file-unreadable", 2, "nothing.json: there is no such file"),
            (["--type", "noop", "--payload", "-"], "clw-payload-invalid", 2, "the input: the payload is empty"),
            (["--type", "noop", "--priority", "1001"], "clw-usage", 2, "--priority takes a whole number from -1000 to 1000, not '1001'"),
            (["--type", "noop", "--priority", "high"], "clw-usage", 2, "not 'high'"),
            (["--type", "noop", "--delay", "soon"], "clw-usage", 2, "--delay takes "),
            (["--type", "noop", "--delay", "-5s"], "clw-usage", 2, "--delay takes "),
            (["--type", "noop", "--delay", "400d"], "clw-usage", 2, "--delay is at most 366 days"),
            (["--type", "noop", "--timeout", "0"], "clw-usage", 2, "--timeout 0 leaves a task no time"),
            (["--type", "noop", "--max-retries", "-1"], "clw-usage", 2, "--max-retries takes a whole number from 0"),
            (["--type", "noop", "--key", ""], "clw-usage", 2, "--key is empty"),
            (["--type", "noop", "--queue", new string('q', 201)], "clw-usage", 2, "200"),
            (["--type", "noop", "--label", "of"], "clw-usage", 2, "--label takes NAME=VALUE, not 'of'"),
            (["--type", "noop", "--wiat"], "clw-usage", 2, "did you mean --wait?"),
            (["--file", "nothing.jsonl"], "clw-file-unreadable", 2, "nothing.jsonl: there is no such file"),
            (["--file", room.Directory], "clw-file-unreadable", 2, "it is a directory"),
            (["--file", "array.jsonl"], "clw-payload-invalid", 2, "array.jsonl:1:1: expected an object"),
            (["--file", "array.jsonl", "--payload", "1"], "clw-usage", 2, "--payload and --key belong to one task"),
        ];
        foreach (var (words, code, exit, says) in mistakes)
        {
            var clw = await room.RunAsync(["task", "submit", .. words]);
            clw.FailedWith(code, exit);
            Assert.Contains(says, clw.Errors, StringComparison.Ordinal);
            Assert.Equal("", clw.Output);
            Assert.True(clw.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 2, clw.Said);
        }

        using var client = cluster.Client();
        Assert.Equal(0, (await client.StatusAsync()).Value.TasksByState.Values.Sum());
        await cluster.StopAsync();
    }

    private const long EightDays = 8L * 24 * 60 * 60 * 1000;
    private const string Fourth = "task-sb4j31";
    private const string Fifth = "task-tw8a4v";

    private static async Task<string> SubmitAsync(Cluster cluster, params string[] words)
    {
        var clw = await cluster.Room.RunAsync(["task", "submit", .. words]);
        Assert.True(clw.ExitCode == 0, clw.Said);
        return clw.Output.Trim();
    }

    /// <summary>The manager is killed, its database changed as time would have, and it starts again.</summary>
    private static async Task RestartAsync(Cluster cluster, Action<Database> change)
    {
        cluster.Manager.Kill();
        await cluster.Manager.EndAsync();
        using (var db = new Database(cluster.Database))
        {
            change(db);
        }

        await cluster.StartManagerAsync();
    }

    private static Task WriteAsync(string file, string text) =>
        File.WriteAllTextAsync(file, text.ReplaceLineEndings("\n") + "\n", TestContext.Current.CancellationToken);
}
