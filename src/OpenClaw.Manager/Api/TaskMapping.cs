using System.Text.Json;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Core;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskFailure = OpenClaw.Core.Tasks.TaskFailure;

namespace OpenClaw.Manager.Api;

/// <summary>Tasks as they are kept, and as they travel.</summary>
internal static class TaskMapping
{
    /// <param name="record">The task.</param>
    /// <param name="whole">With payload and results; lists leave them out.</param>
    public static V1.Task ToWire(TaskRecord record, bool whole)
    {
        var task = new V1.Task
        {
            Id = new TaskId(record.Number).ToString(),
            Project = record.Project,
            Queue = record.Queue,
            Type = record.Type,
            State = ToWire(record.State),
            Priority = record.Priority,
            Attempt = record.Attempt,
            Retries = record.Retries,
            MaxRetries = record.MaxRetries,
            Losses = record.Losses,
            Worker = record.Worker ?? "",
            CreatedAtMs = record.CreatedAt,
            DueAtMs = record.DueAt,
            AssignedAtMs = record.AssignedAt,
            StartedAtMs = record.StartedAt,
            FinishedAtMs = record.FinishedAt,
            RunMicros = record.RunMicros,
            TimeoutMs = record.TimeoutMs,
            Key = record.Key ?? "",
            SubmittedBy = record.SubmittedBy,
            PluginVersion = record.PluginVersion ?? "",
            Reason = record.Reason ?? "",
        };
        if (record.Labels is { Length: > 0 } labels)
        {
            task.Labels.Add(JsonSerializer.Deserialize(labels, LabelsJson.Default.DictionaryStringString)!);
        }

        if (record.Failure is { } failure && TaskFailure.FromJson(failure.Span) is { } parsed)
        {
            task.Failure = OutcomeMapping.ToWire(parsed);
        }

        if (whole)
        {
            task.Payload = Bytes.Wrap(record.Payload);
            task.Result = Bytes.Wrap(record.Result ?? default);
            task.LateResult = Bytes.Wrap(record.LateResult ?? default);
        }

        return task;
    }

    /// <summary>The wire's numbers are the stored ones plus one: 0 is "unspecified" there. A golden test holds it.</summary>
    public static V1.TaskState ToWire(OpenClaw.Core.Tasks.TaskState state) => (V1.TaskState)((int)state + 1);

    /// <summary>Null for "unspecified" and for numbers that this version does not know.</summary>
    public static OpenClaw.Core.Tasks.TaskState? FromWire(V1.TaskState state) =>
        state is >= V1.TaskState.Pending and <= V1.TaskState.Dead ? (OpenClaw.Core.Tasks.TaskState)((int)state - 1) : null;
}
