using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// Workers that were turned away: kept for a while, so that an operator who looks at the cluster learns of a worker that is missing.
internal sealed partial class ManagerCore
{
    private const int MostTurnedAway = 20;
    private static readonly TimeSpan TurnedAwayShownFor = TimeSpan.FromHours(1);

    /// <summary>The one that was turned away last stands last. One for each worker, mark, machine and code.</summary>
    private readonly List<TurnedAway> turnedAway = [];

    private sealed record TurnedAway(string Worker, string Identity, string Host, RefusedWorker Told);

    /// <summary>A worker was not let in.</summary>
    /// <param name="worker">As it called itself; empty: it could not yet.</param>
    /// <param name="identity">Its mark, if it told one.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="why">What it was told.</param>
    public void OnRefused(string worker, string identity, string peer, Failure why)
    {
        if (why.Entry == Catalogue.ManagerStopping || why.Entry == Catalogue.StoreFull)
        {
            // It comes again by itself, and nothing is wrong with it.
            return;
        }

        var (name, host) = (OneLine(worker), HostOf(peer));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var before = turnedAway.FindIndex(t => t.Worker == name && t.Identity == identity && t.Host == host && t.Told.Code == why.Code);
        var told = before < 0 ? new RefusedWorker { FirstMs = now } : turnedAway[before].Told;
        if (before >= 0)
        {
            turnedAway.RemoveAt(before);
        }
        else if (turnedAway.Count >= MostTurnedAway)
        {
            turnedAway.RemoveAt(0);
        }

        told.Worker = name;
        told.Address = host;
        told.Code = why.Code;
        told.Reason = OneLine(why.Message);
        told.LastMs = now;
        told.Times++;
        turnedAway.Add(new(name, Short(identity), host, told));
    }

    // It has come in: what kept it out is over. Of who never came so far as to say its name, the machine is all that is known.
    private void ForgetRefusals(Register info, string peer) =>
        turnedAway.RemoveAll(t =>
            t.Worker.Length > 0 ? t.Worker == info.Worker && t.Identity == Short(info.Identity) : t.Host == HostOf(peer)
        );

    private IEnumerable<RefusedWorker> RecentRefusals()
    {
        var since = (time.GetUtcNow() - TurnedAwayShownFor).ToUnixTimeMilliseconds();
        turnedAway.RemoveAll(t => t.Told.LastMs < since);
        return turnedAway.Select(t => t.Told.Clone());
    }
}
