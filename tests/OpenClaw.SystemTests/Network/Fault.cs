using System.Diagnostics;

namespace OpenClaw.SystemTests.Network;

/// <summary>What becomes of a packet: it arrives, late or at once; it is lost; or it is refused, and its sender told so.</summary>
internal readonly record struct Fate(bool Arrives, TimeSpan Late, bool Refused)
{
    public static readonly Fate Now = new(true, TimeSpan.Zero, false);
    public static readonly Fate Lost = new(false, TimeSpan.Zero, false);
    public static readonly Fate Rejected = new(false, TimeSpan.Zero, true);

    public static Fate After(TimeSpan delay) => new(true, delay, false);
}

/// <summary>Something that is wrong with a network. Asked by the network's one thread, packet after packet.</summary>
internal abstract class Fault
{
    public abstract Fate Judge(Packet packet);

    /// <summary>Nothing from or to a host: its cable is out.</summary>
    public static Fault Unplugged(LanHost host) => new Rule(p => p.From == host.Number || p.To == host.Number ? Fate.Lost : Fate.Now);

    /// <summary>Nothing from one host to another; the other way is well.</summary>
    public static Fault OneWay(LanHost from, LanHost to) =>
        new Rule(p => p.From == from.Number && p.To == to.Number ? Fate.Lost : Fate.Now);

    /// <summary>A share of all packets is lost, the others are late.</summary>
    public static Fault Rough(double loss, TimeSpan delay, int seed)
    {
        var random = new Random(seed);
        return new Rule(_ => random.NextDouble() < loss ? Fate.Lost : Fate.After(delay));
    }

    /// <summary>A firewall before a port of a host: it drops what comes, or says that nothing is there.</summary>
    public static Fault Closed(LanHost host, int port, bool rejects) =>
        new Rule(p =>
            p.To == host.Number && p.ToPort == port ? (rejects ? Fate.Rejected : Fate.Lost)
            : p.From == host.Number && p.FromPort == port ? Fate.Lost
            : Fate.Now
        );

    /// <summary>
    /// A middlebox that tracks connections and forgets those that were silent for longer: what comes on them later is dropped without a
    /// word, in both directions. A connection that opens is tracked.
    /// </summary>
    public static Fault Forgetful(TimeSpan silence) => new Tracker(silence);

    private sealed class Rule(Func<Packet, Fate> judge) : Fault
    {
        public override Fate Judge(Packet packet) => judge(packet);
    }

    private sealed class Tracker(TimeSpan silence) : Fault
    {
        private readonly Dictionary<(uint, int, uint, int), long> heard = [];

        public override Fate Judge(Packet packet)
        {
            if (packet.Protocol != Packet.Tcp)
            {
                return Fate.Now;
            }

            var (from, to) = ((packet.From, packet.FromPort), (packet.To, packet.ToPort));
            var key = from.CompareTo(to) < 0 ? (from.From, from.FromPort, to.To, to.ToPort) : (to.To, to.ToPort, from.From, from.FromPort);
            var now = Stopwatch.GetTimestamp();
            if (packet.OpensConnection)
            {
                heard[key] = now;
                return Fate.Now;
            }

            if (!heard.TryGetValue(key, out var last) || Stopwatch.GetElapsedTime(last, now) > silence)
            {
                heard.Remove(key);
                return Fate.Lost;
            }

            heard[key] = now;
            return Fate.Now;
        }
    }
}
