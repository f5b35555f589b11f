using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Network;

/// <summary>A host of a <see cref="Lan"/>: a network namespace with a loopback, one device and one address.</summary>
internal sealed partial class LanHost : IDisposable
{
    private const int NetworkNamespace = 0x40000000;
    private static int devices;

    private readonly string hostsFile;

    public LanHost(string name, IPAddress address)
    {
        Namespace = name;
        Address = address;
        Number = Packet.Number(address);
        hostsFile = $"/etc/netns/{name}/hosts";
        Tool.Run("ip", "netns", "add", name);
        try
        {
            // What the programs of this host see as /etc/hosts.
            Directory.CreateDirectory(Path.GetDirectoryName(hostsFile)!);
            SetNames([]);
            Device = new Tun($"clw{Environment.ProcessId % 100_000}x{Interlocked.Increment(ref devices)}");
            Tool.Run("ip", "link", "set", Device.Name, "netns", name);
            In("ip", "link", "set", Device.Name, "name", "eth0");
            In("ip", "address", "add", $"{address}/24", "dev", "eth0");
            In("ip", "link", "set", "lo", "up");
            In("ip", "link", "set", "eth0", "up");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Namespace { get; }
    public IPAddress Address { get; }
    public uint Number { get; }
    public Tun Device { get; } = null!;

    /// <summary>The names that this host knows, beside localhost.</summary>
    public void SetNames(IEnumerable<(string Name, IPAddress Address)> names) =>
        File.WriteAllText(hostsFile, "127.0.0.1 localhost\n" + string.Concat(names.Select(n => $"{n.Address} {n.Name}\n")));

    /// <summary>Takes the host's network device down, or up again.</summary>
    public void SetDevice(bool up) => In("ip", "link", "set", "eth0", up ? "up" : "down");

    /// <summary>Starts a program on this host; its process has the number of the program itself.</summary>
    public RealProcess Start(Room room, string program, IEnumerable<string> arguments, params (string, string)[] more) =>
        room.Start("ip", ["netns", "exec", Namespace, program, .. arguments], more);

    /// <summary>Starts a program in the network of this host, and in nothing else of it.</summary>
    public RealProcess StartInNetwork(Room room, string program, IEnumerable<string> arguments, params (string, string)[] more) =>
        room.Start("nsenter", [$"--net=/run/netns/{Namespace}", program, .. arguments], more);

    /// <summary>Addresses beyond its own network are on the cable too.</summary>
    public void RouteEverywhere() => In("ip", "route", "add", "default", "dev", "eth0");

    /// <summary>A setting of the kernel for the network of this host alone.</summary>
    public void SetKernel(string name, string value) => In("sysctl", "-q", "-w", $"{name}={value}");

    /// <summary>
    /// A connection that begins on this host. A socket belongs to the network of the thread that makes it, so a thread of its own goes
    /// there for that.
    /// </summary>
    public async Task<Socket> ConnectAsync(IPEndPoint to)
    {
        Socket? socket = null;
        Exception? problem = null;
        var maker = new Thread(() =>
        {
            try
            {
                using var here = File.OpenHandle($"/run/netns/{Namespace}");
                socket =
                    setns(here, NetworkNamespace) == 0
                        ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
                        : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
            }
            catch (Exception e)
            {
                problem = e;
            }
        });
        maker.Start();
        maker.Join();
        if (problem is not null)
        {
            throw new IOException($"no socket in {Namespace}", problem);
        }

        await socket!.ConnectAsync(to);
        return socket;
    }

    public void Dispose()
    {
        Device?.Dispose();
        Tool.Run("ip", "netns", "delete", Namespace);
        Directory.Delete(Path.GetDirectoryName(hostsFile)!, recursive: true);
    }

    private void In(params string[] command) => Tool.Run("ip", ["netns", "exec", Namespace, .. command]);

    [DllImport("libc", SetLastError = true)]
    private static extern int setns(SafeFileHandle descriptor, int kind);
}
