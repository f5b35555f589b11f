using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Abi;

public sealed class ChildProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static ChildStart Shell(string script, params ChildDescriptor[] descriptors) =>
        new()
        {
            Path = "/bin/sh",
            Arguments = ["sh", "-c", script],
            Environment = ["PATH=/usr/bin:/bin"],
            Descriptors = descriptors,
        };

    private static async Task<string> OutputOf(ChildStart start)
    {
        var (read, write) = Pipes.Create();
        ChildProcess child;
        using (write)
        {
            child = ChildProcess.Start(start with { Descriptors = [.. start.Descriptors, new(1, write)] });
        }
        await using var stream = Pipes.OpenRead(read);
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync().WaitAsync(Patience);
        await child.Ended.WaitAsync(Patience);
        return text;
    }

    [Fact]
    public async Task Exit_codes_signals_and_use_are_told()
    {
        var exited = await ChildProcess.Start(Shell("exit 7")).Ended.WaitAsync(Patience);
        Assert.Equal((7, null, 7), (exited.ExitCode, exited.Signal, exited.ShellCode));
        Assert.True(exited.PeakMemoryBytes > 100_000);
        var killed = await ChildProcess.Start(Shell("kill -SEGV $$")).Ended.WaitAsync(Patience);
        Assert.Equal((null, 11, 139), (killed.ExitCode, killed.Signal, killed.ShellCode));
    }

    [Fact]
    public async Task Many_children_at_once_all_end()
    {
        var children = Enumerable.Range(0, 60).Select(i => ChildProcess.Start(Shell($"exit {i}"))).ToList();
        var ends = await Task.WhenAll(children.Select(c => c.Ended)).WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 60), ends.Select(e => e.ExitCode!.Value));
        Assert.DoesNotContain(children, c => Family.Knows(c.Id));
        Assert.All(children, c => Assert.False(c.Signal(0)));
    }

    [Fact]
    public void What_cannot_start_says_why()
    {
        var missing = Assert.Throws<ChildStartException>(() => ChildProcess.Start(Shell("") with { Path = "/nowhere/sh" }));
        Assert.Equal(2, missing.Error);
        Assert.Equal("cannot start /nowhere/sh: No such file or directory", missing.Message);
        Assert.Equal(13, Assert.Throws<ChildStartException>(() => ChildProcess.Start(Shell("") with { Path = "/etc/passwd" })).Error);
        Assert.Throws<ArgumentException>(() => ChildProcess.Start(Shell("a\0b")));
    }

    [Fact]
    public async Task A_child_gets_what_it_was_given_and_nothing_else()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        // An inheritable descriptor of ours, as a library may have left it open.
        using var leak = File.OpenHandle("/etc/passwd");
        // A number that is certainly free: the other tests of this process own theirs, and the runtime's own pipes are among them.
        using var number = Descriptors.Duplicate(leak);
        Descriptors.Redirect(leak, (int)number.DangerousGetHandle());
        using var given = File.OpenHandle("/etc/hostname");
        var text = await OutputOf(
            Shell(
                "ls /proc/self/fd | tr '\\n' ' '; pwd; env; cat <&9 >/dev/null && echo nine; grep -E 'Sig(Blk|Ign)' /proc/self/status"
            ) with
            {
                WorkingDirectory = "/usr",
                Environment = ["PATH=/usr/bin:/bin", "A=ü"],
                Descriptors = [new(9, given), new(4, given)],
            }
        );
        // 3 is the directory that ls itself reads.
        Assert.StartsWith("0 1 2 3 4 9 /usr\n", text, StringComparison.Ordinal);
        Assert.Contains("A=ü\n", text, StringComparison.Ordinal);
        Assert.Contains("nine\n", text, StringComparison.Ordinal);
        Assert.Contains("SigBlk:\t0000000000000000\n", text, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("HOME=", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Descriptors_may_swap_places()
    {
        var (readA, writeA) = Pipes.Create();
        var (readB, writeB) = Pipes.Create();
        var a = (int)writeA.DangerousGetHandle();
        var b = (int)writeB.DangerousGetHandle();
        var child = ChildProcess.Start(
            Shell("", new(a, writeB), new(b, writeA)) with
            {
                // Not every sh takes descriptors of two digits.
                Path = "/bin/bash",
                Arguments = ["bash", "-c", $"echo to-b >&{a}; echo to-a >&{b}"],
            }
        );
        writeA.Dispose();
        writeB.Dispose();
        await child.Ended.WaitAsync(Patience);
        Assert.Equal("to-a\n", await new StreamReader(Pipes.OpenRead(readA)).ReadToEndAsync());
        Assert.Equal("to-b\n", await new StreamReader(Pipes.OpenRead(readB)).ReadToEndAsync());
    }

    [Fact]
    public async Task What_is_left_of_the_group_goes_with_its_leader()
    {
        var (read, write) = Pipes.Create();
        // The sleeper holds the pipe: only its death closes it.
        var child = ChildProcess.Start(Shell("sleep 1000 & exit 0", new ChildDescriptor(1, write)));
        write.Dispose();
        var end = await child.Ended.WaitAsync(Patience);
        Assert.Equal(0, end.ExitCode);
        Assert.Equal("", await new StreamReader(Pipes.OpenRead(read)).ReadToEndAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task A_group_can_be_signalled()
    {
        var (read, write) = Pipes.Create();
        var child = ChildProcess.Start(Shell("sleep 1000 & echo up; wait", new ChildDescriptor(1, write)));
        write.Dispose();
        using var reader = new StreamReader(Pipes.OpenRead(read));
        Assert.Equal("up", await reader.ReadLineAsync().WaitAsync(Patience));
        Assert.True(child.SignalGroup(Signals.Terminate));
        Assert.Equal(Signals.Terminate, (await child.Ended.WaitAsync(Patience)).Signal);
        Assert.False(child.SignalGroup(Signals.Terminate));
    }

    [Fact]
    public async Task Pipes_carry_bytes_both_ways_and_say_when_the_other_end_is_gone()
    {
        var (read, write) = Pipes.Create();
        await using var input = Pipes.OpenRead(read);
        var output = Pipes.OpenWrite(write);
        var sent = new byte[3_000_000];
        new Random(3).NextBytes(sent);
        var writing = Task.Run(async () =>
        {
            await output.WriteAsync(sent);
            await output.DisposeAsync();
        });
        var got = new MemoryStream();
        await input.CopyToAsync(got).WaitAsync(Patience);
        await writing;
        Assert.True(got.ToArray().AsSpan().SequenceEqual(sent));

        var (lost, stump) = Pipes.Create();
        lost.Dispose();
        await using var broken = Pipes.OpenWrite(stump);
        await Assert.ThrowsAsync<IOException>(async () => await broken.WriteAsync(sent));
    }

    [Fact]
    public async Task A_waiting_read_can_be_cancelled_and_another_begun()
    {
        var (read, write) = Pipes.Create();
        await using var input = Pipes.OpenRead(read);
        using var cancel = new CancellationTokenSource();
        var buffer = new byte[8];
        var first = input.ReadAsync(buffer, cancel.Token).AsTask();
        Assert.False(first.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var second = input.ReadAsync(buffer).AsTask();
        await using (var output = Pipes.OpenWrite(write))
        {
            await output.WriteAsync("x"u8.ToArray());
            Assert.Equal(1, await second.WaitAsync(Patience));
        }
        Assert.Equal(0, await input.ReadAsync(buffer));
        var (other, held) = Pipes.Create();
        using (held)
        {
            var closing = Pipes.OpenRead(other);
            var waiting = closing.ReadAsync(buffer).AsTask();
            await closing.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task A_lifeline_ends_with_its_holder()
    {
        var (read, write) = Pipes.Create();
        await using var lifeline = Lifeline.On(read);
        Assert.False(lifeline.Ended.IsCancellationRequested);
        var ended = new TaskCompletionSource();
        await using var registration = lifeline.Ended.Register(ended.SetResult);
        write.Dispose();
        await ended.Task.WaitAsync(Patience);
    }
}
