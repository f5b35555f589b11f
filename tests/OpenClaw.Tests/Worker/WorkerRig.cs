using Google.Protobuf;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Settings;
using OpenClaw.Tests.Support;
using OpenClaw.V1;
using OpenClaw.Worker;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Outbox;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;
using OpenClaw.Worker.Session;

namespace OpenClaw.Tests.Worker;

internal sealed class TestRunner(int id) : IRunner
{
    public int ProcessId => id;
    public string WorkingDirectory { get; init; } = "";
    public List<long> Given { get; } = [];
    public List<int> Signals { get; } = [];
    public bool IsClosed { get; private set; }

    public void Queue(in RunCommand command) => Given.Add((long)command.Handle);

    public void Flush() { }

    public void Execute(ExecCommand command, ReadOnlyMemory<byte> payload) => Given.Add((long)command.Handle);

    public void Serve(ExecCommand command, TimeSpan helloWithin) => Became = command;

    public void Give(in ServeTask task) => Given.Add((long)task.Handle);

    public bool Cancel(ulong handle)
    {
        Cancelled.Add((long)handle);
        return !UnderstandsCancel;
    }

    public string Mark => "mark-1";

    public void Guard(TaskGuard? guard) => Guarded = guard;

    public TaskGuard? Guarded { get; private set; }

    public ExecCommand? Became { get; private set; }
    public List<long> Cancelled { get; } = [];

    /// <summary>False: it has to be told by a signal.</summary>
    public bool UnderstandsCancel { get; set; } = true;

    public void Close() => IsClosed = true;

    public void Signal(int signal) => Signals.Add(signal);
}

internal sealed class TestOutbox(List<string> log) : IOutbox
{
    private readonly List<(OutboxKey Key, AttemptOutcome Outcome)> kept = [];
    private int unwritten;

    public string? Problem { get; set; }
    public int Count => kept.Count;
    public IEnumerable<IGrouping<long, AttemptOutcome>> Earlier =>
        kept.Where(k => k.Key.Incarnation != 7).GroupBy(k => k.Key.Incarnation, k => k.Outcome);
    public IEnumerable<AttemptOutcome> Own => kept.Where(k => k.Key.Incarnation == 7).Select(k => k.Outcome);
    public bool IsFull { get; set; }

    public void Keep(long incarnation, AttemptOutcome outcome) =>
        kept.Add((new OutboxKey(incarnation, new AttemptKey(outcome.Task, outcome.Attempt)), outcome));

    public void Add(AttemptOutcome outcome)
    {
        Keep(7, outcome);
        unwritten++;
    }

    public string? Flush()
    {
        if (Problem is null && unwritten > 0)
        {
            log.Add("written");
            unwritten = 0;
        }

        return Problem;
    }

    public void Acknowledge(OutboxKey key) => kept.RemoveAll(k => k.Key == key);
}

internal sealed class TestManager(List<string> log) : IManagerSession
{
    public List<WorkerMessage> Received { get; } = [];
    public int Waiting { get; set; }

    public void Send(WorkerMessage message)
    {
        Received.Add(message);
        if (message.Outcomes is not null)
        {
            log.Add("sent");
        }
    }

    public IReadOnlyList<AttemptOutcome> Outcomes => [.. Received.SelectMany(m => m.Outcomes?.Outcomes_ ?? [])];
    public IReadOnlyList<long> HandedBack => [.. Received.SelectMany(m => m.HandBack?.Attempts ?? []).Select(a => a.Task)];
}

/// <summary>The worker's core with runners, outbox and manager that do what a test says.</summary>
internal sealed class WorkerRig : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-worker-");

    private readonly RunnerDirectories? directories;

    /// <param name="with">Changes to the options.</param>
    /// <param name="directories">Where runners leave their cores; null: they have no place.</param>
    public WorkerRig(Func<WorkerOptions, WorkerOptions>? with = null, RunnerDirectories? directories = null)
    {
        this.directories = directories;
        Options = new WorkerOptions
        {
            WorkerId = "w1",
            Identity = "mark",
            Incarnation = 7,
            StateDirectory = directory.FullName,
            PluginDirectory = directory.FullName,
            RunnerPath = "/nowhere",
        };
        Options = with?.Invoke(Options) ?? Options;
        Outbox = new TestOutbox(Log);
        Core = new WorkerCore(Options, Time, Outbox, type => Handlers.GetValueOrDefault(type), _ => Start(), Logger);
        Core.Start();
    }

    public VirtualTime Time { get; } = new();
    public WorkerOptions Options { get; }
    public List<string> Log { get; } = [];
    public TestOutbox Outbox { get; }
    public RecordingLogger<WorkerCore> Logger { get; } = new();
    public WorkerCore Core { get; }
    public List<TestRunner> Runners { get; } = [];
    public string? RefuseRunners { get; set; }
    public TestManager Manager { get; private set; } = null!;
    public Dictionary<string, TaskHandler> Handlers { get; } =
        new()
        {
            ["noop"] = new TaskHandler("noop", HandlerForm.Builtin, "", ""),
            ["served"] = new TaskHandler("served", HandlerForm.Executable, "/plugins/served", "v1")
            {
                Manifest = new PluginManifest { Mode = PluginMode.Serve, MaxMemoryBytes = 100 << 20 },
            },
            ["hasty"] = new TaskHandler("hasty", HandlerForm.Lua, "/plugins/hasty.lua", "v1")
            {
                Manifest = new PluginManifest { LeaseStop = TimeSpan.FromSeconds(20), ReassignAfter = TimeSpan.FromSeconds(30) },
            },
            ["stays"] = new TaskHandler("stays", HandlerForm.Lua, "/plugins/stays.lua", "v1")
            {
                Manifest = new PluginManifest { OnLinkLoss = OnLinkLoss.Continue, ReassignAfter = TimeSpan.FromSeconds(5) },
            },
            ["prog"] = new TaskHandler("prog", HandlerForm.Executable, "/plugins/prog", "v1"),
        };

    private TestRunner Start()
    {
        if (RefuseRunners is not null)
        {
            throw new ChildStartException(RefuseRunners, 12);
        }

        var runner = new TestRunner(100 + Runners.Count) { WorkingDirectory = directories?.Next() ?? "" };
        Runners.Add(runner);
        return runner;
    }

    public void Connect(Registered? answer = null)
    {
        Manager = new TestManager(Log);
        Core.OnConnected(Manager, answer ?? new Registered { LeaseMs = 360_000, LeaseStopMs = 300_000 }, Time.GetUtcNow());
        Core.AfterRun();
    }

    public void Ready() => Runners.ForEach(r => Report(r, FrameKind.Ready));

    public void Report(TestRunner runner, FrameKind kind, long task = 0, string result = "1", string code = "", long micros = 100)
    {
        Core.OnReports(
            runner,
            [
                new SlotReport
                {
                    Kind = kind,
                    Handle = (ulong)task,
                    RunMicros = micros,
                    Retryable = true,
                    Text = "text",
                    Code = code,
                    Result = kind == FrameKind.Succeeded ? ByteString.CopyFromUtf8(result) : ByteString.Empty,
                },
            ]
        );
        Core.AfterRun();
    }

    public void Assign(params long[] tasks) => Assign("noop", 0, tasks);

    public void Assign(string type, long timeoutMs, params long[] tasks)
    {
        var message = new Assignments();
        message.Assignments_.AddRange(
            tasks.Select(t => new Assignment
            {
                Task = t,
                Attempt = 1,
                Type = type,
                TimeoutMs = timeoutMs,
            })
        );
        Core.OnAssignments(message);
        Core.AfterRun();
    }

    public void End(TestRunner runner, int? exit = null, int? signal = null, string output = "")
    {
        Core.OnRunnerEnded(
            runner,
            new ProcessEnd(exit, signal, CoreDumped: false, 1 << 20, TimeSpan.Zero),
            System.Text.Encoding.UTF8.GetBytes(output)
        );
        Core.AfterRun();
    }

    public void Pass(TimeSpan time)
    {
        Time.Advance(time);
        Core.Tick();
        Core.AfterRun();
    }

    /// <summary>What the process of a runner is said to hold, beside what it may.</summary>
    public void Holds(TestRunner runner, long bytes)
    {
        if (runner.Guarded is { MemoryBytes: { } allowed } guard && bytes > allowed)
        {
            Core.OnExceeded(runner, new Excess(ExcessKind.Memory, guard.Handle, bytes, allowed));
            Core.AfterRun();
        }
    }

    public TestRunner RunnerOf(long task) => Runners.Last(r => r.Given.Contains(task));

    public void Dispose() => directory.Delete(recursive: true);
}
