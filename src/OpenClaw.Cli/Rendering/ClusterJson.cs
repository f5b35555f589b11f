using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;

namespace OpenClaw.Cli.Rendering;

/// <summary>The cluster as JSON.</summary>
internal static class ClusterJson
{
    public static void Write(Utf8JsonWriter writer, StatusResponse status)
    {
        writer.WriteStartObject();
        writer.WriteString("cluster", status.Cluster);
        writer.WriteBoolean("healthy", status.Healthy);
        writer.WriteStartArray("problems");
        foreach (var problem in status.Problems)
        {
            writer.WriteStringValue(problem);
        }

        writer.WriteEndArray();
        WriteRefused(writer, status.Refused);
        writer.WriteStartObject("manager");
        if (status.Manager is { } manager)
        {
            writer.WriteString("id", manager.Id);
            writer.WriteString("state", manager.State);
            writer.WriteBoolean("leader", manager.Leader);
            writer.WriteText("address", manager.Address);
            writer.WriteText("version", manager.Version);
            writer.WriteTime("started_at", manager.StartedAtMs);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("workers");
        foreach (var worker in status.Workers)
        {
            WriteWorker(writer, worker, status.TypesOf(worker));
        }

        writer.WriteEndArray();
        writer.WriteStartObject("queue");
        writer.WriteNumber("depth", status.QueueDepth);
        writer.WriteNumber("delayed", status.Delayed);
        writer.WriteNumber("capacity", status.QueueCapacity);
        writer.WriteStartArray("unserved");
        foreach (var unserved in status.Unserved)
        {
            writer.WriteStartObject();
            writer.WriteString("type", unserved.Type);
            writer.WriteNumber("waiting", unserved.Waiting);
            if (unserved.Refused.Count > 0)
            {
                writer.WriteStartArray("refused");
                foreach (var line in unserved.Refused)
                {
                    writer.WriteStringValue(line);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        if (status.Poison.Count > 0)
        {
            writer.WriteStartArray("poison");
            foreach (var poison in status.Poison)
            {
                writer.WriteStartObject();
                writer.WriteString("type", poison.Type);
                writer.WriteNumber("tasks", poison.Tasks);
                writer.WriteString("last_task", poison.LastTask);
                writer.WriteString("code", poison.Code);
                writer.WriteText("cause", poison.Cause);
                writer.WriteText("message", poison.Message);
                writer.WriteTime("last_at", poison.LastAtMs);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteStartObject("tasks");
        foreach (var (state, count) in status.TasksByState.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            writer.WriteNumber(state, count);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteRefused(Utf8JsonWriter writer, IEnumerable<RefusedWorker> all)
    {
        writer.WriteStartArray("refused");
        foreach (var refused in all)
        {
            writer.WriteStartObject();
            writer.WriteText("worker", refused.Worker);
            writer.WriteString("address", refused.Address);
            writer.WriteString("code", refused.Code);
            writer.WriteString("reason", refused.Reason);
            writer.WriteTime("first_at", refused.FirstMs);
            writer.WriteTime("last_at", refused.LastMs);
            writer.WriteNumber("times", refused.Times);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>One worker as an object, with what it serves.</summary>
    public static void WriteWorker(Utf8JsonWriter writer, WorkerStatus worker, IReadOnlyList<WorkerType> types)
    {
        writer.WriteStartObject();
        writer.WriteString("id", worker.Id);
        writer.WriteString("state", worker.State);
        writer.WriteText("problem", worker.Problem);
        writer.WriteText("address", worker.Address);
        writer.WriteText("host", worker.Host);
        writer.WriteNumber("pid", worker.Pid);
        writer.WriteNumber("incarnation", worker.Incarnation);
        writer.WriteNumber("slots", worker.Slots);
        writer.WriteNumber("running", worker.Running);
        writer.WriteNumber("held", worker.Held);
        writer.WriteTime("connected_at", worker.ConnectedAtMs);
        writer.WriteTime("last_heartbeat", worker.LastHeartbeatMs);
        writer.WriteText("version", worker.Version);
        writer.WriteText("environment", worker.Environment);
        writer.WriteBoolean("restartable", worker.Restartable);
        if (worker.Drain is { } drain)
        {
            writer.WriteStartObject("drained");
            writer.WriteTime("since", drain.SinceMs);
            writer.WriteString("by", drain.By);
            writer.WriteText("reason", drain.Reason);
            writer.WriteEndObject();
        }

        if (worker.Labels.Count > 0)
        {
            writer.WriteStartObject("labels");
            foreach (var (name, value) in worker.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteStartArray("types");
        foreach (var type in types)
        {
            writer.WriteStartObject();
            writer.WriteString("name", type.Name);
            writer.WriteString("kind", type.Kind);
            writer.WriteText("version", type.Version);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
