using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Section 0 and row C21: <c>clw install</c> and the names that the program answers to.</summary>
public sealed class InstallTests
{
    private static readonly string[] Names =
    [
        "claw",
        "clw",
        "clw-bench",
        "clw-cluster",
        "clw-diag",
        "clw-manager",
        "clw-metrics",
        "clw-worker",
        "openclaw",
        "openclaw-worker",
    ];

    [Fact]
    public async Task C21_install_puts_an_elf_file_behind_every_name_and_can_be_repeated_and_undone()
    {
        await using var room = new Room();
        var prefix = room.Path("prefix");
        var would = await room.RunAsync("install", "--prefix", prefix, "--dry-run");
        Assert.True(would.ExitCode == 0 && would.Output.Contains("would  copy the program", StringComparison.Ordinal), would.Said);
        Assert.False(Directory.Exists(prefix), "a dry run has changed something");

        var first = await room.RunAsync("install", "--prefix", prefix);
        Assert.True(first.ExitCode == 0, first.Said);
        Assert.DoesNotContain("would", first.Output, StringComparison.Ordinal);
        var bin = Path.Combine(prefix, "bin");
        Assert.Equal(Names, Directory.GetFiles(bin).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var name in Names)
        {
            var file = new FileInfo(Path.Combine(bin, name)).ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            Assert.StartsWith(Path.Combine(prefix, "lib/openclaw") + "/", file, StringComparison.Ordinal);
            Assert.Equal("\u007fELF"u8.ToArray(), (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))[..4]);
        }

        var again = await room.RunAsync("install", "--prefix", prefix);
        Assert.True(again.ExitCode == 0, again.Said);
        Assert.All(Steps(again), l => Assert.StartsWith("there ", l, StringComparison.Ordinal));

        var undone = await room.RunAsync("install", "--prefix", prefix, "--uninstall");
        Assert.True(undone.ExitCode == 0, undone.Said);
        Assert.Empty(Directory.GetFiles(prefix, "*", SearchOption.AllDirectories));
        Assert.True((await room.RunAsync("install", "--prefix", prefix, "--uninstall")).ExitCode == 0);
    }

    [Fact]
    public async Task C21_what_is_installed_works_by_itself_and_somebody_elses_file_is_left()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        var prefix = room.Path("prefix");
        Directory.CreateDirectory(Path.Combine(prefix, "bin"));
        await File.WriteAllTextAsync(Path.Combine(prefix, "bin", "claw"), "#!/bin/sh\n", TestContext.Current.CancellationToken);
        var install = await room.RunAsync("install", "--prefix", prefix);
        Assert.True(install.ExitCode == 0, install.Said);
        Assert.Contains("left   link", install.Output, StringComparison.Ordinal);
        Assert.Equal(
            "#!/bin/sh\n",
            await File.ReadAllTextAsync(Path.Combine(prefix, "bin", "claw"), TestContext.Current.CancellationToken)
        );

        // The programs find each other where they were put: supervisor and runner are those of the installation.
        var worker = room.Start(Path.Combine(prefix, "bin", "openclaw-worker"), ["start"]);
        await cluster.StartManagerAsync();
        await cluster.WorkerIsAsync("healthy");
        Assert.All(
            ProcessTable.ChildrenOf(worker.Id),
            p =>
                Assert.Contains(
                    Path.Combine(prefix, "lib/openclaw"),
                    new FileInfo($"/proc/{p.Id}/exe").LinkTarget,
                    StringComparison.Ordinal
                )
        );
        Assert.Contains(ProcessTable.ChildrenOf(worker.Id), p => p.Name == "clw-worker");
        var status = room.Start(Path.Combine(prefix, "bin", "clw-cluster"), ["status"]);
        Assert.True(await status.EndWithOutputAsync() == 0 && status.Output.Contains("CLUSTER:", StringComparison.Ordinal), status.Said);
        worker.Signal(Signals.Term);
        Assert.True(await worker.EndAsync() == 0, worker.Said);
    }

    [Theory]
    [InlineData("clw", "Commands:")]
    [InlineData("claw", "Commands:")]
    [InlineData("openclaw", "Commands:")]
    [InlineData("clw-worker", "Run a worker")]
    [InlineData("openclaw-worker", "Run a worker")]
    [InlineData("clw-cluster", "Look at the cluster")]
    [InlineData("clw-bench", "bench")]
    public async Task C21_each_name_is_its_command(string name, string says)
    {
        await using var room = new Room();
        var help = room.Start(Checkout.Program(name), ["--help"]);
        Assert.Equal(0, await help.EndWithOutputAsync());
        Assert.Contains(says, help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C21_without_root_it_says_what_else_can_be_done()
    {
        Checkout.Unless(Environment.IsPrivilegedProcess, "another user can be taken by root alone");
        await using var room = new Room();
        File.SetUnixFileMode(room.Directory, (UnixFileMode)0b111_101_101);
        var nobody = room.Start(
            Checkout.Need("setpriv"),
            ["--reuid=65534", "--regid=65534", "--clear-groups", Checkout.Program("clw"), "install"]
        );
        await nobody.EndWithOutputAsync();
        nobody.FailedWith("clw-install-failed", 7);
        Assert.Contains("--prefix", nobody.Errors, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Steps(RealProcess install) => install.Output.Split('\n').TakeWhile(l => l.Length > 0);
}
