using System.Globalization;
using System.Text.Json;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Harness;

/// <summary>
/// A manager and several workers as they run on machines of their own: <c>clw manager</c> and <c>clw worker</c>, each below its
/// supervisor, each worker with a state directory and a configuration file of its own.
/// </summary>
internal sealed class Fleet : IAsyncDisposable
{
    public Fleet()
    {
        Port = Room.FreePort();
        Web = new HostPort("127.0.0.1", Room.FreePort());
        var environment = Room.Environment;
        environment["OPENCLAW_WORKER_SLOTS"] = "2";
        environment["OPENCLAW_WORKER_HEALTH_PORT"] = "0";
        environment["OPENCLAW_CLUSTER_RECONNECT_INTERVAL"] = "100ms";
        environment["OPENCLAW_MANAGER_LISTEN"] = Address.ToString();
        environment["OPENCLAW_MANAGER_WEB"] = Web.ToString();
    }

    public Room Room { get; } = new();
    public int Port { get; }
    public HostPort Address => new("127.0.0.1", Port);
    public HostPort Web { get; }

    /// <summary>The process that was started: the manager's supervisor.</summary>
    public RealProcess Manager { get; private set; } = null!;

    /// <summary>Supervisors of workers by the worker's name.</summary>
    public Dictionary<string, RealProcess> Workers { get; } = new(StringComparer.Ordinal);

    public string ManagerConfig => Room.Path("manager.yaml");

    public string ConfigOf(string worker) => Room.Path(worker + ".yaml");

    public async Task StartAsync(params string[] workers)
    {
        await StartManagerAsync();
        foreach (var worker in workers)
        {
            LaunchWorker(worker);
        }

        await Task.WhenAll(workers.Select(w => StateAsync(w, "healthy")));
    }

    public async Task StartManagerAsync()
    {
        if (!File.Exists(ManagerConfig))
        {
            await File.WriteAllTextAsync(ManagerConfig, "log:\n  level: info\n");
        }

        Manager = Room.Start(Checkout.Program("clw"), ["manager", "--config", ManagerConfig]);
        using var client = Client();
        await Until.TrueAsync(
            async () =>
            {
                Assert.False(Manager.HasExited, $"the manager has ended: {Manager.Said}");
                return (await client.StatusAsync()).IsOk;
            },
            "the manager answers",
            details: () => Manager.Said
        );
    }

    public RealProcess LaunchWorker(string name, params (string, string)[] more)
    {
        if (!File.Exists(ConfigOf(name)))
        {
            File.WriteAllText(ConfigOf(name), $"cluster:\n  worker_id: {name}\n");
        }

        return Workers[name] = Room.Start(
            Checkout.Program("clw"),
            ["worker", "--config", ConfigOf(name)],
            [("OPENCLAW_WORKER_STATE_DIR", Room.Path("state-" + name)), ("OPENCLAW_LOG_DIRECTORY", Room.Path("log-" + name)), .. more]
        );
    }

    /// <summary>The worker's own process, below its supervisor.</summary>
    public ProcessEntry ProcessOf(string worker) =>
        ProcessTable.DescendantsOf(Workers[worker].Id).First(p => p.Name == "clw-worker" && !p.IsZombie);

    public ProcessEntry ManagerProcess =>
        ProcessTable.DescendantsOf(Manager.Id).First(p => p.CommandLine.StartsWith("clw-manager", StringComparison.Ordinal) && !p.IsZombie);

    public async Task<WorkerStatus> StateAsync(string worker, string state, Func<WorkerStatus, bool>? and = null, TimeSpan? bound = null)
    {
        using var client = Client();
        return await Until.FoundAsync(
            async () =>
            {
                var status = await client.StatusAsync();
                return status.IsOk
                    ? status.Value.Workers.FirstOrDefault(w => w.Id == worker && w.State == state && (and is null || and(w)))
                    : null;
            },
            $"{worker} is {state}",
            bound,
            details: () => Manager.Said + Workers.GetValueOrDefault(worker)?.Said
        );
    }

    public WireClient Client() =>
        WireClient.Connect(
            new WireOptions
            {
                Addresses = [Address],
                Token = () => LocalCluster.ReadToken(Room.Path("data")),
                Patience = TimeSpan.FromSeconds(60),
            }
        );

    /// <summary>A command whose output is JSON.</summary>
    public async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var clw = await Room.RunAsync([.. arguments, "--json"]);
        Assert.True(clw.Output.Length > 0, clw.Said);
        return JsonDocument.Parse(clw.Output).RootElement;
    }

    /// <summary>A series of the manager's metrics, by its name and labels in any order; null while it is not there.</summary>
    public async Task<double?> MetricAsync(string name, params (string Label, string Value)[] labels)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"http://{Web}/metrics"));
        var line = text.Split('\n')
            .FirstOrDefault(l =>
                (l.StartsWith(name + " ", StringComparison.Ordinal) || l.StartsWith(name + "{", StringComparison.Ordinal))
                && labels.All(x => l.Contains($"{x.Label}=\"{x.Value}\"", StringComparison.Ordinal))
            );
        return line is null ? null : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => Room.DisposeAsync();
}
