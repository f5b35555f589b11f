using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager;
using OpenClaw.Manager.Api;
using OpenClaw.Manager.Core;
using OpenClaw.Rpc.Api;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;
using OpenClaw.Tests.Rpc;
using OpenClaw.Tests.Store;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Manager;

/// <summary>Waiting and watching over the wire, with a store of its own behind the manager.</summary>
public sealed class WaitTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-wait-");
    private readonly ManualClock clock = new();
    private readonly ManagerMetrics metrics = new();
    private readonly ManagerOptions options;
    private SqliteTaskStore store = null!;
    private StoreWriter writer = null!;
    private OwnerLoop loop = null!;
    private ManagerCore core = null!;
    private Task looping = null!;
    private EchoServer server = null!;

    public WaitTests() => options = new ManagerOptions { ManagerId = "m1", DataDirectory = directory.FullName };

    public async ValueTask InitializeAsync()
    {
        store = (await SqliteTaskStore.OpenAsync(directory.FullName, new SqliteOptions { Clock = clock }, default)).Value;
        writer = new StoreWriter(store, new StoreWriterOptions(), _ => { });
        loop = new OwnerLoop(() => core.Dispatch(), _ => { }, NullLogger<OwnerLoop>.Instance);
        core = new ManagerCore(options, clock, writer.Post, loop.Post, metrics, NullLogger<ManagerCore>.Instance);
        looping = loop.RunAsync();
        server = await EchoServer.StartAsync(
            null,
            new TaskApi(loop, core, store, new SpecReader(options, clock), options.QueueRetryAfter).Create()
        );
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        loop.Complete();
        await looping;
        await writer.StopAsync(default);
        await writer.DisposeAsync();
        await store.DisposeAsync();
        metrics.Dispose();
        directory.Delete(recursive: true);
    }

    /// <summary>Changes the store behind the manager's back.</summary>
    private async Task StoreAsync(StoreOperation operation)
    {
        var committed = operation.Committed;
        writer.Post(operation);
        await committed.WaitAsync(Patience);
    }

    private static NewTask NewTask() => StoreActions.Task() with { DueAt = 0 };

    [Fact]
    public async Task AWaitForATaskThatIsRemovedMeanwhileEnds()
    {
        var submit = new SubmitOperation([NewTask(), NewTask()]);
        await StoreAsync(submit);
        await StoreAsync(new CancelOperation(1, "", "anna"));
        using var channel = server.Channel();
        await using var wait = channel.ServerStreaming(
            TaskMethods.Wait,
            new WaitRequest { Ids = { new TaskId(1).ToString(), new TaskId(2).ToString() } }
        );

        // The first has ended already: what it is told proves that the second was looked up and is waited for.
        Assert.Equal(new TaskId(1).ToString(), Assert.Single((await wait.ReadAsync().AsTask().WaitAsync(Patience))!.Ended).Id);

        // It ends without a word to this manager's waiters, and is removed with all that is old.
        await StoreAsync(new CancelOperation(2, "", "anna"));
        clock.Advance(options.Retention + TimeSpan.FromMinutes(1));
        loop.Post(core.Tick);
        var end = await Assert.ThrowsAsync<FailureException>(() => wait.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal((Catalogue.TaskNotFound, $"There is no task {new TaskId(2)}"), (end.Failure.Entry, end.Failure.Message));
    }
}
