using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;

namespace OpenClaw.Tests.Store;

/// <summary>What the SQLite engine does with files, and what it says when they are not as they should be.</summary>
public sealed class SqliteFilesTests : IDisposable
{
    private readonly string root = Path.Combine(Path.GetTempPath(), "openclaw-files-" + Path.GetRandomFileName());

    private string DataDirectory => Path.Combine(root, "data");
    private string File => Path.Combine(DataDirectory, SqliteTaskStore.FileName);

    public void Dispose()
    {
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private Task<Result<SqliteTaskStore>> OpenAsync(SqliteOptions? options = null) =>
        SqliteTaskStore.OpenAsync(DataDirectory, options ?? new SqliteOptions(), default);

    private async Task MakeAsync(int tasks = 1)
    {
        await using var store = (await OpenAsync()).Value;
        await store.SubmitAsync([.. Enumerable.Range(0, tasks).Select(_ => StoreActions.Task())]);
    }

    /// <summary>The failure of opening, which must leave file and log as they are.</summary>
    private async Task<Failure> RefusedAsync()
    {
        var before = Directory.GetFiles(DataDirectory, "*.db").ToDictionary(f => f, System.IO.File.ReadAllBytes);
        var result = await OpenAsync();
        Assert.False(result.IsOk);
        foreach (var (file, bytes) in before)
        {
            Assert.Equal(bytes, System.IO.File.ReadAllBytes(file));
        }

        return result.Failure;
    }

    [Fact]
    public async Task Directory_and_files_are_their_owners_alone()
    {
        await using var store = (await OpenAsync()).Value;
        await store.SubmitAsync(StoreActions.Task());
        Assert.Equal(Convert.ToInt32("700", 8), (int)System.IO.File.GetUnixFileMode(DataDirectory));
        foreach (var file in Directory.GetFiles(DataDirectory))
        {
            Assert.Equal(Convert.ToInt32("600", 8), (int)System.IO.File.GetUnixFileMode(file));
        }

        Assert.Equal(4, Directory.GetFiles(DataDirectory).Length);
        Assert.Equal(File, store.Name);
    }

    [Fact]
    public async Task A_directory_in_use_names_the_process_and_is_free_after_it()
    {
        await using (var store = (await OpenAsync()).Value)
        {
            var refused = (await OpenAsync()).Failure!;
            Assert.Equal(Catalogue.StoreInUse, refused.Entry);
            Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
            Assert.Equal(Environment.ProcessId.ToString(), refused.Data["pid"]);
        }

        await using var again = (await OpenAsync()).Value;
    }

    [Theory]
    [InlineData(0, "this is no database at all, but long enough for a header of a hundred bytes, which it does not have, as you see")]
    [InlineData(0, "short")]
    public async Task A_file_that_is_no_database_is_refused_and_untouched(int seed, string content)
    {
        Directory.CreateDirectory(DataDirectory);
        await System.IO.File.WriteAllTextAsync(File, content + seed);
        Assert.Equal(Catalogue.StoreCorrupt, (await RefusedAsync()).Entry);
    }

    [Fact]
    public async Task A_database_that_was_cut_short_or_overwritten_is_refused_and_untouched()
    {
        await MakeAsync(2000);
        var whole = await System.IO.File.ReadAllBytesAsync(File);
        await System.IO.File.WriteAllBytesAsync(File, whole[..(whole.Length / 2)]);
        Assert.Equal(Catalogue.StoreCorrupt, (await RefusedAsync()).Entry);

        var scribbled = (byte[])whole.Clone();
        Array.Fill(scribbled, (byte)0xAA, 100, 8000);
        await System.IO.File.WriteAllBytesAsync(File, scribbled);
        Assert.Equal(Catalogue.StoreCorrupt, (await RefusedAsync()).Entry);
    }

    [Fact]
    public async Task Somebody_elses_database_is_refused_and_untouched()
    {
        Directory.CreateDirectory(DataDirectory);
        using (var connection = Connection.Open(File, Native.OpenReadWrite | Native.OpenCreate))
        {
            connection.Execute("CREATE TABLE songs (title TEXT)");
        }

        Assert.Equal(Catalogue.StoreCorrupt, (await RefusedAsync()).Entry);
    }

    [Fact]
    public async Task A_newer_database_is_refused_and_untouched()
    {
        await MakeAsync();
        using (var connection = Connection.Open(File, Native.OpenReadWrite))
        {
            connection.Execute("PRAGMA user_version = 99");
        }

        var refused = await RefusedAsync();
        Assert.Equal(Catalogue.StoreNewer, refused.Entry);
        Assert.Contains("99", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_or_written_is_named()
    {
        Directory.CreateDirectory(root);
        await System.IO.File.WriteAllTextAsync(Path.Combine(root, "file"), "");
        var below = await SqliteTaskStore.OpenAsync(Path.Combine(root, "file", "data"), new SqliteOptions(), default);
        Assert.Equal(Catalogue.StoreUnwritable, below.Failure?.Entry);

        var kernel = await SqliteTaskStore.OpenAsync("/proc/self", new SqliteOptions(), default);
        Assert.Equal(Catalogue.StoreUnwritable, kernel.Failure?.Entry);

        Directory.CreateDirectory(File); // A directory where the file should be.
        Assert.Equal(Catalogue.StoreUnwritable, (await OpenAsync()).Failure?.Entry);
    }

    [Fact]
    public async Task A_full_disk_undoes_the_whole_batch_and_the_store_goes_on()
    {
        await using var store = (await OpenAsync(new SqliteOptions { MaxPages = 60 })).Value;
        var worker = await store.LeaseAsync("w");
        var first = await store.SubmitAsync(StoreActions.Task(), StoreActions.Task());
        await store.ClaimAsync(worker, 1, first.Lanes[0]);

        var small = new SubmitOperation([StoreActions.Task("another")]);
        var outcome = new OutcomeOperation([new AttemptRef(1, 1).Success(worker)]);
        var large = new SubmitOperation([StoreActions.Task() with { Payload = new byte[500_000] }]);
        var error = await Assert.ThrowsAsync<FailureException>(async () => await store.ExecuteAsync([small, outcome, large], default));
        Assert.Equal(Catalogue.StoreFull, error.Failure.Entry);
        Assert.Equal("1 1 0 0 0 0 0", string.Join(" ", await store.CountStatesAsync(default)));

        // Nothing of the batch is left in memory either: not the number, not the lane, not the outcome.
        var next = await store.SubmitAsync(StoreActions.Task("third"));
        Assert.Equal((3L, 2), (next.Numbers[0], next.Lanes[0].Id));
        Assert.Equal(OutcomeVerdict.Recorded, await store.FinishAsync(new AttemptRef(1, 1).Success(worker)));
        Assert.Equal("third", (await store.RecordAsync(3)).Type);
    }

    /// <summary>Needs a file system of a few megabytes, as in: mount -t tmpfs -o size=4m none DIR.</summary>
    [Fact]
    public async Task A_disk_that_is_really_full_loses_nothing_that_was_acknowledged()
    {
        var disk = Environment.GetEnvironmentVariable("OPENCLAW_TEST_SMALL_DISK");
        Assert.SkipWhen(disk is null, "OPENCLAW_TEST_SMALL_DISK names no directory");
        var directory = Path.Combine(disk, Path.GetRandomFileName());
        var acknowledged = 0;
        FailureException? full = null;
        await using (var store = (await SqliteTaskStore.OpenAsync(directory, new SqliteOptions(), default)).Value)
        {
            for (var size = 4000; size > 100; size /= 2)
            {
                full = null;
                while (full is null)
                {
                    try
                    {
                        await store.SubmitAsync(StoreActions.Task() with { Payload = new byte[size] });
                        acknowledged++;
                    }
                    catch (FailureException error)
                    {
                        full = error;
                    }
                }

                Assert.Equal(Catalogue.StoreFull, full.Failure.Entry);
                Assert.Equal(acknowledged, (await store.CountStatesAsync(default))[0]);
            }
        }

        await using var again = (await SqliteTaskStore.OpenAsync(directory, new SqliteOptions(), default)).Value;
        Assert.Equal(acknowledged, (await again.CountStatesAsync(default))[0]);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_commit_that_ends_in_an_error_is_uncertain_and_never_a_failure()
    {
        await using var store = (await OpenAsync(new SqliteOptions { Commit = "SELECT abs(-9223372036854775807 - 1)" })).Value;
        var submit = new SubmitOperation([StoreActions.Task()]);
        await Assert.ThrowsAsync<CommitUncertainException>(async () => await store.ExecuteAsync([submit], default));
    }

    [Fact]
    public async Task The_schema_is_the_one_that_was_released()
    {
        await MakeAsync();
        using var connection = Connection.Open(File, Native.OpenReadOnly);
        Assert.Equal(4, connection.Scalar("PRAGMA user_version"));
        Assert.Equal(Schema.ApplicationId, connection.Scalar("PRAGMA application_id"));
        Assert.Equal(LinesOf(SchemaGolden.Version4), Dump(connection));
    }

    [Fact]
    public async Task Incarnations_that_no_task_names_are_not_kept()
    {
        var clock = new ManualClock();
        await using var store = (await OpenAsync(new SqliteOptions { Clock = clock, MostHolders = 5 })).Value;
        var lane = (await store.SubmitAsync([.. Enumerable.Range(0, 9).Select(_ => StoreActions.Task())])).Lanes[0];
        for (var i = 1; i <= 8; i++)
        {
            var worker = await store.LeaseAsync("w", i);
            var task = Assert.Single(await store.ClaimAsync(worker, 1, lane));
            await store.FinishAsync(task.Success(worker));
            await store.RunAsync(new ReleaseOperation(worker, ReturnReason.HandedBack));
        }

        // The tasks of all but the last two are removed; one more incarnation has a lease, and held a task that it gave back.
        var last = await store.LeaseAsync("w", 9);
        var held = Assert.Single(await store.ClaimAsync(last, 1, lane));
        await store.RunAsync(new ReturnOperation(last, [new(held.Number, held.Attempt)], ReturnReason.HandedBack));
        clock.Advance(TimeSpan.FromSeconds(1));
        await store.RunAsync(new PruneOperation(clock.Now, 6));
        using (var connection = Connection.Open(File, Native.OpenReadOnly))
        {
            Assert.Equal(3, connection.Scalar("SELECT count(*) FROM holders"));
        }

        Assert.Equal("w", (await store.GetAsync(8, default))!.Worker);
        Assert.Equal(held.Number, Assert.Single(await store.ClaimAsync(last, 1, lane)).Number);
        Assert.Equal(held.Number, Assert.Single(await store.HeldByAsync(last, default)).Attempt.Task);
    }

    [Fact]
    public async Task Lanes_without_tasks_are_not_kept_and_their_numbers_not_given_again()
    {
        var clock = new ManualClock();
        var options = new SqliteOptions
        {
            Clock = clock,
            FewLanes = 2,
            MostLanes = 6,
        };
        Lane old;
        Lane newest;
        WorkerRef worker;
        await using (var store = (await OpenAsync(options)).Value)
        {
            worker = await store.LeaseAsync("w", 1);
            var lanes = (await store.SubmitAsync([.. Enumerable.Range(0, 6).Select(i => StoreActions.Task("type" + i))])).Lanes;
            (old, newest) = (lanes[0], lanes[5]);
            Assert.NotNull((await store.RunAsync(new SubmitOperation([StoreActions.Task("another")]))).Refused);
            foreach (var lane in lanes.Where(l => l != lanes[1]))
            {
                await store.FinishAsync(Assert.Single(await store.ClaimAsync(worker, 1, lane)).Success(worker));
            }

            // All but what has a task, and the newest.
            clock.Advance(TimeSpan.FromSeconds(1));
            var prune = await store.RunAsync(new PruneOperation(clock.Now, 100));
            Assert.Equal([1L, 3L, 4L, 5L, 6L], prune.RemovedTasks);
            Assert.Equal([lanes[0], lanes[2], lanes[3], lanes[4]], prune.RemovedLanes.OrderBy(l => l.Id));

            // A manager that does not know it yet asks in vain, and goes on.
            Assert.Empty(await store.ClaimAsync(worker, 5, old));
            Assert.Equal(2L, Assert.Single(await store.ClaimAsync(worker, 5, old, lanes[1])).Number);
        }

        await using (var store = (await OpenAsync(options)).Value)
        {
            var lanes = (await store.SubmitAsync(StoreActions.Task("type0"), StoreActions.Task("type5"))).Lanes;
            Assert.Equal((newest.Id + 1, newest), (lanes[0].Id, lanes[1]));
            Assert.Empty(await store.ClaimAsync(worker, 5, old));
            var claimed = Assert.Single(await store.ClaimAsync(worker, 5, lanes[0]));
            Assert.Equal("type0", (await store.GetAsync(claimed.Number, default))!.Type);
        }
    }

    [Fact]
    public async Task A_file_of_the_first_version_keeps_its_leases()
    {
        await using (var store = (await OpenAsync(new SqliteOptions())).Value)
        {
            await store.LeaseAsync("w", 3, until: 100);
        }

        using (var connection = Connection.Open(File, Native.OpenReadWrite))
        {
            connection.Execute("DROP INDEX tasks_dead; PRAGMA user_version = 3");
            Assert.Equal(LinesOf(SchemaGolden.Version3), Dump(connection));
            connection.Execute("DROP TABLE drains; ALTER TABLE leases DROP COLUMN length; PRAGMA user_version = 2");
            Assert.Equal(LinesOf(SchemaGolden.Version2), Dump(connection));
            connection.Execute("ALTER TABLE leases DROP COLUMN identity; PRAGMA user_version = 1");
            Assert.Equal(LinesOf(SchemaGolden.Version1), Dump(connection));
        }

        await using var again = (await OpenAsync(new SqliteOptions())).Value;
        var lease = Assert.Single(await again.LeasesAsync(default));
        Assert.Equal((new WorkerRef("w", 3), 100L, ""), (lease.Worker, lease.Until, lease.Identity));
    }

    [Fact]
    public async Task At_the_most_lanes_a_look_that_freed_none_is_not_repeated_for_ten_minutes()
    {
        var clock = new ManualClock();
        await using var store = (
            await OpenAsync(
                new SqliteOptions
                {
                    Clock = clock,
                    FewLanes = 2,
                    MostLanes = 2,
                }
            )
        ).Value;
        var worker = await store.LeaseAsync("w", 1);
        var lanes = (await store.SubmitAsync(StoreActions.Task("a"), StoreActions.Task("a"), StoreActions.Task("b"))).Lanes;

        // One of two tasks of its lane ends: nothing to free.
        await FinishOneAsync(lanes[0]);
        Assert.Empty((await PruneAsync()).RemovedLanes);
        await FinishOneAsync(lanes[0]);
        Assert.Empty((await PruneAsync()).RemovedLanes);
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.NotNull((await store.RunAsync(new SubmitOperation([StoreActions.Task("c")]))).Refused);
        await store.SubmitAsync(StoreActions.Task("b"));
        await FinishOneAsync(lanes[2]);
        Assert.Equal([lanes[0]], (await PruneAsync()).RemovedLanes);

        async Task FinishOneAsync(Lane lane) =>
            await store.FinishAsync(Assert.Single(await store.ClaimAsync(worker, 1, lane)).Success(worker));

        async Task<PruneOperation> PruneAsync()
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return await store.RunAsync(new PruneOperation(clock.Now, 100));
        }
    }

    private static IEnumerable<string> LinesOf(string schema) => schema.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim());

    private static List<string> Dump(Connection connection)
    {
        using var schema = connection.PrepareOnce("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name");
        var dump = new List<string>();
        while (schema.Step())
        {
            dump.AddRange(
                schema.Text(0)!.Split('\n').Select(line => line.Trim()).Where(line => !line.StartsWith("--", StringComparison.Ordinal))
            );
        }

        return dump;
    }

    [Fact]
    public async Task Every_commit_is_synced_unless_said_aloud()
    {
        Assert.Null(Environment.GetEnvironmentVariable(SqliteOptions.UnsafeVariable));
        Assert.False(new SqliteOptions().UnsafeNoSync);
        await MakeAsync();
        using var connection = Connection.Open(File, Native.OpenReadWrite);
        foreach (var (unsafeNoSync, expected) in new[] { (false, 2), (true, 0) })
        {
            SqliteTaskStore.Configure(connection, new SqliteOptions { UnsafeNoSync = unsafeNoSync });
            Assert.Equal(expected, connection.Scalar("PRAGMA synchronous"));
        }
    }

    /// <summary>The partial indexes repeat these words; SQLite would silently not use them otherwise.</summary>
    [Fact]
    public void The_indexes_and_the_table_of_transitions_mean_the_same_states()
    {
        Assert.Equal("state IN (1,2)", Schema.Held);
        Assert.Equal("state IN (0)", Schema.Guard(On.Assigned));
        Assert.Equal("state IN (1,2)", Schema.Guard(On.Completed));
        Assert.Equal("0", Schema.Target(On.WorkerLost));
        Assert.All(
            Enum.GetValues<TaskState>(),
            s => Assert.Equal(s >= TaskState.Failed, Transitions.HasEnded(s) && s != TaskState.Succeeded)
        );
    }
}
