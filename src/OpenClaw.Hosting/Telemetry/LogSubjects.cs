using Microsoft.Extensions.Logging;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>
/// What a line is about, when that is not who wrote it. The manager writes about its workers and about tasks; its events are numbered
/// accordingly: 20 to 29 are about a task, 30 to 59 about a worker.
/// </summary>
public static class LogSubjects
{
    private const string ManagerCore = "OpenClaw.Manager.Core.ManagerCore";

    /// <summary>The component of an event; null: that of its category.</summary>
    public static string? Of(string category, EventId id) =>
        category != ManagerCore
            ? null
            : id.Id switch
            {
                >= 20 and <= 29 => Components.Task,
                >= 30 and <= 59 => Components.Worker,
                _ => null,
            };
}
