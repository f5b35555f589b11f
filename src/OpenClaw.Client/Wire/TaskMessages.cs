using System.Text;
using Google.Protobuf;
using OpenClaw.V1;

namespace OpenClaw.Client.Wire;

/// <summary>Small helpers around the messages.</summary>
internal static class TaskMessages
{
    /// <summary>Whether nothing more happens to a task in this state unless somebody retries it.</summary>
    public static bool HasEnded(TaskState state) =>
        state is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled or TaskState.Dead;

    /// <summary>A task of a type with a payload.</summary>
    /// <param name="type">The type's name.</param>
    /// <param name="payload">One JSON value; empty stands for null.</param>
    public static TaskSpec Spec(string type, string payload = "") =>
        new() { Type = type, Payload = ByteString.CopyFrom(payload, Encoding.UTF8) };

    /// <summary>The state as it is printed: <c>PENDING</c>.</summary>
    public static string Name(TaskState state) =>
        state is TaskState.Unspecified || !Enum.IsDefined(state)
            ? "UNKNOWN"
            : OpenClaw.Core.Tasks.Transitions.AllNames[(int)state - (int)TaskState.Pending];

    /// <summary>The state with this printed name, in any case; null when there is none.</summary>
    public static TaskState? ParseState(string name) =>
        OpenClaw.Core.Tasks.Transitions.Parse(name) is { } state ? (TaskState)((int)state + (int)TaskState.Pending) : null;
}
