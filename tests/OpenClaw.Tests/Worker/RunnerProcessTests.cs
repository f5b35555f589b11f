using System.Text;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Limits.Cgroups;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

/// <summary>The end of a runner is always told, whatever went wrong on the way; what it says and holds is bounded.</summary>
public sealed class RunnerProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-runner-");
    private readonly TreeWatch watch = new(TimeProvider.System);

    public void Dispose()
    {
        watch.Dispose();
        directory.Delete(recursive: true);
    }

    private RunnerProcess Start(string script, Events events, RunnerFences? fences = null)
    {
        var path = Path.Combine(directory.FullName, "script");
        File.WriteAllText(path, "#!/bin/sh\n" + script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return RunnerProcess.Start(path, ["PATH=/usr/bin:/bin"], events, TimeProvider.System, fences ?? new RunnerFences(watch));
    }

    [Fact]
    public async Task WhoeverHasTheGroupNextIsNotKilledForTheRunnerBefore()
    {
        // A tree that has the kernel's files without the kernel: what is written stays to be read.
        foreach (var file in new[] { "cgroup.procs", "cgroup.controllers", $"clw-tasks-{Environment.ProcessId}-w1/cgroup.procs" })
        {
            var path = Path.Combine(directory.FullName, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, file.EndsWith("controllers", StringComparison.Ordinal) ? "memory\n" : "", Token);
        }

        var tree = CgroupTree.Make(directory.FullName, Environment.ProcessId, "w1", [], out var why);
        Assert.True(tree is not null, why);
        var slot = Path.Combine(tree.Directory, "slot-0");
        var first = Start("cat", new Events(), new RunnerFences(watch, Groups: tree));
        first.Close();
        await first.Completion.WaitAsync(Patience, Token);
        var second = Start("cat", new Events(), new RunnerFences(watch, Groups: tree));
        var entered = second.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(entered, await File.ReadAllTextAsync(Path.Combine(slot, "cgroup.procs"), Token));

        // An order that comes too late: the runner that it means has left the group.
        first.Signal(Signals.Kill);
        first.Guard(
            new TaskGuard
            {
                Handle = 1,
                IsProgram = true,
                MemoryBytes = 1,
            }
        );
        Assert.False(File.Exists(Path.Combine(slot, "cgroup.kill")));
        Assert.False(File.Exists(Path.Combine(slot, "memory.max")));
        second.Signal(Signals.Kill);
        Assert.True(File.Exists(Path.Combine(slot, "cgroup.kill")));
        await second.Completion.WaitAsync(Patience, Token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFaultOfOursEndsTheProcessAndIsNoSuccess()
    {
        // It would live for long: nobody reads what it writes any more.
        var events = new Events { OnLines = _ => throw new InvalidOperationException("a fault of ours") };
        var runner = Start("echo oops >&2; exec sleep 600", events);
        var end = await events.End.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await runner.Completion;
        Assert.Equal((null, Signals.Kill), (end.ExitCode, end.Signal));
        Assert.Equal("a fault of ours", events.Fault?.Message);
    }

    [Fact]
    public async Task AFaultAfterAGoodEndIsNoSuccessEither()
    {
        var events = new Events { OnLines = _ => throw new InvalidOperationException("a fault of ours") };
        var runner = Start("echo oops >&2", events);
        var end = await events.End.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await runner.Completion;
        Assert.False(end.IsSuccess);
        Assert.NotNull(events.Fault);
    }

    [Fact]
    public async Task WhoeverFloodsIsHeldBackUntilItWasTakenAndNothingIsLost()
    {
        const int lines = 40_000;
        var taken = new TaskCompletionSource();
        var heard = 0;
        var events = new Events { OnLines = more => heard += more.Count, Taken = taken.Task };
        var runner = Start($"yes 0123456789 | head -n {lines} >&2", events);
        await events.Waits.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        // 64 KiB and what one read brings: about an eighth of the whole.
        Assert.InRange(heard, 5_000, 7_000);
        taken.SetResult();
        await runner.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(lines, heard);
        Assert.InRange(events.Asked, lines * 11 / (64 * 1024 + 8 * 1024), lines * 11 / (64 * 1024));
    }

    [Fact]
    public async Task WhatItHasStartedCountsAsItsMemoryAlsoWithoutItsParent()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");

        // Tail keeps what has no line feed; its parent, a subshell, is gone at once.
        var events = new Events();
        var runner = Start("( (head -c 60000000 /dev/zero; sleep 600) | tail -n 1 >/dev/null & ) ; exec sleep 600", events);
        try
        {
            runner.Guard(
                new TaskGuard
                {
                    Handle = 7,
                    IsProgram = true,
                    MemoryBytes = 400 << 20,
                }
            );
            runner.Guard(
                new TaskGuard
                {
                    Handle = 8,
                    IsProgram = true,
                    MemoryBytes = 40 << 20,
                }
            );
            var excess = await events.Excess.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.Equal((ExcessKind.Memory, 8ul, 40L << 20), (excess.Kind, excess.Handle, excess.Allowed));
            Assert.InRange(excess.Used, 40L << 20, 80L << 20);
        }
        finally
        {
            runner.Signal(Signals.Kill);
            await runner.Completion;
        }
    }

    [Fact]
    public async Task AProgramThatIsSlowToGreetIsNamedWithItsLimit()
    {
        var events = new Events();
        var becoming = string.Concat(Becoming().Select(b => $"\\{Convert.ToString(b, 8).PadLeft(3, '0')}"));
        var runner = Start($"head -c 1 >/dev/null; printf '{becoming}'; exec sleep 600", events);
        runner.Serve(
            new ExecCommand
            {
                Handle = 1,
                TaskId = "task-1",
                Attempt = 1,
                Type = "greet",
                Path = "/plugins/greet.py",
                Arguments = [],
                Environment = [],
                WorkingDirectory = "/",
            },
            TimeSpan.FromMilliseconds(50)
        );
        var (entry, message) = await events.Violation.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        runner.Signal(Signals.Kill);
        await runner.Completion;
        Assert.Equal(Catalogue.PluginStart, entry);
        Assert.StartsWith("greet.py did not say hello within 0.05 s of its start", message, StringComparison.Ordinal);
    }

    private static byte[] Becoming()
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        FrameWriter.WriteBecoming(bytes, 1);
        return bytes.WrittenSpan.ToArray();
    }

    private static async Task UntilAsync(Func<bool> fact)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(Patience);
        while (!fact())
        {
            await timer.WaitForNextTickAsync(end.Token);
        }
    }

    [Fact]
    public void ManySmallLinesAndOneInSmallPiecesCostTheirLengthAndNotItsSquare()
    {
        var small = new LineBuffer();
        small.Add(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x\n", 500_000))));
        var taken = 0;
        while (small.TryTake(out var line))
        {
            Assert.Equal(1, line.Length);
            taken++;
        }

        Assert.Equal((500_000, 0), (taken, small.Held));
        Assert.InRange(small.Moved, 0, 2_000_000);

        var large = new LineBuffer();
        for (var i = 0; i < 100_000; i++)
        {
            large.Add("0123456789"u8);
            Assert.False(large.TryTake(out _));
        }

        large.Add("\nrest"u8);
        Assert.True(large.TryTake(out var whole));
        Assert.Equal((1_000_000, 4), (whole.Length, large.Held));
        Assert.InRange(large.Moved, 0, 2_100_000);
    }

    private sealed class Events : IRunnerEvents
    {
        public TaskCompletionSource<ProcessEnd> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource<(ErrorEntry, string)> Violation { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource Waits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public Exception? Fault { get; private set; }
        public Action<IReadOnlyList<string>> OnLines { get; init; } = _ => { };
        public Task Taken { get; init; } = Task.CompletedTask;
        public int Asked { get; private set; }

        public void Reports(IRunner runner, IReadOnlyList<SlotReport> reports) { }

        public void Lines(IRunner runner, IReadOnlyList<string> lines) => OnLines(lines);

        public Task TakenAsync()
        {
            Asked++;
            Waits.TrySetResult();
            return Taken;
        }

        public void Violated(IRunner runner, ErrorEntry entry, string message) => Violation.TrySetResult((entry, message));

        public TaskCompletionSource<Excess> Excess { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Exceeded(IRunner runner, Excess excess) => Excess.TrySetResult(excess);

        public void Faulted(IRunner runner, Exception fault) => Fault = fault;

        public void Ended(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output) => End.TrySetResult(end);
    }
}
