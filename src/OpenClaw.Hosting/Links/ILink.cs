using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Hosting.Links;

/// <summary>A link as status pages, commands and tests see it, whatever it connects. Thread-safe.</summary>
public interface ILink
{
    string Name { get; }

    /// <summary>How the link stands.</summary>
    LinkSnapshot Snapshot { get; }

    /// <summary>The last changes of state, oldest first.</summary>
    IReadOnlyList<LinkChange> History { get; }

    /// <summary>Ends when the link was stopped (null) or gave up (why). A bug of the link is an exception here.</summary>
    Task<Failure?> Completion { get; }

    /// <summary>Called after each change of state, one at a time and outside of any lock; must be quick.</summary>
    event Action<LinkChange>? Changed;

    /// <summary>Asks for the connection. Repeating it is nothing, except that it opens again what was closed for lack of use. After a stop it does nothing.</summary>
    void Start();

    /// <summary>A person wants a try now: budget and backoff start over.</summary>
    void RetryNow();

    /// <summary>New credentials are in place; a link that waits for them goes on.</summary>
    void NotifyCredentialsChanged();

    /// <summary>An address of this machine came or went.</summary>
    void NotifyNetworkChanged();

    /// <summary>Waits until the condition holds. False when the link ended before it did.</summary>
    Task<bool> WaitForAsync(Func<LinkSnapshot, bool> condition, CancellationToken ct);

    /// <summary>Closes the connection and ends the link for good; returns when nothing of it runs any more. Cancelling ends the waiting alone.</summary>
    Task StopAsync(CancellationToken ct);
}
