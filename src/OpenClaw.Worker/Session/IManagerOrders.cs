namespace OpenClaw.Worker.Session;

/// <summary>What a manager orders of the whole program rather than of its tasks. Calls return at once.</summary>
internal interface IManagerOrders
{
    /// <summary>Stop in good order and be started again.</summary>
    void Restart();

    /// <summary>Read the configuration again.</summary>
    void Reload();
}
