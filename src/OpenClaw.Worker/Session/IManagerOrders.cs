using OpenClaw.Core.Errors;

namespace OpenClaw.Worker.Session;

/// <summary>What a manager orders of the whole program rather than of its tasks. Calls return at once.</summary>
internal interface IManagerOrders
{
    /// <summary>Stop in good order and be started again, if a start would go well.</summary>
    /// <param name="answer">Told before anything is done, on any thread: why it stays, or null when it goes.</param>
    void Restart(Action<Failure?> answer);

    /// <summary>Read the configuration again.</summary>
    void Reload();
}
