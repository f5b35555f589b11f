using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OpenClaw.Abi.Supervision;

/// <summary>
/// The service manager that started us, as sd_notify(3) describes it: one datagram of <c>NAME=value</c> lines to the socket that
/// <c>NOTIFY_SOCKET</c> names. Thread-safe. A socket that does not take a message within a second loses it; the first loss is told.
/// </summary>
public sealed class ServiceManager : IDisposable
{
    public const string SocketVariable = "NOTIFY_SOCKET";
    public const string WatchdogVariable = "WATCHDOG_USEC";
    public const string WatchdogPidVariable = "WATCHDOG_PID";
    private const int SendMilliseconds = 1000;

    private readonly Socket socket;
    private readonly UnixDomainSocketEndPoint target;
    private readonly Lock gate = new();
    private string? lastStatus;

    private ServiceManager(UnixDomainSocketEndPoint target, TimeSpan? watchdog)
    {
        this.target = target;
        Watchdog = watchdog;
        socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendMilliseconds };
    }

    /// <summary>Silence of so long is taken for a hang, and the service is ended and started again; null: nobody watches.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>Told once of a message that could not be sent, with the reason.</summary>
    public Action<string>? OnTrouble { get; set; }

    /// <summary>
    /// The service manager of this process; null when there is none. Call once: the variables are removed, so that no child speaks in
    /// our name.
    /// </summary>
    public static ServiceManager? FromEnvironment()
    {
        var name = Take(SocketVariable);
        var microseconds = Take(WatchdogVariable);
        var whose = Take(WatchdogPidVariable);
        return From(name, microseconds, whose, Environment.ProcessId);
    }

    /// <summary>As the variables say. A socket of a kind that we cannot reach (vsock) is none; a watchdog of another process is none.</summary>
    public static ServiceManager? From(string? name, string? watchdogMicroseconds, string? watchdogPid, int ownPid)
    {
        if (AddressOf(name) is not { } target)
        {
            return null;
        }

        var ours = string.IsNullOrEmpty(watchdogPid) || watchdogPid == ownPid.ToString(CultureInfo.InvariantCulture);
        var watched =
            ours && long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var every) && every > 0
                ? TimeSpan.FromMicroseconds(every)
                : (TimeSpan?)null;
        return new ServiceManager(target, watched);
    }

    /// <summary>The service works; also the end of what <see cref="Reloading"/> began.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={OneLine(status)}");

    /// <summary>How it stands, for <c>systemctl status</c>. The same again is not sent.</summary>
    public void Status(string status)
    {
        lock (gate)
        {
            if (status == lastStatus)
            {
                return;
            }

            lastStatus = status;
        }

        Send($"STATUS={OneLine(status)}");
    }

    /// <summary>The configuration is being read again. <paramref name="monotonic"/>: microseconds of CLOCK_MONOTONIC.</summary>
    public void Reloading(long monotonic, string status) =>
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={monotonic}\nSTATUS={OneLine(status)}"));

    /// <summary>
    /// The service ends by itself and may take so long: a unit's TimeoutStopSec that is shorter is extended, so that a setting of ours
    /// need not be repeated in the unit.
    /// </summary>
    public void Stopping(string status, TimeSpan atMost) =>
        Send(
            string.Create(
                CultureInfo.InvariantCulture,
                $"STOPPING=1\nEXTEND_TIMEOUT_USEC={(long)atMost.TotalMicroseconds}\nSTATUS={OneLine(status)}"
            )
        );

    /// <summary>A sign of life for the watchdog.</summary>
    public void Alive() => Send("WATCHDOG=1");

    public void Dispose() => socket.Dispose();

    private void Send(string message)
    {
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(message), SocketFlags.None, target);
        }
        catch (SocketException e)
        {
            Action<string>? tell;
            lock (gate)
            {
                (tell, OnTrouble) = (OnTrouble, null);
            }

            tell?.Invoke(e.Message);
        }
    }

    // A line's end in a status would start a message of its own.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string? Take(string variable)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, null);
        return value;
    }

    // A path, or a name in the abstract space, written with an @ for the zero byte.
    private static UnixDomainSocketEndPoint? AddressOf(string? name) =>
        name switch
        {
            ['/', ..] => new(name),
            ['@', _, ..] when OperatingSystem.IsLinux() => new("\0" + name[1..]),
            _ => null,
        };
}
