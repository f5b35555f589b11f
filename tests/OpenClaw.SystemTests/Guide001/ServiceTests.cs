using System.Globalization;
using OpenClaw.SystemTests.Harness;
using OpenClaw.Tests.Supervisor;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C21: what a service manager sees of the real programs, and what it is given to start them with.</summary>
public sealed class ServiceTests
{
    [Fact]
    public async Task C21_a_worker_service_is_ready_while_its_manager_is_away_and_says_when_it_is_connected()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        using var systemd = new NotifySocket(room.Path("notify"));
        var worker = room.Start(
            Checkout.Program("openclaw-worker"),
            ["start"],
            ("NOTIFY_SOCKET", systemd.Name),
            ("WATCHDOG_USEC", "3000000"),
            ("OPENCLAW_MANAGER_HOST", "127.0.0.1"),
            ("OPENCLAW_MANAGER_PORT", cluster.Port.ToString(CultureInfo.InvariantCulture)),
            ("OPENCLAW_WORKER_SHUTDOWN_GRACE", "200s")
        );
        var ready = await systemd.UntilAsync("READY=1");
        Assert.Contains($"connecting to 127.0.0.1:{cluster.Port}", ready, StringComparison.Ordinal);
        Assert.Contains("STATUS=worker-", await systemd.UntilAsync("clw-connection-refused"), StringComparison.Ordinal);

        await cluster.StartManagerAsync();
        Assert.DoesNotContain("clw-", await systemd.UntilAsync($": connected to 127.0.0.1:{cluster.Port}"), StringComparison.Ordinal);
        // Signs of life, worker and supervisor both.
        await systemd.UntilAsync("WATCHDOG=1");
        await systemd.UntilAsync("WATCHDOG=1");

        worker.Signal(Signals.Term);
        var stopping = (await systemd.UntilAsync("STOPPING=1")).Split('\n');
        var extended = stopping.Single(l => l.StartsWith("EXTEND_TIMEOUT_USEC=", StringComparison.Ordinal))[20..];
        // A grace that is longer than the unit's own.
        Assert.InRange(long.Parse(extended, CultureInfo.InvariantCulture), 200_000_000, 300_000_000);
        Assert.True(await worker.EndAsync() == 0, worker.Said);
        Assert.Single(systemd.Messages, m => m.Contains("READY=1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task C21_a_worker_that_hangs_gives_no_sign_of_life()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        using var systemd = new NotifySocket(room.Path("notify"));
        await cluster.StartManagerAsync();
        var service = room.Start(Checkout.Program("openclaw-worker"), [], ("NOTIFY_SOCKET", systemd.Name), ("WATCHDOG_USEC", "2000000"));
        await systemd.UntilAsync(": connected to");
        await systemd.UntilAsync("WATCHDOG=1");
        var child = ProcessTable.ChildrenOf(service.Id).Single(p => p.Name == "clw-worker").Id;
        Signals.Send(child, Signals.Stop);
        try
        {
            await service.SaidAsync("gives no sign of life");
        }
        finally
        {
            Signals.Send(child, Signals.Continue);
        }

        service.Signal(Signals.Term);
        Assert.True(await service.EndAsync() == 0, service.Said);
    }

    [Fact]
    public async Task C21_a_manager_service_is_ready_when_it_listens()
    {
        await using var cluster = new Cluster();
        using var systemd = new NotifySocket(cluster.Room.Path("notify"));
        var manager = cluster.Room.Start(Checkout.Program("clw-manager"), ["start"], ("NOTIFY_SOCKET", systemd.Name));
        Assert.Contains($"STATUS=listening on {cluster.Address}", await systemd.UntilAsync("READY=1"), StringComparison.Ordinal);
        using (var client = cluster.Client())
        {
            Assert.True((await client.StatusAsync(TestContext.Current.CancellationToken)).IsOk);
        }

        var health = await cluster.Room.RunAsync("health", "manager");
        Assert.True(health.ExitCode == 0, health.Errors);
        manager.Signal(Signals.Term);
        Assert.True(await manager.EndAsync() == 0, manager.Said);
        (await cluster.Room.RunAsync("health", "manager")).FailedWith("clw-connection-refused", 1);
    }

    [Fact]
    public async Task C21_the_units_pass_their_own_check()
    {
        var analyze = Checkout.Need("systemd-analyze");
        await using var room = new Room();
        var prefix = room.Path("prefix");
        Assert.Equal(0, (await room.RunAsync("install", "--prefix", prefix)).ExitCode);
        var units = Directory.GetFiles(Path.Combine(prefix, "lib/systemd/system"));
        Assert.Equal(["clw-worker.service", "openclaw-manager.service", "openclaw-worker.service"], units.Select(Path.GetFileName).Order());
        var verify = room.Start(analyze, ["verify", .. units]);
        Assert.Equal(0, await verify.EndWithOutputAsync());
        Assert.Equal("", verify.Output + verify.Errors);

        // It would find a mistake.
        var broken = room.Path("broken.service");
        await File.WriteAllTextAsync(
            broken,
            (await File.ReadAllTextAsync(units[0], TestContext.Current.CancellationToken)).Replace(
                "WatchdogSec=60",
                "WatchdogSec=soon",
                StringComparison.Ordinal
            ),
            TestContext.Current.CancellationToken
        );
        var wrong = room.Start(analyze, ["verify", broken]);
        await wrong.EndWithOutputAsync();
        Assert.Contains("soon", wrong.Errors, StringComparison.Ordinal);
    }
}
