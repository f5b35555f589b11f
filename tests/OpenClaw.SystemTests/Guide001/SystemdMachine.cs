using System.Globalization;
using OpenClaw.SystemTests.Harness;
using OpenClaw.SystemTests.Network;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>
/// A machine with a real systemd, in namespaces: its /etc is a copy, what an installation writes to lies in memory, and nothing of the
/// machine below is changed. Commands run within.
/// </summary>
internal sealed class SystemdMachine : IAsyncDisposable
{
    private readonly Room room;
    private readonly RealProcess boot;
    private int systemd;

    private SystemdMachine(Room room, RealProcess boot)
    {
        this.room = room;
        this.boot = boot;
    }

    /// <param name="room">What commands are started from.</param>
    /// <param name="host">Whose network it has; null: one with nothing but itself.</param>
    public static async Task<SystemdMachine> BootAsync(Room room, LanHost? host = null)
    {
        Checkout.Unless(Environment.IsPrivilegedProcess, "namespaces of its own are root's to make");
        Checkout.Unless(File.Exists("/lib/systemd/systemd"), "systemd is not installed");
        foreach (var tool in new[] { "openssl", "unshare", "nsenter", "setpriv", "ip", "useradd" })
        {
            Checkout.Need(tool);
        }

        File.SetUnixFileMode(room.Directory, (UnixFileMode)0b111_101_101);
        string[] script = [Path.Combine(Checkout.Root, "tests/deploy/systemd.sh"), room.Directory];
        var machine = new SystemdMachine(
            room,
            host?.StartInNetwork(room, "/bin/sh", script, ("SYSTEMD_NETWORK", "here")) ?? room.Start("/bin/sh", script)
        );
        try
        {
            await machine.BootedAsync();
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    public async Task<RealProcess> RunAsync(string command)
    {
        var process = Start(command);
        process.CloseInput();
        await process.EndWithOutputAsync(TimeSpan.FromSeconds(60));
        return process;
    }

    public RealProcess Start(string command) =>
        room.Start(
            "/usr/bin/nsenter",
            [
                "-t",
                systemd.ToString(CultureInfo.InvariantCulture),
                "-m",
                "-p",
                "-u",
                "-i",
                "-n",
                "-C",
                "/usr/bin/env",
                "-i",
                "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root",
                "TERM=xterm",
                "/bin/sh",
                "-c",
                command,
            ]
        );

    public async Task<string> UntilAsync(string command, string text)
    {
        var last = "";
        await Until.TrueAsync(
            async () => (last = (await RunAsync(command)).Output).Contains(text, StringComparison.Ordinal),
            $"'{command}' says '{text}'",
            details: () => last
        );
        return last;
    }

    public async ValueTask DisposeAsync()
    {
        boot.Signal(Signals.Term);
        await boot.EndAsync();
    }

    private async Task BootedAsync()
    {
        await Until.TrueAsync(
            () => (systemd = ProcessTable.DescendantsOf(boot.Id).FirstOrDefault(p => p.Name == "systemd")?.Id ?? 0) > 0,
            "systemd runs",
            details: () => boot.Said
        );
        await Until.TrueAsync(
            async () => (await RunAsync("systemctl is-active base.target")).Output.Trim() == "active",
            "systemd has booted",
            details: () => boot.Said
        );
    }
}
