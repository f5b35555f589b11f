using OpenClaw.Abi.Supervision;

namespace OpenClaw.Supervisor;

/// <summary>Which respawn of the window this is, and how long to wait before it.</summary>
internal readonly record struct Respawn(int Attempt, TimeSpan Delay);

/// <summary>Decides on respawns: pure, time comes in.</summary>
internal sealed class RestartBudget(RestartPolicy policy)
{
    private readonly Queue<DateTimeOffset> recent = new();

    /// <summary>A child ended: how to go on, or null when the budget of the window is used up.</summary>
    public Respawn? Next(DateTimeOffset now)
    {
        var begin = now - TimeSpan.FromSeconds(policy.WindowSeconds);
        while (recent.TryPeek(out var oldest) && oldest <= begin)
        {
            _ = recent.Dequeue();
        }
        if (recent.Count >= policy.Max)
        {
            return null;
        }
        // 2^20 times any first delay is beyond every maximum.
        var delay = policy.FirstDelayMs * (double)(1 << Math.Min(recent.Count, 20));
        recent.Enqueue(now);
        return new Respawn(recent.Count, TimeSpan.FromMilliseconds(Math.Min(delay, policy.MaxDelayMs)));
    }
}
