using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

/// <summary>The operations as a test speaks them: each its own transaction.</summary>
public static class StoreActions
{
    public static NewTask Task(string type = "noop", string payload = "{}", string? key = null, int priority = 0, int retries = 3) =>
        new()
        {
            Type = type,
            Payload = Encoding.UTF8.GetBytes(payload),
            Key = key,
            Priority = priority,
            MaxRetries = retries,
            SubmittedBy = "local",
        };

    public static Outcome Success(this ClaimedTask task, WorkerRef by, string result = "1") =>
        new AttemptRef(task.Number, task.Attempt).Success(by, result);

    public static Outcome Success(this AttemptRef attempt, WorkerRef by, string result = "1") =>
        new()
        {
            Attempt = attempt,
            By = by,
            Succeeded = true,
            Result = Encoding.UTF8.GetBytes(result),
            RunMicros = 1500,
        };

    public static Outcome Failure(this ClaimedTask task, WorkerRef by, bool retryable = true) =>
        new AttemptRef(task.Number, task.Attempt).Failure(by, retryable);

    public static Outcome Failure(this AttemptRef attempt, WorkerRef by, bool retryable = true) =>
        new()
        {
            Attempt = attempt,
            By = by,
            Succeeded = false,
            Retryable = retryable,
            Failure = new TaskFailure { Code = Catalogue.TaskFailed.Code, Message = "it failed" }.ToJson(),
        };

    public static async Task<T> RunAsync<T>(this ITaskStore store, T operation)
        where T : StoreOperation
    {
        await store.ExecuteAsync([operation], TestContext.Current.CancellationToken);
        return operation;
    }

    public static Task<SubmitOperation> SubmitAsync(this ITaskStore store, params NewTask[] tasks) =>
        store.RunAsync(new SubmitOperation(tasks));

    public static async Task<WorkerRef> LeaseAsync(this ITaskStore store, string worker, long incarnation = 1, long until = long.MaxValue)
    {
        var reference = new WorkerRef(worker, incarnation);
        await store.RunAsync(
            new LeaseOperation([
                new Lease
                {
                    Worker = reference,
                    Manager = "m1",
                    Until = until,
                },
            ])
        );
        return reference;
    }

    public static async Task<List<ClaimedTask>> ClaimAsync(this ITaskStore store, WorkerRef worker, int count, params Lane[] lanes)
    {
        var claim = await store.RunAsync(new ClaimOperation(worker, [.. lanes.Select(l => new LaneShare(l, count))], count));
        Assert.Null(claim.Refused);
        return claim.Claimed;
    }

    public static async Task<OutcomeVerdict> FinishAsync(this ITaskStore store, Outcome outcome) =>
        (await store.RunAsync(new OutcomeOperation([outcome]))).Verdicts[0];

    public static async Task<TaskRecord> RecordAsync(this ITaskStore store, long number) =>
        await store.GetAsync(number, TestContext.Current.CancellationToken)
        ?? throw new InvalidOperationException($"Task {number} is gone.");

    public static async Task<TaskState> StateAsync(this ITaskStore store, long number) => (await store.RecordAsync(number)).State;

    public static string Text(this ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
