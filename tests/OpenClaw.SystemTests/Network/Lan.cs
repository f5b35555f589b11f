using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Network;

/// <summary>
/// A network of hosts on this machine: each is a network namespace with one device, and this class is the cable between the devices,
/// packet by packet. So real programs with the kernel's real TCP meet every trouble that a network can have, whether or not the kernel
/// at hand brings traffic control or a packet filter. Faults may be set at any time, by any thread.
/// </summary>
internal sealed partial class Lan : IDisposable
{
    private const string Subnet = "10.213.0.";
    private const int MostBytes = 64 * 1024;
    private const short Readable = 1;

    private static int made;

    private readonly string prefix = $"clw{Environment.ProcessId}-{Interlocked.Increment(ref made)}";
    private readonly List<LanHost> hosts = [];
    private readonly PriorityQueue<(LanHost Host, byte[] Packet), long> late = new();
    private readonly byte[] buffer = new byte[MostBytes];
    private volatile IReadOnlyList<Fault> faults = [];
    private Thread? carrying;
    private volatile bool over;

    /// <summary>What is wrong now; nothing, at first. The first fault that does not let a packet pass decides.</summary>
    public IReadOnlyList<Fault> Faults
    {
        get => faults;
        set => faults = value;
    }

    /// <summary>A network, or the test's end: skipped without the right to make one, failed where everything has to run.</summary>
    public static Lan Create()
    {
        var why =
            !OperatingSystem.IsLinux() ? "network namespaces are Linux's"
            : !Environment.IsPrivilegedProcess ? "only root may make network namespaces"
            : !File.Exists("/dev/net/tun") ? "there is no /dev/net/tun"
            : Tool.Missing("ip") ? "there is no ip (iproute2)"
            : null;
        if (why is not null)
        {
            Assert.SkipUnless(Checkout.IsCi, why);
            Assert.Fail(why);
        }

        return new Lan();
    }

    /// <summary>A host with an address of its own; all are added before <see cref="Start"/>.</summary>
    /// <param name="name">For people who look at namespaces.</param>
    /// <param name="address">Null: one that nobody else has here.</param>
    public LanHost Add(string name, string? address = null)
    {
        var host = new LanHost($"{prefix}-{name}", IPAddress.Parse(address ?? $"{Subnet}{hosts.Count + 1}"));
        hosts.Add(host);
        return host;
    }

    /// <summary>Begins to carry packets.</summary>
    public void Start()
    {
        carrying = new Thread(Carry) { IsBackground = true, Name = "lan" };
        carrying.Start();
    }

    private void Carry()
    {
        var watched = hosts.Select(h => new Watched { Descriptor = h.Device.Descriptor, Wanted = Readable }).ToArray();
        while (!over)
        {
            if (poll(watched, (nuint)watched.Length, Patience()) > 0)
            {
                for (var i = 0; i < watched.Length; i++)
                {
                    if (watched[i].Seen != 0)
                    {
                        TakeFrom(hosts[i]);
                    }
                }
            }

            DeliverLate();
        }
    }

    // Milliseconds until the next late packet is due; never so long that an end or another fault would wait.
    private int Patience()
    {
        if (!late.TryPeek(out _, out var due))
        {
            return 50;
        }

        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, 50);
    }

    private void TakeFrom(LanHost host)
    {
        // A bounded turn for each.
        for (var turn = 0; turn < 256; turn++)
        {
            var length = host.Device.TryRead(buffer);
            if (length <= 0)
            {
                return;
            }

            var packet = new Packet(buffer.AsMemory(0, length));
            if (packet.IsIpv4)
            {
                Carry(host, packet);
            }
        }
    }

    private void Carry(LanHost from, Packet packet)
    {
        var to = hosts.Find(h => h.Number == packet.To);
        if (to is null)
        {
            return;
        }

        foreach (var fault in faults)
        {
            var fate = fault.Judge(packet);
            if (fate == Fate.Now)
            {
                continue;
            }

            if (fate.Refused)
            {
                from.Device.Write(packet.Unreachable());
            }
            else if (fate.Arrives)
            {
                var due = Stopwatch.GetTimestamp() + (long)(fate.Late.TotalSeconds * Stopwatch.Frequency);
                late.Enqueue((to, packet.Bytes.ToArray()), due);
            }

            return;
        }

        to.Device.Write(packet.Bytes.Span);
    }

    private void DeliverLate()
    {
        while (late.TryPeek(out var next, out var due) && due <= Stopwatch.GetTimestamp())
        {
            late.Dequeue();
            next.Host.Device.Write(next.Packet);
        }
    }

    public void Dispose()
    {
        over = true;
        carrying?.Join();
        foreach (var host in hosts)
        {
            host.Dispose();
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        public int Descriptor;
        public short Wanted;
        public short Seen;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int poll([In, Out] Watched[] descriptors, nuint count, int milliseconds);
}
