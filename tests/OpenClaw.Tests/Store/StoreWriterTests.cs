using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public sealed class StoreWriterTests : IAsyncDisposable
{
    private readonly GatedStore store = new();
    private readonly TaskCompletionSource<Exception> uncertain = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StoreWriter? writer;

    /// <summary>Lets every commit through, so that a failed test ends too.</summary>
    public async ValueTask DisposeAsync()
    {
        store.Permit(1000);
        await (writer?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private StoreWriter Writer(StoreWriterOptions? options = null) => writer = new(store, options ?? new(), e => uncertain.TrySetResult(e));

    private static SubmitOperation Submit(int rows = 1, Action<StoreOperation, Failure?>? settled = null) =>
        new([.. Enumerable.Range(0, rows).Select(_ => StoreActions.Task())]) { Settled = settled };

    [Fact]
    public async Task An_idle_writer_commits_at_once_and_what_comes_meanwhile_is_one_batch()
    {
        var own = Writer();
        var operations = Enumerable.Range(0, 6).Select(_ => Submit()).ToArray();
        var committed = operations.Select(o => o.Committed).ToArray();
        own.Post(operations[0]);
        await store.BegunAsync();
        foreach (var operation in operations[1..])
        {
            own.Post(operation);
        }

        Assert.False(committed[0].IsCompleted);
        store.Permit(2);
        await Task.WhenAll(committed);
        Assert.Equal([1, 5], store.Batches.Select(b => b.Length));
        Assert.Equal(operations[1..], store.Batches[1]);
        Assert.Equal(1, store.Threads);
    }

    [Fact]
    public async Task A_batch_is_bounded_by_rows_and_a_large_operation_goes_alone()
    {
        var own = Writer(new() { MaxBatchRows = 10 });
        own.Post(Submit());
        await store.BegunAsync();
        foreach (var rows in new[] { 4, 6, 1, 25, 3 })
        {
            own.Post(Submit(rows));
        }

        var last = Submit();
        var committed = last.Committed;
        own.Post(last);
        store.Permit(10);
        await committed;
        Assert.Equal(
            [
                [1],
                [4, 6],
                [1],
                [25],
                [3, 1],
            ],
            store.Batches.Select(b => b.Select(o => o.Weight).ToArray())
        );
    }

    [Fact]
    public async Task Operations_are_settled_after_their_commit_in_order()
    {
        var settled = new ConcurrentQueue<int>();
        var own = Writer();
        var operations = Enumerable
            .Range(0, 50)
            .Select(i => Submit(1, (_, failure) => settled.Enqueue(failure is null ? i : -1)))
            .ToArray();
        own.Post(operations[0]);
        await store.BegunAsync();
        foreach (var operation in operations[1..])
        {
            own.Post(operation);
        }

        Assert.Empty(settled);
        store.Permit(2);
        await own.StopAsync(default);
        Assert.Equal(Enumerable.Range(0, 50), settled);
    }

    [Fact]
    public async Task When_nothing_was_stored_all_of_the_batch_fail_and_the_writer_goes_on()
    {
        var own = Writer();
        store.Fault = new Failure(Catalogue.StoreFull, "no room").AsException();
        var (first, second) = (Submit(), Submit());
        var failed = first.Committed;
        own.Post(first);
        store.Permit();
        var error = await Assert.ThrowsAsync<FailureException>(() => failed);
        Assert.Equal(Catalogue.StoreFull, error.Failure.Entry);

        store.Fault = null;
        var committed = second.Committed;
        own.Post(second);
        store.Permit();
        await committed;
        Assert.False(uncertain.Task.IsCompleted);
    }

    [Fact]
    public async Task One_refused_operation_fails_alone()
    {
        var own = Writer();
        var (good, bad) = (Submit(), Submit());
        bad.Refused = new Failure(Catalogue.KeyConflict, "taken");
        var (goodCommitted, badCommitted) = (good.Committed, bad.Committed);
        own.Post(Submit());
        await store.BegunAsync();
        own.Post(bad);
        own.Post(good);
        store.Permit(2);
        await goodCommitted;
        Assert.Equal(Catalogue.KeyConflict, (await Assert.ThrowsAsync<FailureException>(() => badCommitted)).Failure.Entry);
    }

    [Fact]
    public async Task An_uncertain_commit_settles_nothing_and_ends_the_process()
    {
        var settled = 0;
        var own = Writer();
        store.Fault = new CommitUncertainException("disk");
        own.Post(Submit(1, (_, _) => settled++));
        await store.BegunAsync();
        own.Post(Submit(1, (_, _) => settled++));
        store.Permit();
        Assert.Same(store.Fault, await uncertain.Task);
        await own.StopAsync(default);
        own.Post(Submit(1, (_, _) => settled++));
        Assert.Equal(0, settled);
        Assert.Single(store.Batches);
    }

    [Fact]
    public async Task A_broken_settlement_ends_the_process_too()
    {
        var own = Writer();
        own.Post(Submit(1, (_, _) => throw new InvalidOperationException("bug")));
        store.Permit();
        Assert.IsType<InvalidOperationException>(await uncertain.Task);
        await own.StopAsync(default);
    }

    [Fact]
    public async Task Whoever_brings_work_waits_for_room_in_order()
    {
        var own = Writer(new() { InboxRows = 10, MaxBatchRows = 10 });
        own.Post(Submit());
        await store.BegunAsync();
        Assert.True(own.PostAsync(Submit(8), default).IsCompleted);
        var second = own.PostAsync(Submit(8), default).AsTask();
        var third = own.PostAsync(Submit(1), default).AsTask(); // Small enough, and not before the one that came first.
        Assert.False(second.IsCompleted);
        Assert.False(third.IsCompleted);
        store.Permit();
        await store.BegunAsync();
        await Task.WhenAll(second, third);
        store.Permit(9);
        await own.StopAsync(default);
        Assert.Equal([1, 8, 9], store.Batches.Select(b => b.Sum(o => o.Weight)));
    }

    [Fact]
    public async Task A_wait_for_room_can_be_given_up()
    {
        var own = Writer(new() { InboxRows = 2 });
        own.Post(Submit());
        await store.BegunAsync();
        own.Post(Submit(2));
        using var patience = new CancellationTokenSource();
        var waiting = own.PostAsync(Submit(), patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        store.Permit(9);
        await own.StopAsync(default);
        Assert.Equal(2, store.Batches.Count);
    }

    [Fact]
    public async Task Commits_are_counted_with_their_rows_and_time()
    {
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == MetricNames.Meter)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        var thread = 0;
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => Count(i, value));
        listener.SetMeasurementEventCallback<double>((i, value, _, _) => Count(i, value));
        listener.Start();
        var own = Writer();
        store.Permit(2);
        var submit = Submit(7);
        var committed = submit.Committed;
        store.OnExecute = () => thread = Environment.CurrentManagedThreadId;
        own.Post(submit);
        await committed;
        await own.StopAsync(default);
        Assert.Equal((1, 7), (seen[MetricNames.StoreCommits.Name], seen[MetricNames.StoreBatch.Name]));
        Assert.True(seen[MetricNames.StoreCommit.Name] > 0);

        // Other tests write at the same time; each writer has a thread of its own.
        void Count(Instrument instrument, double value)
        {
            if (Environment.CurrentManagedThreadId == thread)
            {
                seen.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
            }
        }
    }

    [Fact]
    public async Task A_full_inbox_refuses_by_name()
    {
        Failure? refusal = null;
        var own = Writer(new() { InboxHardLimitRows = 5 });
        own.Post(Submit());
        await store.BegunAsync();
        own.Post(Submit(5));
        own.Post(Submit(1, (_, failure) => refusal = failure));
        Assert.Equal(Catalogue.StoreBusy, refusal?.Entry);
        store.Permit(9);
    }

    [Fact]
    public async Task Stopping_commits_what_waits_and_refuses_what_comes()
    {
        var own = Writer();
        var operations = Enumerable.Range(0, 3).Select(_ => Submit()).ToArray();
        var committed = operations.Select(o => o.Committed).ToArray();
        foreach (var operation in operations)
        {
            own.Post(operation);
        }

        await store.BegunAsync();
        var stopped = own.StopAsync(default);
        Failure? refusal = null;
        own.Post(Submit(1, (_, failure) => refusal = failure));
        Assert.Equal(Catalogue.ManagerStopping, refusal?.Entry);
        Assert.False(stopped.IsCompleted);
        store.Permit(9);
        await stopped;
        await Task.WhenAll(committed);
    }

    [Fact]
    public async Task Stopping_without_patience_abandons_what_was_not_begun()
    {
        var own = Writer();
        var (begun, waiting) = (Submit(), Submit());
        var (first, second) = (begun.Committed, waiting.Committed);
        own.Post(begun);
        await store.BegunAsync();
        own.Post(waiting);
        var stopped = own.StopAsync(new CancellationToken(canceled: true));
        store.Permit(9);
        await stopped;
        await first;
        Assert.Equal(Catalogue.ManagerStopping, (await Assert.ThrowsAsync<FailureException>(() => second)).Failure.Entry);
        Assert.Single(store.Batches);
    }
}
