using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.Manager.Metrics;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Metrics;

/// <summary>The history with a real store, and a clock that the test moves: restarts, a day and more, bounds, a disk that refuses.</summary>
public sealed class MetricHistoryTests : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("openclaw-history-").FullName;
    private readonly VirtualTime time = new();
    private readonly RecordingLogger<MetricHistory> logger = new();
    private MetricHistoryOptions options = new();
    private MetricHistory history = null!;
    private Failure? refusal;
    private int opened;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        refusal = null;
        await history.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    private async Task StartAsync()
    {
        history = new(OpenAsync, options, time, logger);
        await history.StartAsync(Token);
    }

    private async Task<IMetricStore> OpenAsync(Failure? damaged, CancellationToken cancellation)
    {
        opened++;
        return refusal is { } failure
            ? throw failure.AsException()
            : new Refusing((await SqliteMetricStore.OpenAsync(directory, damaged, cancellation)).Value, () => refusal);
    }

    /// <summary>The real store behind a disk that refuses when the test says so.</summary>
    private sealed class Refusing(IMetricStore inner, Func<Failure?> refusal) : IMetricStore
    {
        public string Name => inner.Name;

        public ValueTask WriteAsync(IReadOnlyList<MetricChunk> chunks, CancellationToken cancellation) =>
            refusal() is { } failure ? throw failure.AsException() : inner.WriteAsync(chunks, cancellation);

        public ValueTask ReadAsync(
            IReadOnlyList<string> names,
            Func<SeriesKey, bool> wants,
            long fromSlot,
            long toSlot,
            MetricChunkReader read,
            CancellationToken cancellation
        ) => refusal() is { } failure ? throw failure.AsException() : inner.ReadAsync(names, wants, fromSlot, toSlot, read, cancellation);

        public ValueTask<long> PruneAsync(long beforeSlot, long mostBytes, CancellationToken cancellation) =>
            inner.PruneAsync(beforeSlot, mostBytes, cancellation);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private long Slot => MetricTime.SlotOf(time.GetUtcNow());

    private static MetricValue Retries(double value, string type = "a") =>
        new(new("openclaw_task_retries_total", $"type=\"{type}\""), value, true);

    /// <summary>Ten seconds later, with these values.</summary>
    private void Sample(params MetricValue[] values)
    {
        time.Advance(MetricTime.Step);
        Assert.True(history.Add(Slot, values));
    }

    private async Task<string> AskAsync(string query, TimeSpan range, TimeSpan? step = null, params MetricValue[] now)
    {
        var parsed = MetricQueryParser.Parse(query).Value;
        var window = QueryWindow.Of(Slot + (now.Length > 0 ? 1 : 0), range, step, parsed.Window);
        var answer = await history.QueryAsync(QueryEvaluation.Create(parsed, window, [], "c").Value, now, Token);
        return answer.IsOk
            ? string.Join('|', answer.Value.Series.Select(s => string.Join(' ', s.Values.Select(v => $"{v:0.###}"))))
            : answer.Failure.Code;
    }

    [Fact]
    public async Task What_was_sampled_is_answered_at_once_and_what_is_happening_too()
    {
        Sample(Retries(1));
        Sample(Retries(4));
        Assert.Equal("4", await AskAsync("task_retries", TimeSpan.FromMinutes(1)));
        Assert.Equal("4", await AskAsync("increase(task_retries)", TimeSpan.FromMinutes(1)));
        Assert.Equal("1 3", await AskAsync("increase(task_retries)", TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)));
        Assert.Equal("9|5", await AskAsync("increase(task_retries)", TimeSpan.FromMinutes(1), null, Retries(9), Retries(5, "new")));
        Assert.False(history.Add(Slot, [Retries(100)]));
    }

    [Fact]
    public async Task A_manager_that_is_killed_loses_what_was_not_flushed_and_its_successor_goes_on()
    {
        Sample(Retries(10));
        Sample(Retries(12));
        await history.FlushAsync(Token);
        Sample(Retries(13));

        // As kill -9 leaves it: without the last flush. The successor counts from zero, past where its predecessor was.
        history = new(OpenAsync, options, time, logger);
        await history.StartAsync(Token);
        Assert.Equal("12", await AskAsync("increase(task_retries)", TimeSpan.FromMinutes(5)));
        Sample(Retries(20));
        Assert.Equal("32", await AskAsync("increase(task_retries)", TimeSpan.FromMinutes(5)));
        await history.FlushAsync(Token);
        Sample(Retries(21));
        Assert.Equal("10 2 0 20 1", await AskAsync("increase(task_retries)", TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_day_is_kept_and_what_is_older_goes()
    {
        var day = (int)(MetricTime.Retention / MetricTime.Step);
        for (var i = 1; i <= day + 720; i++)
        {
            Sample(Retries(i), new MetricValue(new("openclaw_queue_capacity", ""), i, false));
            if (i % 30 == 0)
            {
                await history.FlushAsync(Token);
            }
        }

        // The rise within the last 24 hours, out of 26; and every sample of them is there.
        Assert.Equal($"{day}", await AskAsync("increase(task_retries)", MetricTime.Retention));
        var points = (await AskAsync("queue_capacity", MetricTime.Retention, MetricTime.Step)).Split(' ');
        Assert.Equal(Enumerable.Range(721, day).Select(n => $"{n}"), points);
        var stored = new List<long>();
        await using (var store = (await SqliteMetricStore.OpenAsync(directory, null, Token)).Value)
        {
            await store.ReadAsync(["openclaw_queue_capacity"], static _ => true, 0, long.MaxValue, (_, slot, _) => stored.Add(slot), Token);
        }

        Assert.InRange(stored.Count, 144, 146);
        Assert.InRange(history.Bytes, 1, 1 << 20);
    }

    [Fact]
    public async Task Beyond_the_bound_series_are_refused_and_counted_and_what_is_gone_makes_room()
    {
        await history.DisposeAsync();
        options = options with { MostSeries = 2 };
        await StartAsync();
        Sample(Retries(1), Retries(1, "b"), Retries(1, "c"), Retries(1, "d"));
        Assert.Equal((2, 2), (history.Series, history.Refused));
        Assert.Equal("1|1", await AskAsync("task_retries", TimeSpan.FromMinutes(1)));
        for (var i = 0; i < 2 * MetricTime.ChunkSlots; i++)
        {
            Sample(Retries(1), Retries(1, "d"));
        }

        Assert.Equal((2, 0), (history.Series, history.Refused));
        Assert.Equal("1|1", await AskAsync("task_retries{type=~\"a|d\"}", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task While_the_disk_refuses_the_history_goes_on_in_memory_within_its_bound()
    {
        refusal = new Failure(Catalogue.StoreFull, "the disk is full");
        for (var i = 1; i <= 3 * MetricTime.ChunkSlots; i++)
        {
            Sample(Retries(i));
            if (i % 25 == 0)
            {
                await Assert.ThrowsAsync<FailureException>(() => history.FlushAsync(Token));
            }
        }

        refusal = null;
        Assert.Equal("180", await AskAsync("increase(task_retries)", TimeSpan.FromHours(1)));
        await history.FlushAsync(Token);
        Assert.Equal("180", await AskAsync("increase(task_retries)", TimeSpan.FromHours(1)));
        await history.DisposeAsync();
        await StartAsync();
        Assert.Equal("180", await AskAsync("increase(task_retries)", TimeSpan.FromHours(1)));
        Assert.Equal(0, history.Dropped);

        await history.DisposeAsync();
        options = options with { MostWaitingBytes = 1000 };
        await StartAsync();
        refusal = new Failure(Catalogue.StoreFull, "the disk is full");
        for (var i = 0; i < 10 * MetricTime.ChunkSlots; i++)
        {
            Sample(Retries(i));
        }

        Assert.InRange(history.Dropped, 4, 9);
    }

    [Fact]
    public async Task A_disk_that_is_not_there_at_the_start_is_said_once_and_asked_again()
    {
        await history.DisposeAsync();
        refusal = new Failure(Catalogue.StoreUnwritable, "no such directory");
        opened = 0;
        await StartAsync();
        await history.FlushAsync(Token);
        Sample(Retries(7));
        Assert.Equal("7", await AskAsync("task_retries", TimeSpan.FromMinutes(1)));
        Assert.Equal(2, opened);
        Assert.Single(logger.At(LogLevel.Warning));
        refusal = null;
        await history.FlushAsync(Token);
        await history.DisposeAsync();
        await StartAsync();
        Assert.Equal("7", await AskAsync("task_retries", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task What_is_damaged_is_told_to_who_asks_and_set_aside_at_the_next_flush()
    {
        Sample(Retries(7));
        await history.FlushAsync(Token);
        refusal = new Failure(Catalogue.StoreCorrupt, "it is damaged");
        Assert.Equal("clw-store-corrupt", await AskAsync("task_retries", TimeSpan.FromMinutes(1)));
        refusal = null;
        await history.FlushAsync(Token);
        Assert.True(File.Exists(SqliteMetricStore.AsidePath(directory)));
        Assert.Equal("7", await AskAsync("task_retries", TimeSpan.FromMinutes(1)));
    }
}
