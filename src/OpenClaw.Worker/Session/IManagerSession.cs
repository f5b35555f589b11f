using OpenClaw.V1;

namespace OpenClaw.Worker.Session;

/// <summary>The open session with a manager, as the core uses it. Calls return at once.</summary>
internal interface IManagerSession
{
    /// <summary>Queues a message.</summary>
    void Send(WorkerMessage message);

    /// <summary>Messages that wait to be written; informative ones are left out while they are many.</summary>
    int Waiting { get; }
}
