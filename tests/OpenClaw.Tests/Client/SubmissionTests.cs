using System.Runtime.CompilerServices;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Client;

/// <summary>What is submitted is stored once, or the caller learns exactly how much is and how much may be.</summary>
public sealed class SubmissionTests
{
    /// <summary>Milliseconds after which a test that waits for ever has failed.</summary>
    private const int Limit = 30_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Batches_travel_ahead_of_their_answers_and_ids_come_in_order()
    {
        await using var manager = await FakeManager.StartAsync();
        var third = new TaskCompletionSource();
        // The first answer waits until the third batch is there: without sending ahead this never ends.
        manager.BeforeStore = async number =>
        {
            if (number == 2)
            {
                third.SetResult();
            }

            await third.Task;
            return null;
        };
        using var client = Connect(manager);
        var seen = new List<BulkReceipt>();
        var summary = (
            await client.SubmitManyAsync(
                Tasks(1200).ToAsyncEnumerable(),
                new BulkOptions { BatchSize = 400, OnAcknowledged = seen.Add },
                Cancellation
            )
        ).Value;
        Assert.Equal((1200, 0), (summary.Acknowledged, summary.Existing));
        Assert.Equal([0, 400, 800], seen.Select(b => b.First));
        Assert.Equal(
            Enumerable.Range(0, 1200).Select(i => $"{i}"),
            manager.Batches.SelectMany(b => b.Tasks).Select(t => t.Payload.ToStringUtf8())
        );
        Assert.Equal(1200, manager.Stored.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task Without_keys_a_lost_answer_ends_the_submission_with_exact_counts_and_nothing_is_doubled()
    {
        await using var manager = await FakeManager.StartAsync();
        var stuck = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        manager.BeforeAnswer = number =>
        {
            if (number == 2)
            {
                reached.SetResult();
            }

            return number >= 1 ? stuck.Task : Task.CompletedTask;
        };
        using var client = Connect(manager);
        var acknowledged = new TaskCompletionSource();
        var submission = client.SubmitManyAsync(
            Tasks(30).ToAsyncEnumerable(),
            new BulkOptions { BatchSize = 10, OnAcknowledged = _ => acknowledged.TrySetResult() },
            Cancellation
        );
        // Both: the third batch may arrive before the answer to the first has left.
        await Task.WhenAll(reached.Task, acknowledged.Task);
        await manager.CrashAsync();
        await manager.ComeBackAsync();
        var failure = (await submission).Failure!;
        Assert.Equal(Catalogue.ConnectionLost, failure.Entry);
        Assert.Equal(("10", "20"), (failure.Data["acknowledged"], failure.Data["uncertain"]));
        Assert.Contains("10 tasks are stored, 20 more may or may not be", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, manager.Batches.Count);
        Assert.Equal(30, manager.Stored.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task With_keys_a_submission_goes_on_after_a_crash_and_stores_each_task_once()
    {
        await using var manager = await FakeManager.StartAsync();
        var crashing = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        manager.BeforeAnswer = number =>
        {
            if (number == 2)
            {
                reached.SetResult();
            }

            return number is 1 or 2 ? crashing.Task : Task.CompletedTask;
        };
        using var client = Connect(manager);
        var ids = new List<string>();
        var submission = client.SubmitManyAsync(
            Tasks(60, keyed: true).ToAsyncEnumerable(),
            new BulkOptions
            {
                BatchSize = 10,
                Ahead = 2,
                OnAcknowledged = b => ids.AddRange(b.Ids),
            },
            Cancellation
        );
        await reached.Task;
        await manager.CrashAsync();
        await manager.ComeBackAsync();
        var summary = (await submission).Value;
        Assert.Equal((60, 20), (summary.Acknowledged, summary.Existing));
        Assert.Equal(60, manager.Stored.Count);
        Assert.Equal(60, ids.Distinct().Count());
    }

    [Fact(Timeout = Limit)]
    public async Task A_full_queue_is_waited_out()
    {
        await using var manager = await FakeManager.StartAsync();
        var refusals = 0;
        manager.BeforeStore = _ =>
            Task.FromResult(
                refusals++ < 2
                    ? new CallFailure
                    {
                        Code = "clw-task-queue-full",
                        Message = "full",
                        Index = -1,
                        RetryAfterMs = 1,
                    }
                    : null
            );
        var troubles = new List<string>();
        using var client = Connect(manager, trouble: (failure, _) => troubles.Add(failure.Code));
        var summary = (await client.SubmitManyAsync(Tasks(5).ToAsyncEnumerable(), cancellation: Cancellation)).Value;
        Assert.Equal(5, summary.Acknowledged);
        Assert.Equal(["clw-task-queue-full", "clw-task-queue-full"], troubles);
        Assert.Equal(5, manager.Stored.Count);
    }

    [Theory(Timeout = Limit)]
    [InlineData(3)]
    [InlineData(16)]
    public async Task Receipts_come_in_the_order_of_the_tasks_also_when_a_batch_meets_a_full_queue(int ahead)
    {
        await using var manager = await FakeManager.StartAsync();
        var third = new TaskCompletionSource();
        manager.BeforeStore = async number =>
        {
            if (number == 2)
            {
                third.SetResult();
            }

            // All three are on their way before the first is refused.
            await third.Task;
            return number == 0
                ? new CallFailure
                {
                    Code = "clw-task-queue-full",
                    Message = "full",
                    Index = -1,
                    RetryAfterMs = 1,
                }
                : null;
        };
        using var client = Connect(manager);
        var seen = new List<BulkReceipt>();
        var options = new BulkOptions
        {
            BatchSize = 10,
            Ahead = ahead,
            OnAcknowledged = seen.Add,
        };
        var summary = (await client.SubmitManyAsync(Tasks(60).ToAsyncEnumerable(), options, Cancellation)).Value;
        Assert.Equal(60, summary.Acknowledged);
        Assert.Equal([0, 10, 20, 30, 40, 50], seen.Select(b => b.First));
        var received = seen.SelectMany(b => b.Ids).ToList();
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{i}"), received.Select(id => manager.ById[id].Payload.ToStringUtf8()));
    }

    [Fact(Timeout = Limit)]
    public async Task A_receipt_that_waited_for_an_earlier_batch_is_given_when_that_one_is_lost()
    {
        await using var manager = await FakeManager.StartAsync();
        var third = new TaskCompletionSource();
        var again = new TaskCompletionSource();
        manager.BeforeStore = async number =>
        {
            if (number == 2)
            {
                third.SetResult();
            }

            await third.Task;
            // The second refusal tells that the client has read what came before it: answers come in order.
            return number is 0 or 3
                ? new CallFailure
                {
                    Code = "clw-task-queue-full",
                    Message = "full",
                    Index = -1,
                    RetryAfterMs = 1,
                }
                : null;
        };
        manager.BeforeAnswer = number =>
        {
            if (number < 4)
            {
                return Task.CompletedTask;
            }

            again.SetResult();
            return new TaskCompletionSource().Task;
        };
        using var client = Connect(manager);
        var seen = new List<BulkReceipt>();
        var options = new BulkOptions
        {
            BatchSize = 10,
            Ahead = 3,
            OnAcknowledged = seen.Add,
        };
        var submission = client.SubmitManyAsync(Tasks(30).ToAsyncEnumerable(), options, Cancellation);
        await again.Task;
        await manager.CrashAsync();
        var failure = (await submission).Failure!;
        Assert.Equal(("20", "10"), (failure.Data["acknowledged"], failure.Data["uncertain"]));
        Assert.Equal([10, 20], seen.Select(b => b.First));
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_names_the_task_at_fault_by_its_place_among_all_and_what_is_under_way_is_still_counted()
    {
        await using var manager = await FakeManager.StartAsync();
        manager.BeforeStore = number =>
            Task.FromResult(
                number == 1
                    ? new CallFailure
                    {
                        Code = "clw-payload-invalid",
                        Message = "bad",
                        Index = 3,
                    }
                    : null
            );
        using var client = Connect(manager);
        var failure = (
            await client.SubmitManyAsync(Tasks(25).ToAsyncEnumerable(), new BulkOptions { BatchSize = 10 }, Cancellation)
        ).Failure!;
        Assert.Equal(Catalogue.PayloadInvalid, failure.Entry);
        Assert.Equal("13", failure.Data["index"]);
        Assert.Equal($"{manager.Stored.Count}", failure.Data["acknowledged"]);
        Assert.Equal("0", failure.Data["uncertain"]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_source_that_is_slow_does_not_hold_up_what_it_gave()
    {
        await using var manager = await FakeManager.StartAsync();
        var first = new TaskCompletionSource();
        async IAsyncEnumerable<TaskSpec> OneAndThenAnother([EnumeratorCancellation] CancellationToken cancellation = default)
        {
            yield return TaskMessages.Spec("noop", "1");
            await first.Task.WaitAsync(cancellation);
            yield return TaskMessages.Spec("noop", "2");
        }

        using var client = Connect(manager);
        var options = new BulkOptions { OnAcknowledged = _ => first.TrySetResult() };
        var summary = (await client.SubmitManyAsync(OneAndThenAnother(Cancellation), options, Cancellation)).Value;
        Assert.Equal(2, summary.Acknowledged);
        Assert.Equal(2, manager.Batches.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_source_finds_wrong_ends_the_submission_with_what_is_stored()
    {
        await using var manager = await FakeManager.StartAsync();
        static async IAsyncEnumerable<TaskSpec> ThreeAndABadOne()
        {
            for (var i = 0; i < 3; i++)
            {
                yield return TaskMessages.Spec("noop");
            }

            await Task.Yield();
            throw new Failure(Catalogue.PayloadInvalid, "input:4:1: this is not JSON").AsException();
        }

        using var client = Connect(manager);
        var failure = (await client.SubmitManyAsync(ThreeAndABadOne(), cancellation: Cancellation)).Failure!;
        Assert.Equal("input:4:1: this is not JSON; 3 tasks are stored", failure.Message);
        Assert.Equal(3, manager.Stored.Count);
    }

    [Theory(Timeout = Limit)]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task One_task_is_submitted_again_after_a_lost_answer_only_when_it_has_a_key(bool keyed, int calls)
    {
        await using var manager = await FakeManager.StartAsync();
        var seen = 0;
        var reached = new TaskCompletionSource();
        var stuck = new TaskCompletionSource();
        manager.BeforeAnswer = _ =>
        {
            if (Interlocked.Increment(ref seen) > 1)
            {
                return Task.CompletedTask;
            }

            reached.SetResult();
            return stuck.Task;
        };
        using var client = Connect(manager);
        var task = TaskMessages.Spec("noop");
        task.Key = keyed ? "order-17" : "";
        var submission = client.SubmitAsync(task, Cancellation);
        await reached.Task;
        await manager.CrashAsync();
        await manager.ComeBackAsync();
        var result = await submission;
        Assert.Equal(calls, seen);
        Assert.Single(manager.Stored);
        if (keyed)
        {
            Assert.False(result.Value.Created);
        }
        else
        {
            Assert.Equal(Catalogue.ConnectionLost, result.Failure!.Entry);
            Assert.Contains("may or may not be stored", result.Failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Nobody_there_is_said_at_once()
    {
        await using var manager = await FakeManager.StartAsync();
        await manager.CrashAsync();
        using var client = Connect(manager);
        Assert.Equal(Catalogue.ConnectionRefused, (await client.SubmitAsync(new TaskSpec(), Cancellation)).Failure!.Entry);
        var bulk = await client.SubmitManyAsync(Tasks(3).ToAsyncEnumerable(), cancellation: Cancellation);
        Assert.Equal(Catalogue.ConnectionRefused, bulk.Failure!.Entry);
    }

    [Fact(Timeout = Limit)]
    public async Task Of_several_addresses_the_one_that_answers_serves()
    {
        await using var manager = await FakeManager.StartAsync();
        using var client = WireClient.Connect(new WireOptions { Addresses = [new("127.0.0.1", 1), manager.Address] });
        Assert.True((await client.SubmitAsync(new TaskSpec { Type = "noop" }, Cancellation)).IsOk);
        Assert.Equal(2, (await client.SubmitManyAsync(Tasks(2).ToAsyncEnumerable(), cancellation: Cancellation)).Value.Acknowledged);
    }

    internal static WireClient Connect(FakeManager manager, Action<Failure, TimeSpan>? trouble = null) =>
        WireClient.Connect(
            new WireOptions
            {
                Addresses = [manager.Address],
                Backoff = new BackoffOptions(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20)),
                OnTrouble = trouble,
            }
        );

    private static IEnumerable<TaskSpec> Tasks(int count, bool keyed = false)
    {
        for (var i = 0; i < count; i++)
        {
            var task = TaskMessages.Spec("noop", $"{i}");
            task.Key = keyed ? $"key-{i}" : "";
            yield return task;
        }
    }
}
