using OpenClaw.Core.Metrics;
using OpenClaw.Store;

namespace OpenClaw.Tests.Metrics;

/// <summary>What every engine of the history of metrics promises. A meta-test holds that every engine has a subclass, named after it.</summary>
public abstract class MetricStoreContract : IAsyncLifetime
{
    private const long Hour = 3600 / MetricTime.StepSeconds;
    private const long Start = 6000 * MetricTime.ChunkSlots;

    protected IMetricStore Store { get; private set; } = null!;

    /// <summary>Opens the store of this test: empty at first, with what was kept later.</summary>
    protected abstract Task<IMetricStore> OpenAsync();

    /// <summary>Removes what the test kept.</summary>
    protected abstract ValueTask RemoveAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static MetricChunk Chunk(string name, string labels, int chunk, params byte[] samples) =>
        new(new(name, labels), Start + (chunk * MetricTime.ChunkSlots), samples);

    private async Task<List<string>> ReadAsync(string[] names, int from = 0, int to = 1000, Func<SeriesKey, bool>? wants = null)
    {
        var read = new List<(long Slot, string Line)>();
        await Store.ReadAsync(
            names,
            wants ?? (static _ => true),
            Start + (from * MetricTime.ChunkSlots),
            Start + (to * MetricTime.ChunkSlots),
            (series, slot, samples) =>
                read.Add((slot, $"{series} {(slot - Start) / MetricTime.ChunkSlots} {Convert.ToHexString(samples)}")),
            Token
        );
        Assert.Equal(read.Select(r => r.Slot).Order(), read.Select(r => r.Slot));
        return [.. read.OrderBy(r => r.Slot).ThenBy(r => r.Line, StringComparer.Ordinal).Select(r => r.Line)];
    }

    [Fact]
    public async Task What_was_written_is_read_in_the_order_of_time_and_the_last_word_counts()
    {
        await Store.WriteAsync([Chunk("a", "x=\"1\"", 1, 1), Chunk("a", "", 0, 2), Chunk("b", "", 0, 3)], Token);
        await Store.WriteAsync([Chunk("a", "x=\"1\"", 0, 4), Chunk("a", "", 0, 5, 6)], Token);
        Assert.Equal(["a 0 0506", "a{x=\"1\"} 0 04", "a{x=\"1\"} 1 01"], await ReadAsync(["a"]));
        Assert.Equal(["a 0 0506", "a{x=\"1\"} 0 04", "b 0 03", "a{x=\"1\"} 1 01"], await ReadAsync(["a", "b", "c"]));
        Assert.Equal(["a{x=\"1\"} 1 01"], await ReadAsync(["a"], from: 1));
        Assert.Equal(["a 0 0506", "a{x=\"1\"} 0 04"], await ReadAsync(["a"], to: 0));
        Assert.Equal(["a{x=\"1\"} 0 04", "a{x=\"1\"} 1 01"], await ReadAsync(["a"], wants: s => s.Labels.Length > 0));
        Assert.Empty(await ReadAsync(["c"]));
        await Store.WriteAsync([], Token);
    }

    [Fact]
    public async Task A_few_of_many_series_are_found_as_all_of_them_are()
    {
        await Store.WriteAsync(
            [
                .. Enumerable
                    .Range(0, 10)
                    .SelectMany(chunk => Enumerable.Range(0, 50).Select(n => Chunk($"m{n}", "", chunk, (byte)n, (byte)chunk))),
            ],
            Token
        );
        string[] expected = [.. Enumerable.Range(2, 5).Select(chunk => $"m7 {chunk} 07{chunk:X2}")];
        Assert.Equal(expected, await ReadAsync(["m7"], 2, 6));
        var all = await ReadAsync([.. Enumerable.Range(0, 50).Select(n => $"m{n}")], 2, 6);
        Assert.Equal(250, all.Count);
        Assert.Equal(expected, all.Where(line => line.StartsWith("m7 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_outlives_its_closing()
    {
        await Store.WriteAsync([Chunk("a", "", 0, 9)], Token);
        await Store.DisposeAsync();
        Store = await OpenAsync();
        Assert.Equal(["a 0 09"], await ReadAsync(["a"]));
    }

    [Fact]
    public async Task What_is_too_old_goes_in_whole_chunks_and_takes_its_series_along()
    {
        await Store.WriteAsync([Chunk("old", "", 0, 1), Chunk("a", "", 0, 2), Chunk("a", "", 6, 3)], Token);
        Assert.True(await Store.PruneAsync(Start + Hour, long.MaxValue, Token) > 0);
        Assert.Equal(["a 6 03"], await ReadAsync(["a", "old"]));
        await Store.WriteAsync([Chunk("old", "", 7, 4)], Token);
        Assert.Equal(["a 6 03", "old 7 04"], await ReadAsync(["a", "old"]));
    }

    [Fact]
    public async Task What_is_too_much_goes_the_oldest_first()
    {
        var random = new Random(1);
        for (var chunk = 0; chunk < 40; chunk++)
        {
            var bytes = new byte[300];
            random.NextBytes(bytes);
            await Store.WriteAsync([.. Enumerable.Range(0, 20).Select(n => Chunk($"m{n}", "", chunk, bytes))], Token);
        }

        var most = 120_000;
        var used = await Store.PruneAsync(Start, most, Token);
        Assert.InRange(used, most / 2, most);
        var left = await ReadAsync(["m0"]);
        Assert.InRange(left.Count, 5, 30);
        Assert.StartsWith("m0 39 ", left[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_reads_disturbs_no_writing()
    {
        await Store.WriteAsync([Chunk("a", "", 0, 1)], Token);
        var done = 0;
        var writing = Task.Run(
            async () =>
            {
                for (var chunk = 0; chunk < 200; chunk++)
                {
                    await Store.WriteAsync([Chunk("a", "", chunk, 1), Chunk("b", "", chunk, 1)], Token);
                }

                Volatile.Write(ref done, 1);
            },
            Token
        );
        while (Volatile.Read(ref done) == 0 && !writing.IsCompleted)
        {
            // Both of a write, or none.
            var read = await ReadAsync(["a", "b"], from: 1);
            Assert.Equal(0, read.Count % 2);
        }

        await writing;
    }
}

public sealed class MetricStoreContractMetaTests
{
    [Fact]
    public void Every_engine_is_held_to_the_contract()
    {
        var engines = typeof(IMetricStore).Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IMetricStore))).ToList();
        Assert.NotEmpty(engines);
        var suites = typeof(MetricStoreContract)
            .Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(MetricStoreContract)) && !t.IsAbstract)
            .Select(t => t.Name);
        Assert.All(engines, engine => Assert.Contains(engine.Name + "Tests", suites));
    }
}
