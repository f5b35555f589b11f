using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Store;

/// <summary>Failures and refusals that every engine words alike.</summary>
internal static class StoreFailures
{
    /// <summary>The failure kept with a task that lost its last worker, as JSON.</summary>
    public static byte[] LossesUsedUp(in WorkerRef worker, int losses, string? why) =>
        new TaskFailure
        {
            Code = Catalogue.WorkerLost.Code,
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"{losses} {(losses == 1 ? "worker" : "workers")} ended or went out of reach with the task in hand{(why is null ? "" : $"; the last one: {why}")}"
            ),
            Worker = worker.Worker,
        }.ToJson();

    public static Failure NotFound(long task) => new(Catalogue.TaskNotFound, $"{new TaskId(task)} is not here");

    public static Failure WrongState(long task, TaskState state, string wanted) =>
        new(Catalogue.TaskWrongState, $"{new TaskId(task)} is {Transitions.Name(state)} and cannot be {wanted}")
        {
            Data = new Dictionary<string, string> { ["state"] = Transitions.Name(state) },
        };

    public static Failure HeldWithoutForce(long task, TaskState state, string? worker) =>
        new(
            Catalogue.TaskWrongState,
            $"{new TaskId(task)} is {Transitions.Name(state)} on worker {worker}; only a forced cancel stops it",
            $"Stop it with: clw task cancel --force {new TaskId(task)}"
        )
        {
            Data = new Dictionary<string, string> { ["state"] = Transitions.Name(state) },
        };

    public static Failure NoLease(in WorkerRef worker) =>
        new(Catalogue.LeaseLost, $"worker {worker.Worker}, incarnation {worker.Incarnation}, has no lease");

    public static Failure KeyTaken(string key, string owner) =>
        new(Catalogue.KeyConflict, $"the key '{key}' belongs to {owner}, which differs in type or payload")
        {
            Data = new Dictionary<string, string> { ["task"] = owner },
        };

    public static Failure TooManyLanes(string project, string queue, string type, int kept) =>
        new(
            Catalogue.LaneLimit,
            $"{kept} combinations of project, queue and type are kept and no more; queue '{queue}' with type '{type}' in project '{project}' would be another",
            "Keep queues and types few; put what varies into the payload or a label"
        );

    public static Failure QueueFull(long waiting, int more, long capacity) =>
        new(Catalogue.TaskQueueFull, $"{waiting} tasks wait and {more} more do not fit: queue.capacity is {capacity}");
}
