using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Chaos;

/// <summary>
/// Submits without a pause, one by one and in batches, each task with a key, and again when the answer was lost; waits for every
/// acknowledged one. Keeps the books in the ledger.
/// </summary>
internal sealed class Load(WireClient client, Ledger ledger, ChaosOptions options) : IDisposable
{
    private const int Senders = 6;
    private const int BatchSize = 40;
    private readonly SemaphoreSlim room = new(options.Outstanding / BatchSize);
    private int next;

    /// <summary>Set when enough is submitted: what is under way is still acknowledged and waited for.</summary>
    public CancellationTokenSource Enough { get; } = new();

    public int Submitted => Volatile.Read(ref next);

    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(Enumerable.Range(0, Senders).Select(i => Task.Run(() => SendAsync(i, cancellation), cancellation)));

    private async Task SendAsync(int sender, CancellationToken cancellation)
    {
        var waiting = new List<Task>();
        while (!Enough.IsCancellationRequested)
        {
            await room.WaitAsync(cancellation);
            var first = Interlocked.Add(ref next, BatchSize) - BatchSize;
            var batch = Enumerable.Range(first, BatchSize).Select(Spec).ToList();
            var ids = sender % 2 == 0 ? await OneByOneAsync(batch, cancellation) : await TogetherAsync(batch, cancellation);
            waiting.Add(WaitAsync(ids, cancellation));
            waiting.RemoveAll(w => w.IsCompletedSuccessfully);
        }

        await Task.WhenAll(waiting);
    }

    private async Task<List<string>> OneByOneAsync(List<TaskSpec> batch, CancellationToken cancellation)
    {
        var calls = batch.Select(async spec =>
        {
            while (true)
            {
                // The client repeats by itself, because there is a key; its patience may end during a long outage.
                var answer = await client.SubmitAsync(spec, cancellation);
                if (answer.IsOk)
                {
                    ledger.Acknowledge(spec.Key, answer.Value.Id);
                    return answer.Value.Id;
                }

                MayBeRepeated(answer.Failure!);
            }
        });
        return [.. await Task.WhenAll(calls)];
    }

    private async Task<List<string>> TogetherAsync(List<TaskSpec> batch, CancellationToken cancellation)
    {
        while (true)
        {
            var ids = new List<string>();
            var all = new BulkOptions
            {
                BatchSize = BatchSize,
                OnAcknowledged = acknowledged =>
                {
                    for (var i = 0; i < acknowledged.Ids.Count; i++)
                    {
                        ledger.Acknowledge(batch[(int)acknowledged.First + i].Key, acknowledged.Ids[i]);
                        ids.Add(acknowledged.Ids[i]);
                    }
                },
            };
            var answer = await client.SubmitManyAsync(batch.ToAsyncEnumerable(), all, cancellation);
            if (answer.IsOk)
            {
                return ids;
            }

            MayBeRepeated(answer.Failure!);
        }
    }

    private static void MayBeRepeated(Failure failure) =>
        Assert.True(failure.Entry.Kind is FailureKind.Unavailable, $"a submission was refused: {failure.Code}: {failure.Message}");

    private async Task WaitAsync(List<string> ids, CancellationToken cancellation)
    {
        await foreach (var task in client.WaitAsync(ids, cancellation))
        {
            ledger.Announce(task);
        }

        room.Release();
    }

    // 0 to 20 ms: half do nothing, the others sleep in the built-in handler or in Lua.
    private TaskSpec Spec(int number)
    {
        var draw = new Random(HashCode.Combine(options.Seed, number));
        var ms = draw.Next(0, 21);
        var spec = draw.Next(10) switch
        {
            < 5 => TaskMessages.Spec("noop"),
            < 8 => TaskMessages.Spec("sleep", $$"""{"ms":{{ms}}}"""),
            _ => TaskMessages.Spec("chaos", $$"""{"ms":{{ms}},"n":{{number}}}"""),
        };
        spec.Key = Key(number);
        spec.MaxRetries = 20;
        return spec;
    }

    public static string Key(int number) => $"chaos-{number}";

    public void Dispose()
    {
        room.Dispose();
        Enough.Dispose();
    }
}
