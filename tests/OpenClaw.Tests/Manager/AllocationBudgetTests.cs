using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager;
using OpenClaw.Manager.Api;
using OpenClaw.Manager.Core;
using OpenClaw.Store;
using OpenClaw.Tests.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Tests.Manager;

/// <summary>
/// What the manager allocates for a task on its whole way: the request from the wire, checks, dispatch, the assignment to the wire, the
/// outcome from the wire, the answers. The store's own work and the transport are not in it. A budget of time flickers on a shared
/// machine; bytes do not, and they are what the collector's pauses are made of.
/// </summary>
public sealed class AllocationBudgetTests : IDisposable
{
    /// <summary>Bytes for each task. Raise it only with a reason; lower it when the way has become shorter.</summary>
    private const int Budget = 2500;

    private const int Batch = 500;
    private const int Rounds = 20;

    private readonly ManualClock clock = new();
    private readonly ModelStore store;
    private readonly ManagerMetrics metrics = new();
    private readonly ManagerCore core;
    private readonly SpecReader specs;
    private readonly Queue<StoreOperation> posted = new();
    private readonly Queue<Action> loop = new();
    private readonly TestSession session = new();
    private readonly byte[] wire = new byte[1 << 20];
    private long inStore;

    public AllocationBudgetTests()
    {
        var options = new ManagerOptions { ManagerId = "m1", DataDirectory = "/nowhere" };
        store = new(clock);
        specs = new(options, clock);
        core = new(options, clock, posted.Enqueue, loop.Enqueue, metrics, NullLogger<ManagerCore>.Instance);
    }

    [Fact]
    public void A_task_costs_the_manager_less_than_its_budget()
    {
        var register = new Register
        {
            Worker = "w1",
            Incarnation = 1,
            Identity = "mark",
            // Room for a whole batch, whatever the run times say.
            Slots = Batch,
            HeartbeatIntervalMs = 10_000,
        };
        register.Types_.Add(new TaskType { Name = "noop", Kind = "builtin" });
        Assert.Null(core.Register(session, register, out var worker));
        Settle();
        var request = Request();

        // Pools and caches fill, and run times become known.
        Round(worker!, request);
        Round(worker!, request);
        var before = GC.GetAllocatedBytesForCurrentThread() - inStore;
        for (var i = 0; i < Rounds; i++)
        {
            Round(worker!, request);
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - inStore - before) / (double)(Rounds * Batch);
        TestContext.Current.TestOutputHelper?.WriteLine($"{each:0} bytes for each task, {Budget} are allowed");
        Assert.Equal((Rounds + 2) * Batch, store.Tasks.Values.Count(t => t.State == TaskState.Succeeded));
        Assert.InRange(each, 1, Budget);
    }

    public void Dispose() => metrics.Dispose();

    private static byte[] Request()
    {
        var request = new SubmitManyRequest();
        for (var i = 0; i < Batch; i++)
        {
            request.Tasks.Add(
                new TaskSpec { Type = "noop", Payload = ByteString.CopyFromUtf8($$"""{"padding":"{{new string('x', 86)}}"}""") }
            );
        }

        return request.ToByteArray();
    }

    private void Round(Incarnation worker, byte[] request)
    {
        session.Sent.Clear();
        var parsed = SubmitManyRequest.Parser.ParseFrom(request);
        var tasks = new NewTask[parsed.Tasks.Count];
        for (var i = 0; i < tasks.Length; i++)
        {
            tasks[i] = specs.Read(parsed.Tasks[i], "local").Value;
        }

        var submitted = core.Submit(tasks);
        Settle();
        var response = new SubmitManyResponse();
        foreach (var number in submitted.Numbers)
        {
            response.Ids.Add(new TaskId(number).ToString());
        }

        Write(response);
        var outcomes = WorkerSays(session.Assigned);
        session.Sent.ForEach(Write);
        session.Sent.Clear();
        core.OnOutcomes(worker, Outcomes.Parser.ParseFrom(outcomes));
        Settle();
        session.Sent.ForEach(Write);
    }

    // What the worker allocates for it is not the manager's.
    private byte[] WorkerSays(IEnumerable<Assignment> assigned)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcomes = new Outcomes();
        outcomes.Outcomes_.AddRange(assigned.Select(a => TestWorker.Outcome(a)));
        Assert.Equal(Batch, outcomes.Outcomes_.Count);
        var bytes = outcomes.ToByteArray();
        inStore += GC.GetAllocatedBytesForCurrentThread() - before;
        return bytes;
    }

    private void Write(IMessage message) => message.WriteTo(wire.AsSpan(0, message.CalculateSize()));

    // Until nothing is left to do: one transaction at a time, then what the loop has to do.
    private void Settle()
    {
        do
        {
            var batch = posted.ToArray();
            posted.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var operation in batch)
            {
                store.Execute(operation);
            }

            inStore += GC.GetAllocatedBytesForCurrentThread() - before;
            foreach (var operation in batch)
            {
                operation.Settle(null);
            }

            while (loop.TryDequeue(out var work))
            {
                work();
            }

            core.Dispatch();
        } while (posted.Count > 0);
    }
}
