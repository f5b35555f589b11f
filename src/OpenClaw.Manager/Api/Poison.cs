using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskFailure = OpenClaw.Core.Tasks.TaskFailure;

namespace OpenClaw.Manager.Api;

/// <summary>Tasks that died of killing what ran them, by type: what an operator has to look at.</summary>
internal static class Poison
{
    private const int MostLookedAt = 200;
    private const int MostTypes = 20;
    private const int MostMessageChars = 300;
    private static readonly TimeSpan ShownFor = TimeSpan.FromDays(1);

    /// <summary>Read from the store: it outlives restarts, and ends with the task's retry.</summary>
    public static async Task<IReadOnlyList<PoisonType>> ReadAsync(
        ITaskStore store,
        long dead,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        if (dead == 0)
        {
            return [];
        }

        var last = await store.LastDeadAsync((now - ShownFor).ToUnixTimeMilliseconds(), MostLookedAt, cancellation);
        return
        [
            .. last.Select(t => (Task: t, Failure: TaskFailure.FromJson((t.Failure ?? default).Span)))
                .Where(t => t.Failure is { } f && IsDeadly(f.Code))
                .GroupBy(t => t.Task.Type, StringComparer.Ordinal)
                .OrderByDescending(g => g.Count())
                .Take(MostTypes)
                .Select(g => Of(g.Key, g.Count(), g.MaxBy(t => t.Task.FinishedAt))),
        ];
    }

    public static string Problem(PoisonType poison) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{poison.Tasks} {(poison.Tasks == 1 ? "task" : "tasks")} of type {poison.Type} DEAD: {Story(poison)} ({poison.Code}); see clw task show {poison.LastTask}, after mending clw task retry {poison.LastTask}"
        );

    private static string Story(PoisonType poison) =>
        poison.Code == Catalogue.WorkerLost.Code ? "the worker that ran it ended each time"
        : poison.Cause.Length > 0 ? $"its process crashed each time, last by {poison.Cause}"
        : "its process crashed each time";

    private static bool IsDeadly(string code) =>
        code == Catalogue.WorkerCrash.Code || code == Catalogue.MemoryExhaust.Code || code == Catalogue.WorkerLost.Code;

    private static PoisonType Of(string type, int count, (TaskRecord Task, TaskFailure? Failure) last) =>
        new()
        {
            Type = type,
            Tasks = count,
            LastTask = new TaskId(last.Task.Number).ToString(),
            Code = last.Failure!.Code,
            Cause = last.Failure.Cause ?? "",
            Message = last.Failure.Message.Length > MostMessageChars ? last.Failure.Message[..MostMessageChars] : last.Failure.Message,
            LastAtMs = last.Task.FinishedAt,
        };
}
