using System.Globalization;
using System.Text.Json;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Worker.Session;

namespace OpenClaw.Worker.Health;

/// <summary>How a worker stands at one moment: what <c>GET /health</c> answers. Holds no payload and no secret.</summary>
/// <param name="Status">healthy, draining, degraded (connected, and no heartbeat is acknowledged), connecting (never connected yet), reconnecting or unhealthy.</param>
/// <param name="LastHeartbeat">When the last heartbeat that the manager acknowledged was sent; null: none yet.</param>
/// <param name="ActiveTasks">Tasks that run now.</param>
/// <param name="WaitingOutcomes">Outcomes that no manager has recorded yet.</param>
/// <param name="Problem">Why it is not healthy; null when it is.</param>
internal sealed record HealthReport(
    string Status,
    bool ConnectedToManager,
    DateTimeOffset? LastHeartbeat,
    int ActiveTasks,
    int WaitingOutcomes,
    HealthIdentity Worker,
    LinkSnapshot Link,
    Failure? Problem
)
{
    public const string Healthy = "healthy";

    /// <summary>
    /// A heartbeat that is acknowledged is younger than one interval and the way there and back. From half an interval beyond that on,
    /// something is wrong; the manager says so at three.
    /// </summary>
    private const double LateAfter = 1.5;

    /// <summary>Judges by the link and its heartbeats alone: a worker whose slots are all busy is a healthy one.</summary>
    public static HealthReport Of(HealthFigures figures, LinkSnapshot link, HealthIdentity worker)
    {
        var status =
            figures.Stopping ? "draining"
            : figures.Connected && figures.Unanswered > figures.HeartbeatInterval * LateAfter ? "degraded"
            : figures.Connected ? Healthy
            : link.State is LinkState.Connecting && link.LastFailure is null ? "connecting"
            : link.State is LinkState.Connecting or LinkState.Reconnecting or LinkState.Connected ? "reconnecting"
            : "unhealthy";
        var problem =
            status is Healthy or "draining" ? null
            : status is "degraded" ? Unanswered(figures)
            : link.LastFailure;
        return new(status, figures.Connected, figures.LastHeartbeat, figures.ActiveTasks, figures.WaitingOutcomes, worker, link, problem);
    }

    private static Failure Unanswered(HealthFigures figures) =>
        new(
            Catalogue.HeartbeatLost,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the manager has acknowledged no heartbeat for {figures.Unanswered.TotalSeconds:0} seconds, and one is sent every {figures.HeartbeatInterval.TotalSeconds:0.#}"
            )
        );

    /// <summary>One line for <c>systemctl status</c>: <c>worker-01: connected to 10.0.0.1:9090</c>.</summary>
    public static string Sentence(string worker, LinkState state, string at, Failure? why)
    {
        // The link to a manager of this machine has no fixed address.
        var address = at == ManagerAddresses.Local ? "the manager of this machine" : at;
        var stands = state switch
        {
            LinkState.Connected => $"connected to {address}",
            LinkState.Connecting => $"connecting to {address}",
            LinkState.Reconnecting => $"reconnecting to {address}",
            LinkState.AuthRequired => $"{address} refuses the credentials",
            LinkState.Error => $"gave up connecting to {address}",
            _ => "not connected",
        };
        return state is not LinkState.Connected && why is not null ? $"{worker}: {stands}; {why}" : $"{worker}: {stands}";
    }

    /// <summary>200 for a healthy worker, 503 for any other.</summary>
    public int StatusCode => Status == Healthy ? 200 : 503;

    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("status", Status);
            json.WriteBoolean("connected_to_manager", ConnectedToManager);
            Time(json, "last_heartbeat", LastHeartbeat);
            json.WriteNumber("active_tasks", ActiveTasks);
            json.WriteString("version", Worker.Version);
            json.WriteString("worker", Worker.Id);
            json.WriteNumber("incarnation", Worker.Incarnation);
            json.WriteNumber("slots", Worker.Slots);
            json.WriteNumber("waiting_outcomes", WaitingOutcomes);
            json.WriteStartObject("manager");
            json.WriteString("address", Link.Address);
            json.WriteString("state", Link.State.Name());
            Time(json, "since", Link.Since);
            json.WriteNumber("attempts", Link.Attempts);
            Time(json, "next_attempt", Link.NextAttempt);
            json.WriteEndObject();
            if (Problem is { } problem)
            {
                json.WriteStartObject("problem");
                json.WriteString("code", problem.Code);
                json.WriteString("message", problem.Message);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return [.. stream.ToArray(), (byte)'\n'];
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            json.WriteString(name, known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

/// <summary>Who reports.</summary>
internal sealed record HealthIdentity(string Id, long Incarnation, int Slots, string Version);

/// <summary>What the worker's loop knows.</summary>
internal sealed record HealthFigures(bool Stopping, bool Connected, DateTimeOffset? LastHeartbeat, int ActiveTasks, int WaitingOutcomes)
{
    /// <summary>How long ago the last acknowledged heartbeat was sent, by the clock that nobody sets.</summary>
    public TimeSpan Unanswered { get; init; }

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(10);
}
