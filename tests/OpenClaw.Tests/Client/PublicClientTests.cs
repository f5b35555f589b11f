using System.Runtime.CompilerServices;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;
using TaskState = OpenClaw.Client.TaskState;

namespace OpenClaw.Tests.Client;

/// <summary>The public client over a real port: what it sends, what it makes of answers, and how its calls end.</summary>
public sealed class PublicClientTests
{
    /// <summary>Milliseconds after which a test that waits for ever has failed.</summary>
    private const int Limit = 30_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_request_arrives_whole()
    {
        await using var manager = await FakeManager.StartAsync();
        await using var client = Connect(manager);
        var handle = await client.SubmitAsync(
            TaskRequest.Create("resize", new { Width = 7 }) with
            {
                Key = "k",
                Queue = "q",
                Project = "p",
                Priority = -3,
                Delay = TimeSpan.FromTicks(15_000),
                Timeout = TimeSpan.FromSeconds(2),
                MaxRetries = 0,
                Labels = new Dictionary<string, string> { ["a"] = "b" },
                Strict = true,
                PluginVersion = "v1",
            },
            Cancellation
        );
        Assert.False(handle.Existed);
        var spec = Assert.Single(manager.Stored);
        Assert.Equal(
            """{ "project": "p", "queue": "q", "type": "resize", "payload": "eyJ3aWR0aCI6N30=", "priority": -3, "delayMs": "2", "timeoutMs": "2000", "maxRetries": 0, "key": "k", "labels": { "a": "b" }, "strict": true, "pluginVersion": "v1" }""",
            spec.ToString()
        );
        Assert.True((await client.SubmitAsync(new TaskRequest("resize") { Key = "k" }, Cancellation)).Existed);
    }

    [Fact]
    public void A_filter_is_sent_whole()
    {
        var request = OpenClaw.Client.Wire.Mapping.Request(
            new TaskFilter
            {
                States = [OpenClaw.Client.TaskState.Dead],
                Type = "resize",
                Worker = "w1",
                Queue = "q",
                Project = "p",
                Key = "k",
                Labels = new Dictionary<string, string> { ["zone"] = "a" },
            }
        );
        Assert.Equal(
            """{ "states": [ "DEAD" ], "type": "resize", "worker": "w1", "queue": "q", "project": "p", "key": "k", "labels": { "zone": "a" } }""",
            request.ToString()
        );
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_answer_is_repeated_with_a_generated_key_and_told_without(bool keys)
    {
        await using var manager = await FakeManager.StartAsync();
        var reached = new TaskCompletionSource();
        var stuck = new TaskCompletionSource();
        var asked = 0;
        manager.BeforeAnswer = _ =>
        {
            reached.TrySetResult();
            return asked++ == 0 ? stuck.Task : Task.CompletedTask;
        };
        await using var client = Connect(manager, options => options with { GenerateKeys = keys });
        var submission = client.SubmitAsync("noop", Cancellation);
        await reached.Task;
        await manager.CrashAsync();
        await manager.ComeBackAsync();
        if (keys)
        {
            Assert.True((await submission).Existed);
        }
        else
        {
            var e = await Assert.ThrowsAsync<OpenClawException>(() => submission);
            Assert.Equal((ErrorCodes.ConnectionLost, ErrorKind.Unavailable, true), (e.Code, e.Kind, e.IsTransient));
            Assert.Contains("may or may not be stored", e.Reason, StringComparison.Ordinal);
            Assert.Equal($"{e.Code}: {e.Reason.TrimEnd('.')}. {e.NextStep}", e.Message);
        }

        Assert.Equal(keys ? 2 : 1, asked);
        Assert.Equal(keys, Assert.Single(manager.Stored).Key.StartsWith("auto-", StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_is_read_only_as_fast_as_its_receipts_are_taken()
    {
        await using var manager = await FakeManager.StartAsync();
        await using var client = Connect(manager);
        var given = 0L;
        var options = new SubmitManyOptions { BatchSize = 10, Ahead = 2 };
        var taken = 0L;
        await foreach (var receipt in client.SubmitManyAsync(Endless(() => given++), options, Cancellation))
        {
            Assert.Equal(taken++, receipt.Index);
            Assert.Equal($"task-{taken}", receipt.Id);
            Assert.InRange(receipt.Batch.Ids.Count, 1, 10);
            // Waiting receipts, batches under way, the one that is filled and the one that is handed out; nothing else grows.
            Assert.InRange(given, taken, taken + (10 * (2 + 2 + 3)));
            await Task.Delay(1, Cancellation);
            if (taken == 300)
            {
                break;
            }
        }

        Assert.Equal(manager.Stored.Count, manager.Stored.Select(t => t.Key).Distinct().Count());
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_that_fails_fails_after_its_receipts()
    {
        await using var manager = await FakeManager.StartAsync();
        await using var client = Connect(manager);
        var receipts = 0;
        var e = await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (var _ in client.SubmitManyAsync(Broken(25), new SubmitManyOptions { BatchSize = 10 }, Cancellation))
            {
                receipts++;
            }
        });
        Assert.Equal(("line 25", 25, 25), (e.Message, receipts, manager.Stored.Count));
    }

    [Fact(Timeout = Limit)]
    public async Task A_refused_batch_says_which_task_and_how_many_are_stored()
    {
        await using var manager = await FakeManager.StartAsync();
        manager.BeforeStore = number =>
            Task.FromResult<CallFailure?>(
                number == 1
                    ? new CallFailure
                    {
                        Code = ErrorCodes.PayloadInvalid,
                        Message = "not JSON",
                        Index = 4,
                    }
                    : null
            );
        await using var client = Connect(manager);
        var requests = Enumerable.Range(0, 25).Select(_ => new TaskRequest("noop"));
        var e = await Assert.ThrowsAsync<OpenClawException>(() =>
            client.SubmitManyAsync(requests, new SubmitManyOptions { BatchSize = 10, Ahead = 1 }, Cancellation)
        );
        Assert.Equal((ErrorCodes.PayloadInvalid, ErrorKind.InvalidInput, "14"), (e.Code, e.Kind, e.Details["index"]));
        Assert.Equal("10", e.Details["acknowledged"]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_list_comes_back_as_a_list()
    {
        await using var manager = await FakeManager.StartAsync();
        await using var client = Connect(manager);
        TaskRequest[] requests = [new("a") { Key = "same" }, new("a") { Key = "same" }, new("b")];
        var stored = await client.SubmitManyAsync(requests, cancellationToken: Cancellation);
        Assert.Equal(["task-1", "task-1", "task-3"], stored.Ids);
        Assert.Equal(1, stored.Existing);
    }

    [Fact(Timeout = Limit)]
    public async Task A_result_is_read_and_a_failure_is_thrown_with_its_task()
    {
        await using var manager = await FakeManager.StartAsync();
        manager.OnWait = async (ids, responses, _) =>
        {
            var response = new WaitResponse();
            response.Ended.Add(
                ids[0] == "task-good"
                    ? new V1.Task
                    {
                        Id = ids[0],
                        State = V1.TaskState.Succeeded,
                        Result = Google.Protobuf.ByteString.CopyFromUtf8("""{"width":7}"""),
                        RunMicros = 1500,
                        FinishedAtMs = 1000,
                    }
                    : new V1.Task
                    {
                        Id = ids[0],
                        Type = "resize",
                        State = V1.TaskState.Dead,
                        Failure = new()
                        {
                            Code = "clw-worker-crash",
                            Message = "boom",
                            ExitCode = 139,
                        },
                    }
            );
            await responses.WriteAsync(response);
            return null;
        };
        await using var client = Connect(manager);
        Assert.Equal(7, (await client.Handle("task-good").ResultAsync<Size>(Cancellation))!.Width);
        var task = await client.WaitAsync("task-good", Cancellation);
        Assert.Equal(TimeSpan.FromMilliseconds(1.5), task.RunTime);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(1), task.FinishedAt);
        Assert.Null(task.StartedAt);
        Assert.Throws<JsonException>(() => task.ResultAs<int>());

        var e = await Assert.ThrowsAsync<TaskFailedException>(() => client.Handle("task-bad").ResultAsync<Size>(Cancellation));
        Assert.Equal((ErrorCodes.WorkerCrash, 139, TaskState.Dead), (e.Code, e.Task.Failure!.ExitCode, e.Task.State));
        Assert.Equal("task-bad (resize) ended Dead: boom", e.Reason);
    }

    [Fact(Timeout = Limit)]
    public async Task Who_gives_up_gets_a_cancellation()
    {
        await using var manager = await FakeManager.StartAsync();
        var stuck = new TaskCompletionSource();
        manager.BeforeAnswer = _ => stuck.Task;
        manager.OnWait = async (_, _, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.Cancellation);
            return null;
        };
        await using var client = Connect(manager);
        await GivesUpAsync(token => client.SubmitAsync("noop", token));
        await GivesUpAsync(token => client.SubmitManyAsync([new TaskRequest("noop")], cancellationToken: token));
        await GivesUpAsync(token => client.WaitAsync("task-1", token));
        await GivesUpAsync(async token => await client.SubmitManyAsync(Endless(() => { }), cancellationToken: token).CountAsync(token));

        static async Task GivesUpAsync(Func<CancellationToken, Task> call)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var running = call(patience.Token);
            await patience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_disposed_client_says_so_at_once_also_to_calls_under_way()
    {
        await using var manager = await FakeManager.StartAsync();
        var reached = new TaskCompletionSource();
        var stuck = new TaskCompletionSource();
        manager.BeforeAnswer = _ =>
        {
            reached.TrySetResult();
            return stuck.Task;
        };
        var client = Connect(manager);
        var submission = client.SubmitAsync("noop", Cancellation);
        await reached.Task;
        await client.DisposeAsync();
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => submission);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetAsync("task-1", Cancellation));
    }

    [Fact(Timeout = Limit)]
    public async Task Nobody_there_is_said_at_once_with_a_next_step()
    {
        await using var manager = await FakeManager.StartAsync();
        await manager.CrashAsync();
        var e = await Assert.ThrowsAsync<OpenClawException>(() => OpenClawClient.ConnectAsync($"{manager.Address}", Cancellation));
        Assert.Equal((ErrorCodes.ConnectionRefused, ErrorKind.Unavailable), (e.Code, e.Kind));
        Assert.NotEmpty(e.NextStep);
    }

    [Fact]
    public async Task A_stand_in_needs_no_cluster()
    {
        await using var client = new StandIn();
        Assert.Equal(3, await client.RunAsync<int>(new TaskRequest("three"), Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetAsync("task-1", Cancellation));
    }

    private static OpenClawClient Connect(FakeManager manager, Func<OpenClawClientOptions, OpenClawClientOptions>? with = null)
    {
        var options = new OpenClawClientOptions { Addresses = $"{manager.Address}", Token = "secret" };
        return new(with is null ? options : with(options));
    }

    private static async IAsyncEnumerable<TaskRequest> Endless(Action onNext)
    {
        while (true)
        {
            onNext();
            yield return new TaskRequest("noop");
            await Task.Yield();
        }
    }

    private static async IAsyncEnumerable<TaskRequest> Broken(int after, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var i = 0; i < after; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new TaskRequest("noop");
        }

        await Task.Yield();
        throw new FormatException($"line {after}");
    }

    private sealed record Size(int Width);

    private sealed class StandIn : OpenClawClient
    {
        public override Task<TaskHandle> SubmitAsync(TaskRequest request, CancellationToken cancellationToken = default) =>
            Task.FromResult(Handle("task-fake"));

        public override Task<TaskInfo> WaitAsync(string id, CancellationToken cancellationToken = default) =>
            Task.FromResult(
                new TaskInfo
                {
                    Id = id,
                    Type = "three",
                    State = TaskState.Succeeded,
                    Result = "3"u8.ToArray(),
                }
            );
    }
}
