using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public abstract partial class TaskStoreContract
{
    /// <summary>Lives on with what a crash leaves: what was committed, and no orderly close.</summary>
    protected virtual Task CrashAsync() => ReopenAsync();

    /// <summary>Starts again with nothing.</summary>
    private async Task EmptyAsync()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
        Store = await OpenAsync(Clock);
    }

    /// <summary>
    /// Random operations in random batches, with reopening and crashes in between, do to the store what they do to the plainest model:
    /// every result, every record, every count. A failure prints the seeds it shrank to.
    /// </summary>
    [Fact]
    public void The_store_does_what_the_model_does() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(60),
            Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue).ArrayOf(), Shorter), seeds => RunAsync(seeds).GetAwaiter().GetResult())
        );

    private static IEnumerable<int[]> Shorter(int[] seeds) =>
        Enumerable
            .Range(0, seeds.Length == 0 ? 0 : (int)Math.Log2(seeds.Length) + 1)
            .Select(power => seeds.Length >> power)
            .Where(size => size > 0)
            .SelectMany(size => seeds.Chunk(size).Select((_, i) => (int[])[.. seeds[..(i * size)], .. seeds.Skip((i + 1) * size)]));

    private async Task RunAsync(int[] seeds)
    {
        await EmptyAsync();
        var model = new ModelStore(Clock);
        foreach (var seed in seeds)
        {
            var random = new Random(seed);
            Clock.Advance(TimeSpan.FromMilliseconds(random.Next(3000)));
            var batch = new List<(StoreOperation Model, StoreOperation Store)>();
            for (var i = random.Next(1, 8); i > 0; i--)
            {
                batch.Add(ModelSteps.Draw(model, Clock, random.Next()));
                model.Execute(batch[^1].Model);
            }

            await Store.ExecuteAsync([.. batch.Select(b => b.Store)], default);
            batch.ForEach(b => Assert.Equal(Describe(b.Model), Describe(b.Store)));
            await (
                random.Next(12) switch
                {
                    0 => ReopenAsync(),
                    1 => CrashAsync(),
                    _ => Task.CompletedTask,
                }
            );
            await CompareAsync(model);
        }
    }

    private async Task CompareAsync(ModelStore model)
    {
        var records = await Store.ListAsync(new TaskFilter { Limit = 10_000 }, default);
        Assert.Equal(model.Tasks.Values.Reverse().Select(Describe), records.Select(Describe));
        Assert.Equal(model.CountStates(), await Store.CountStatesAsync(default));
        Assert.Equal(model.CountLanes(), (await Store.CountLanesAsync(default)).OrderBy(c => c.Lane.Id));
        Assert.Equal(model.Leases.Values.OrderBy(Order), (await Store.LeasesAsync(default)).OrderBy(Order));
        Assert.Equal(model.Drains.Values, await Store.DrainsAsync(default));
        foreach (
            var worker in model
                .Tasks.Values.Where(t => t.Worker is not null)
                .Select(t => new WorkerRef(t.Worker!, t.Incarnation))
                .Distinct()
        )
        {
            var expected = model.HeldBy(worker).Select(t => (new AttemptRef(t.Number, t.Attempt), model.LaneOf(t)));
            Assert.Equal(expected, await Store.HeldByAsync(worker, default));
        }
    }

    private static string Order(Lease lease) => $"{lease.Worker}";

    private static string Describe(TaskRecord t)
    {
        var plain = t with { Payload = default, Result = null, Failure = null, LateResult = null };
        return $"{plain} {t.Payload.Text()} {t.Result?.Text()} {t.Failure?.Text()} {t.LateResult?.Text()}";
    }

    private static string Describe(StoreOperation operation)
    {
        var result = operation switch
        {
            SubmitOperation o => $"{Join(o.Numbers)} {Join(o.Created)} {Join(o.Assigned)} {Join(o.Lanes)}",
            ClaimOperation o => Join(o.Claimed.Select(c => $"{c with { Payload = default }} {c.Payload.Text()}")),
            OutcomeOperation o => $"{Join(o.Verdicts)} {Join(o.States)} {Join(o.RetryAt)}",
            ReturnOperation o => Join(o.Returned),
            ReleaseOperation o => $"{o.Released} {Join(o.Returned)}",
            CancelOperation o => o.Before is null ? "none" : Describe(o.Before),
            RetryOperation o => $"{o.Lane}",
            PromoteOperation o => $"{Join(o.Promoted.OrderBy(p => p.Key.Id))} {o.NextDue}",
            PruneOperation o => Join(o.RemovedTasks),
            _ => "",
        };
        return $"{operation.GetType().Name} {operation.Refused?.Code} {result}";
    }

    private static string Join<T>(IEnumerable<T> items) => string.Join(" ", items);
}
