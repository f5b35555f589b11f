using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Simulation.Store;

/// <summary>
/// A store in memory, by the same rules as the engines: the contract suite of every store runs over it. What was executed is
/// committed; the simulator decides when an operation is executed, and what a crash of the manager loses is what was not.
/// Not thread-safe.
/// </summary>
internal sealed partial class MemoryTaskStore(TimeProvider clock) : ITaskStore
{
    private readonly SortedDictionary<long, Row> rows = [];
    private readonly Dictionary<(string, string, string), MemoryLane> lanes = [];
    private readonly Dictionary<(string Project, string Key), long> keys = [];
    private readonly Dictionary<WorkerRef, SortedDictionary<long, Row>> held = [];
    private readonly SortedSet<(long Due, long Number)> delayed = [];
    private readonly Dictionary<WorkerRef, Lease> leases = [];
    private readonly SortedDictionary<string, Drain> drains = new(StringComparer.Ordinal);
    private readonly long[] counts = new long[Enum.GetValues<TaskState>().Length];
    private TimeProvider clock = clock;
    private long next = 1;
    private long now;

    public string Name => "memory";

    /// <summary>Takes an outcome from whoever brings it: the fault that a fence is for. Planted by tests alone.</summary>
    public bool WithoutFence { get; init; }

    public IReadOnlyCollection<Row> Rows => rows.Values;

    public IReadOnlyDictionary<string, long> DelayedByQueue =>
        delayed.CountBy(d => rows[d.Number].Lane.Lane.Queue).ToDictionary(q => q.Key, q => (long)q.Value, StringComparer.Ordinal);

    public IReadOnlyDictionary<WorkerRef, Lease> Leases => leases;

    public Row? Find(long number) => rows.GetValueOrDefault(number);

    /// <summary>Opened by another process, with its clock.</summary>
    public void Reopen(TimeProvider with)
    {
        clock = with;
        now = 0;
    }

    public ValueTask ExecuteAsync(IReadOnlyList<StoreOperation> operations, CancellationToken cancellation)
    {
        Execute(operations);
        return ValueTask.CompletedTask;
    }

    /// <summary>One transaction.</summary>
    public void Execute(IReadOnlyList<StoreOperation> operations)
    {
        now = Math.Max(now, clock.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var operation in operations)
        {
            Execute(operation);
        }
    }

    public ValueTask<TaskRecord?> GetAsync(long number, CancellationToken cancellation) => new(Find(number)?.ToRecord());

    public ValueTask<TaskPage> GetManyAsync(IReadOnlyList<long> numbers, long maxBytes, CancellationToken cancellation)
    {
        var tasks = new List<TaskRecord>();
        var (bytes, read) = (0L, 0);
        while (read < numbers.Count && bytes < maxBytes)
        {
            if (Find(numbers[read++])?.ToRecord() is { } task)
            {
                tasks.Add(task);
                bytes += task.Payload.Length + (task.Result?.Length ?? 0) + (task.Failure?.Length ?? 0) + (task.LateResult?.Length ?? 0);
            }
        }

        return new(new TaskPage(tasks, read));
    }

    public ValueTask<IReadOnlyList<(long Number, TaskState State)>> StatesAsync(
        IReadOnlyList<long> numbers,
        CancellationToken cancellation
    ) => new([.. numbers.Select(Find).OfType<Row>().Select(r => (r.Number, r.State))]);

    private static bool HasLabels(string? json, IReadOnlyDictionary<string, string> wanted)
    {
        if (json is null)
        {
            return false;
        }

        using var labels = System.Text.Json.JsonDocument.Parse(json);
        return wanted.All(w => labels.RootElement.TryGetProperty(w.Key, out var value) && value.GetString() == w.Value);
    }

    public ValueTask<IReadOnlyList<TaskRecord>> ListAsync(TaskFilter filter, CancellationToken cancellation) =>
        new([
            .. rows
                .Values.Reverse()
                .Where(r =>
                    (filter.States is not { Count: > 0 } states || states.Contains(r.State))
                    && (filter.Type is not { } type || r.Task.Type == type)
                    && (filter.Worker is not { } worker || r.Holder?.Worker == worker)
                    && (filter.Queue is not { } queue || r.Task.Queue == queue)
                    && (filter.Project is not { } project || r.Task.Project == project)
                    && (filter.Key is not { } key || r.Task.Key == key)
                    && (filter.Labels is not { Count: > 0 } labels || HasLabels(r.Task.Labels, labels))
                    && (filter.Before is not { } before || r.Number < before)
                )
                .Take(Math.Clamp(filter.Limit, 1, 10_000))
                .Select(r => r.ToRecord(filter.WithoutBodies)),
        ]);

    public ValueTask<IReadOnlyList<TaskRecord>> LastDeadAsync(long since, int most, CancellationToken cancellation) =>
        new([
            .. rows
                .Values.Where(r => r.State == TaskState.Dead && r.Finished >= since)
                .OrderByDescending(r => r.Finished)
                .ThenByDescending(r => r.Number)
                .Take(most)
                .Select(r => r.ToRecord(withoutBodies: true)),
        ]);

    public ValueTask<IReadOnlyList<LaneCount>> CountLanesAsync(CancellationToken cancellation) => new([.. CountLanes()]);

    public IEnumerable<LaneCount> CountLanes() =>
        lanes
            .Values.Where(l => l.Ready.Count > 0 || l.Delayed > 0)
            .Select(l => new LaneCount(l.Lane, l.Ready.Count, l.Delayed))
            .OrderBy(c => c.Lane.Id);

    public ValueTask<long[]> CountStatesAsync(CancellationToken cancellation) => new([.. counts]);

    public ValueTask<IReadOnlyList<Lease>> LeasesAsync(CancellationToken cancellation) =>
        new([.. leases.Values.OrderBy(l => l.Worker.Worker, StringComparer.Ordinal).ThenBy(l => l.Worker.Incarnation)]);

    public IReadOnlyList<Drain> Drains => [.. drains.Values];

    public ValueTask<IReadOnlyList<Drain>> DrainsAsync(CancellationToken cancellation) => new(Drains);

    public ValueTask<IReadOnlyList<(AttemptRef Attempt, Lane Lane)>> HeldByAsync(WorkerRef worker, CancellationToken cancellation) =>
        new(HeldBy(worker));

    public IReadOnlyList<(AttemptRef Attempt, Lane Lane)> HeldBy(WorkerRef worker) =>
        held.TryGetValue(worker, out var own) ? [.. own.Values.Select(r => (new AttemptRef(r.Number, r.Attempt), r.Lane.Lane))] : [];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The only place where a state changes: along a row of the table, with every index kept in step.
    private TaskState Move(Row row, On on)
    {
        var to = Transitions.Next(row.State, on) ?? throw new InvalidOperationException($"{on} is no transition of {row.State}.");
        Leave(row);
        row.State = to;
        return to;
    }

    private void Leave(Row row)
    {
        counts[(int)row.State]--;
        if (row.State == TaskState.Pending && row.Due == 0)
        {
            row.Lane.Ready.Remove((-row.Task.Priority, row.Number));
        }
        else if (row.State == TaskState.Pending)
        {
            row.Lane.Delayed--;
            delayed.Remove((row.Due, row.Number));
        }
        else if (Transitions.IsHeld(row.State) && held.TryGetValue(row.Holder!.Value, out var own))
        {
            own.Remove(row.Number);
            if (own.Count == 0)
            {
                held.Remove(row.Holder.Value);
            }
        }
    }

    // After a change of state, due or holder.
    private void Enter(Row row)
    {
        counts[(int)row.State]++;
        if (row.State == TaskState.Pending && row.Due == 0)
        {
            row.Lane.Ready.Add((-row.Task.Priority, row.Number));
        }
        else if (row.State == TaskState.Pending)
        {
            row.Lane.Delayed++;
            delayed.Add((row.Due, row.Number));
        }
        else if (Transitions.IsHeld(row.State))
        {
            if (!held.TryGetValue(row.Holder!.Value, out var own))
            {
                held[row.Holder.Value] = own = [];
            }

            own[row.Number] = row;
        }
    }
}
