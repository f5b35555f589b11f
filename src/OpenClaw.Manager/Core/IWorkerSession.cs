using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

/// <summary>A worker's open connection, as the core uses it. Calls return at once.</summary>
public interface IWorkerSession
{
    /// <summary>Where it comes from, <c>host:port</c>, for people.</summary>
    string Peer { get; }

    /// <summary>Queues a message. A session that cannot keep up ends itself and tells the core.</summary>
    void Send(ManagerMessage message);

    /// <summary>Ends the session. Null: in good order.</summary>
    void Close(Failure? reason);
}
