using System.Text;
using Google.Protobuf;
using OpenClaw.V1;

namespace OpenClaw.Client.Wire;

/// <summary>Small helpers around the messages.</summary>
internal static class TaskMessages
{
    /// <summary>Whether nothing more happens to a task in this state unless somebody retries it.</summary>
    public static bool HasEnded(V1.TaskState state) =>
        state is V1.TaskState.Succeeded or V1.TaskState.Failed or V1.TaskState.Cancelled or V1.TaskState.Dead;

    /// <summary>A task of a type with a payload.</summary>
    /// <param name="type">The type's name.</param>
    /// <param name="payload">One JSON value; empty stands for null.</param>
    public static TaskSpec Spec(string type, string payload = "") =>
        new() { Type = type, Payload = ByteString.CopyFrom(payload, Encoding.UTF8) };

    /// <summary>The state as it is printed: <c>PENDING</c>.</summary>
    public static string Name(V1.TaskState state) =>
        state is V1.TaskState.Unspecified || !Enum.IsDefined(state)
            ? "UNKNOWN"
            : OpenClaw.Core.Tasks.Transitions.AllNames[(int)state - (int)V1.TaskState.Pending];

    /// <summary>The state with this printed name, in any case; null when there is none.</summary>
    public static V1.TaskState? ParseState(string name) =>
        OpenClaw.Core.Tasks.Transitions.Parse(name) is { } state ? (V1.TaskState)((int)state + (int)V1.TaskState.Pending) : null;
}
