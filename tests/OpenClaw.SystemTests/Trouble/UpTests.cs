using System.Globalization;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Trouble;

/// <summary>Proves: what goes wrong with <c>clw up</c> and <c>clw manager</c> is told by what is true, and leads on.</summary>
public sealed class UpTests
{
    [Fact]
    public async Task A_second_cluster_on_the_same_directory_is_told_of_the_first()
    {
        await using var up = new Up();
        await up.StartAsync();
        var second = await up.Room.RunAsync("up");
        second.FailedWith("clw-store-in-use", 7);
        var address = OpenClaw.Client.Wire.LocalCluster.FindAddress(up.Room.Path("data"));
        Assert.Contains($"A cluster is already up at {address}", second.Errors, StringComparison.Ordinal);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"(clw up, pid {up.Process.Id})"),
            second.Errors,
            StringComparison.Ordinal
        );
        Assert.Contains("cluster status", second.Errors, StringComparison.Ordinal);

        // The first did not notice.
        (await up.Room.RunAsync("manager")).FailedWith("clw-store-in-use", 7);
        Assert.Equal(0, (await up.Room.RunAsync("cluster", "status")).ExitCode);
        await up.StopAsync();
    }

    [Fact]
    public async Task A_second_order_to_stop_is_obeyed_at_once_and_is_no_crash()
    {
        await using var up = new Up();
        up.Room.Environment["OPENCLAW_WORKER_SHUTDOWN_GRACE"] = "10m";
        await up.StartAsync();
        using (var client = up.Client())
        {
            await client.UntilAsync(await client.SubmitAsync("sleep", """{"seconds":600}"""), OpenClaw.V1.TaskState.Running);
        }

        up.Process.Signal(Signals.Term);
        await up.Process.SaidAsync("Stopping");
        up.Process.Signal(Signals.Interrupt);
        await up.Process.EndWithOutputAsync();
        Assert.DoesNotContain("FATAL", up.Process.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("clw-", up.Process.Errors, StringComparison.Ordinal);
        await up.Room.NothingRunsAsync("after a hurried stop");
    }

    [Fact]
    public async Task In_the_background_of_a_script_it_still_stops_by_SIGTERM()
    {
        await using var up = new Up();
        // What a shell without job control does for `clw up &`.
        var shell = up.Room.Start("/bin/sh", ["-c", $"trap '' INT QUIT; exec {Checkout.Program("clw")} up"]);
        await shell.SaidAsync(Up.Announcement);
        shell.Signal(Signals.Term);
        Assert.Equal(0, await shell.EndAsync());
        await up.Room.NothingRunsAsync("after SIGTERM");
    }

    [Fact]
    public async Task A_log_directory_that_cannot_be_written_is_named_and_work_goes_on()
    {
        await using var up = new Up();
        await File.WriteAllTextAsync(up.Room.Path("file"), "");
        up.Room.Environment["OPENCLAW_LOG_DIRECTORY"] = up.Room.Path("file", "log");
        await up.StartAsync();
        Assert.Contains(
            $"warning: clw-log-unwritable: {up.Room.Path("file", "log", "manager.log")} cannot be written",
            up.Process.Errors,
            StringComparison.Ordinal
        );
        var task = await up.Room.RunAsync("task", "submit", "--type", "noop", "--wait");
        Assert.True(task.ExitCode == 0, task.Said);
        await up.StopAsync();
    }

    [Fact]
    public async Task A_manager_that_cannot_write_its_log_says_so_on_its_error_output()
    {
        await using var room = new Room();
        await File.WriteAllTextAsync(room.Path("file"), "");
        room.Environment["OPENCLAW_LOG_DIRECTORY"] = room.Path("file", "log");
        var manager = room.Clw("manager", "--port", "0", "--web", "127.0.0.1:0");
        await manager.SaidAsync("clw-log-unwritable: ");
        await manager.SaidAsync("Manager is up");
        manager.Signal(Signals.Term);
        Assert.Equal(0, await manager.EndAsync());
    }

    [Theory]
    [InlineData("clw-listen-failed", 7, "no network of this machine", "--listen", "203.0.113.1:9090", "--insecure")]
    [InlineData("clw-listen-failed", 7, "has no address", "--listen", "no-such-host.invalid:9090", "--insecure")]
    public async Task An_address_that_cannot_be_listened_on_is_told_by_its_cause(string code, int exit, string why, params string[] flags)
    {
        await using var room = new Room();
        var manager = await room.RunAsync(["manager", "--web", "127.0.0.1:0", .. flags]);
        manager.FailedWith(code, exit);
        Assert.Contains(why, manager.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_is_full_or_closed_is_a_failure_with_a_code()
    {
        await using var room = new Room();
        foreach (var redirection in new[] { ">/dev/full", ">&-" })
        {
            var clw = room.Start("/bin/sh", ["-c", $"exec {Checkout.Program("clw")} explain --list {redirection}"]);
            await clw.EndWithOutputAsync();
            clw.FailedWith("clw-output-failed", 7);
        }

        foreach (var redirection in new[] { "2>/dev/full", "2>&-" })
        {
            // Nobody can be told why; the exit code still does.
            var clw = room.Start("/bin/sh", ["-c", $"exec {Checkout.Program("clw")} nonsense {redirection}"]);
            Assert.Equal(2, await clw.EndAsync());
        }
    }

    [Fact]
    public async Task A_task_that_failed_is_exit_code_1_whatever_its_code()
    {
        await using var up = new Up();
        await up.StartAsync();
        // A wrong payload would be exit code 2 of the command line; here the command line was in order.
        (await up.Room.RunAsync("task", "submit", "--type", "sleep", "--payload", "{\"sec\":1}", "--wait")).FailedWith(
            "clw-payload-invalid",
            1
        );
        var json = await up.Room.RunAsync("task", "submit", "--type", "sleep", "--payload", "{\"sec\":1}", "--wait", "--json");
        Assert.Equal(1, json.ExitCode);
        using var client = up.Client();
        var id = await client.SubmitAsync("sleep", """{"sec":1}""");
        Assert.Equal(1, (await up.Room.RunAsync("task", "wait", id)).ExitCode);
        await up.StopAsync();
    }

    [Fact]
    public async Task A_worker_does_not_send_its_token_beyond_this_machine_unless_that_was_said()
    {
        await using var room = new Room();
        room.Environment["OPENCLAW_MANAGER_HOST"] = "203.0.113.1";
        (await room.RunAsync("worker")).FailedWith("clw-address-insecure", 6);

        var worker = room.Clw("worker", "--insecure-manager");
        await worker.SaidAsync("is up: ");
        worker.Signal(Signals.Term);
        Assert.Equal(0, await worker.EndAsync());
    }

    [Fact]
    public async Task A_token_that_others_can_read_is_taken_from_them_aloud()
    {
        await using var room = new Room();
        Directory.CreateDirectory(room.Path("data"));
        await File.WriteAllTextAsync(room.Path("data", "token"), new string('7', 64));
        File.SetUnixFileMode(room.Path("data", "token"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var manager = room.Clw("manager", "--port", "0", "--web", "127.0.0.1:0");
        await manager.SaidAsync("could be used by others (mode 0604)");
        await manager.SaidAsync("Manager is up");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(room.Path("data", "token")));
        Assert.Equal(0, (await room.RunAsync("task", "list")).ExitCode);
        manager.Signal(Signals.Term);
        Assert.Equal(0, await manager.EndAsync());
    }
}
