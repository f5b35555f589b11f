using OpenClaw.Client.Wire;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Harness;

/// <summary><c>clw up</c> as a user starts it: the whole set of processes.</summary>
internal sealed class Up : IAsyncDisposable
{
    public const string Announcement = "is up.";

    public Up()
    {
        var environment = Room.Environment;
        environment["OPENCLAW_MANAGER_LISTEN"] = $"127.0.0.1:{Room.FreePort()}";
        environment["OPENCLAW_MANAGER_WEB"] = "127.0.0.1:0";
        environment["OPENCLAW_WORKER_HEALTH_PORT"] = "0";
        environment["OPENCLAW_WORKER_SLOTS"] = "2";
        environment["OPENCLAW_WORKER_SHUTDOWN_GRACE"] = "1s";
        environment["OPENCLAW_TASK_KILL_GRACE"] = "1s";
    }

    public Room Room { get; } = new();

    /// <summary>The process that was started: <c>clw up</c> itself.</summary>
    public RealProcess Process { get; private set; } = null!;

    public ProcessEntry Supervisor => Below("clw-supervisor");
    public ProcessEntry Manager => Below("clw-manager");
    public ProcessEntry Worker => Below("clw-worker");
    public List<ProcessEntry> Runners => [.. ProcessTable.ChildrenOf(Worker.Id).Where(p => p is { Name: "clw-runner", IsZombie: false })];

    public async Task StartAsync()
    {
        Process = Room.Clw("up");
        await Process.SaidAsync(Announcement);
    }

    public WireClient Client() =>
        WireClient.Connect(
            new WireOptions
            {
                Addresses = [LocalCluster.FindAddress(Room.Path("data"))!.Value],
                Token = () => LocalCluster.ReadToken(Room.Path("data")),
                Patience = TimeSpan.FromSeconds(60),
            }
        );

    /// <summary>Everything as a user does who has enough: SIGTERM to the one process that he knows.</summary>
    public async Task StopAsync()
    {
        Process.Signal(Signals.Term);
        await Process.EndAsync();
        await Room.NothingRunsAsync("after clw up has ended");
    }

    public ValueTask DisposeAsync() => Room.DisposeAsync();

    // By the first word of its command line: the name that a person looks for.
    private ProcessEntry Below(string name) =>
        ProcessTable.DescendantsOf(Process.Id).FirstOrDefault(p => !p.IsZombie && Path.GetFileName(p.CommandLine.Split(' ')[0]) == name)
        ?? throw new InvalidOperationException(
            $"no {name} below {Process.Id}: {string.Join('\n', ProcessTable.DescendantsOf(Process.Id))}"
        );
}

/// <summary>Looking at tasks.</summary>
internal static class ClientExtensions
{
    public static async Task<string> SubmitAsync(this WireClient client, string type, string payload, Action<TaskSpec>? and = null)
    {
        var spec = TaskMessages.Spec(type, payload);
        and?.Invoke(spec);
        var answer = await client.SubmitAsync(spec);
        Assert.True(answer.IsOk, $"{answer.Failure}");
        return answer.Value.Id;
    }

    public static async Task<V1.Task> TaskAsync(this WireClient client, string id) => (await client.GetAsync(id)).Value;

    /// <summary>Waits until a task is in a state (and more).</summary>
    public static async Task<V1.Task> UntilAsync(
        this WireClient client,
        string id,
        TaskState state,
        Func<V1.Task, bool>? and = null,
        Func<string>? details = null
    )
    {
        V1.Task? last = null;
        return await Until.FoundAsync(
            async () =>
            {
                last = (await client.GetAsync(id)).Value;
                return last.State == state && (and is null || and(last)) ? last : null;
            },
            $"{id} is {state}",
            details: () => $"it is: {last}\n{details?.Invoke()}"
        );
    }
}
