using Microsoft.Extensions.Logging;

namespace OpenClaw.Hosting.Links;

/// <summary>Which of a program's lines are about its links.</summary>
public static class LinkLines
{
    private const int First = 1000;
    private const int Last = 1099;

    // Attempts, waits, heartbeats and faults of our own: no change of the connection's state.
    private static readonly HashSet<int> NoTransition = [1002, 1003, 1009, 1010, 1012, 1014];

    /// <summary>
    /// Whether a line tells that a connection came, went, or was given up: what <c>worker.reconnect.log</c> holds alone. What was tried
    /// in between stands in the program's own log.
    /// </summary>
    /// <param name="category">The logger's: a link's ends with <c>.Link</c>.</param>
    /// <param name="id">The event's.</param>
    public static bool IsTransition(string category, EventId id)
    {
        ArgumentNullException.ThrowIfNull(category);
        return id.Id is >= First and <= Last && !NoTransition.Contains(id.Id) && category.EndsWith(".Link", StringComparison.Ordinal);
    }
}
