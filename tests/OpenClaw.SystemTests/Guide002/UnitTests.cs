using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W18 of the guide on crashes: its unit. Under a real systemd it is proven with the others (Guide001, C21).</summary>
public sealed class UnitTests
{
    [Fact]
    public async Task W18_clw_worker_service_is_the_workers_unit_under_the_guides_name()
    {
        await using var room = new Room();
        var prefix = room.Path("prefix");
        Assert.Equal(0, (await room.RunAsync("install", "--prefix", prefix)).ExitCode);
        var unit = Path.Combine(prefix, "lib/systemd/system", "clw-worker.service");

        // One unit, two names: systemd starts it once.
        Assert.Equal("openclaw-worker.service", new FileInfo(unit).LinkTarget);
        var lines = await File.ReadAllLinesAsync(unit, TestContext.Current.CancellationToken);
        Assert.Superset(
            new HashSet<string>
            {
                "LimitNOFILE=1048576",
                "LimitCORE=infinity",
                "LimitAS=infinity",
                "Restart=always",
                "RestartSec=5",
                "WatchdogSec=60",
                "Delegate=yes",
                "OOMPolicy=continue",
            },
            lines.ToHashSet()
        );
        Assert.DoesNotContain(lines, l => l.StartsWith("Memory", StringComparison.Ordinal));
        var verify = room.Start(Checkout.Need("systemd-analyze"), ["verify", unit]);
        Assert.Equal(0, await verify.EndWithOutputAsync());
        Assert.Equal("", verify.Output + verify.Errors);

        // Taken away as it was put there; a unit that somebody wrote himself stays.
        Assert.Equal(0, (await room.RunAsync("install", "--prefix", prefix, "--uninstall")).ExitCode);
        Assert.Null(new FileInfo(unit).LinkTarget);
        Assert.Equal(0, (await room.RunAsync("install", "--prefix", prefix)).ExitCode);
        File.Delete(unit);
        await File.WriteAllTextAsync(
            unit,
            "[Service]\nExecStart=/usr/bin/clw-worker --max-mem=2G\n",
            TestContext.Current.CancellationToken
        );
        Assert.Equal(0, (await room.RunAsync("install", "--prefix", prefix)).ExitCode);
        Assert.Equal(0, (await room.RunAsync("install", "--prefix", prefix, "--uninstall")).ExitCode);
        Assert.True(File.Exists(unit));
    }
}
