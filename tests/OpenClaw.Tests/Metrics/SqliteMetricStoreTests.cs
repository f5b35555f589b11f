using OpenClaw.Core.Errors;
using OpenClaw.Core.Metrics;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;

namespace OpenClaw.Tests.Metrics;

public sealed class SqliteMetricStoreTests : MetricStoreContract
{
    private readonly string directory = Directory.CreateTempSubdirectory("openclaw-metrics-").FullName;

    protected override async Task<IMetricStore> OpenAsync() => (await SqliteMetricStore.OpenAsync(directory, null, default)).Value;

    protected override ValueTask RemoveAsync()
    {
        Directory.Delete(directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>The file: whose it is, and what becomes of one that cannot be used.</summary>
public sealed class SqliteMetricFileTests : IDisposable
{
    private static readonly MetricChunk One = new(new("a", ""), MetricTime.ChunkSlots, new byte[] { 1 });
    private readonly string directory = Directory.CreateTempSubdirectory("openclaw-metrics-").FullName;

    private string File => Path.Combine(directory, SqliteMetricStore.FileName);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private async Task<SqliteMetricStore> OpenAsync(Failure? damaged = null) =>
        (await SqliteMetricStore.OpenAsync(directory, damaged, Token)).Value;

    [Fact]
    public async Task The_file_is_its_owners_alone_and_gives_room_back()
    {
        await using var store = await OpenAsync();
        await store.WriteAsync(
            [.. Enumerable.Range(0, 2000).Select(n => One with { Series = new($"m{n}", ""), Samples = new byte[500] })],
            Token
        );
        Assert.Null(store.SetAside);
        foreach (var file in Directory.GetFiles(directory))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file));
        }

        var full = await store.PruneAsync(0, long.MaxValue, Token);
        var empty = await store.PruneAsync(long.MaxValue, long.MaxValue, Token);
        Assert.InRange(empty, 1, full / 10);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("truncated")]
    [InlineData("newer")]
    [InlineData("foreign")]
    public async Task A_file_that_cannot_be_used_is_set_aside(string how)
    {
        await using (var store = await OpenAsync())
        {
            await store.WriteAsync([.. Enumerable.Range(0, 2000).Select(n => One with { Series = new($"m{n}", "") })], Token);
        }

        switch (how)
        {
            case "garbage":
                await System.IO.File.WriteAllTextAsync(File, new string('x', 10_000), Token);
                break;
            case "truncated":
                using (var file = new FileStream(File, FileMode.Open))
                {
                    file.SetLength(file.Length / 2);
                }

                break;
            default:
                using (var connection = Connection.Open(File, Native.OpenReadWrite))
                {
                    connection.Execute(how == "newer" ? "PRAGMA user_version = 99" : "PRAGMA application_id = 1");
                }

                break;
        }

        var was = await System.IO.File.ReadAllBytesAsync(File, Token);
        await using var fresh = await OpenAsync();
        Assert.Equal(how == "newer" ? Catalogue.StoreNewer : Catalogue.StoreCorrupt, fresh.SetAside?.Entry);
        Assert.Equal(was, await System.IO.File.ReadAllBytesAsync(SqliteMetricStore.AsidePath(directory), Token));
        await fresh.WriteAsync([One], Token);
        Assert.Equal(1, await CountAsync(fresh));
    }

    [Fact]
    public async Task What_is_found_damaged_while_it_is_read_is_a_failure_with_a_code()
    {
        await using (var store = await OpenAsync())
        {
            await store.WriteAsync(
                [.. Enumerable.Range(0, 2000).Select(n => One with { Series = new("m", $"n=\"{n}\""), Samples = new byte[300] })],
                Token
            );
        }

        // The pages of the chunks, not the first ones.
        await using (var file = new FileStream(File, FileMode.Open))
        {
            file.Position = file.Length / 3;
            await file.WriteAsync(Enumerable.Repeat((byte)0xAA, (int)(file.Length / 3)).ToArray(), Token);
        }

        await using (var store = await OpenAsync())
        {
            var failure = await Assert.ThrowsAsync<FailureException>(async () => await CountAsync(store));
            Assert.Equal(Catalogue.StoreCorrupt, failure.Failure.Entry);
            await store.DisposeAsync();
            await using var fresh = await OpenAsync(failure.Failure);
            Assert.Equal(0, await CountAsync(fresh));
        }

        Assert.True(System.IO.File.Exists(SqliteMetricStore.AsidePath(directory)));
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_a_failure_and_no_exception()
    {
        var opened = await SqliteMetricStore.OpenAsync(Path.Combine(directory, "nowhere"), null, Token);
        Assert.Equal(Catalogue.StoreUnwritable, opened.Failure?.Entry);
    }

    private static async Task<int> CountAsync(SqliteMetricStore store)
    {
        var count = 0;
        await store.ReadAsync(["a", "m"], static _ => true, 0, long.MaxValue, (_, _, _) => count++, Token);
        return count;
    }
}
