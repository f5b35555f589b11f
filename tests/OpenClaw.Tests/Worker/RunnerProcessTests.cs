using OpenClaw.Abi.Processes;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

/// <summary>The end of a runner is always told, whatever went wrong on the way.</summary>
public sealed class RunnerProcessTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-runner-");

    public void Dispose() => directory.Delete(recursive: true);

    private string Script(string text)
    {
        var path = Path.Combine(directory.FullName, "script");
        File.WriteAllText(path, "#!/bin/sh\n" + text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    [Fact]
    public async Task AFaultOfOursEndsTheProcessAndIsNoSuccess()
    {
        // It would live for long: nobody reads what it writes any more.
        var events = new Events { OnLines = () => throw new InvalidOperationException("a fault of ours") };
        var runner = RunnerProcess.Start(Script("echo oops >&2; exec sleep 600"), [], events, TimeProvider.System);
        var end = await events.End.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await runner.Completion;
        Assert.Equal((null, Signals.Kill), (end.ExitCode, end.Signal));
        Assert.Equal("a fault of ours", events.Fault?.Message);
    }

    [Fact]
    public async Task AFaultAfterAGoodEndIsNoSuccessEither()
    {
        var events = new Events { OnLines = () => throw new InvalidOperationException("a fault of ours") };
        var runner = RunnerProcess.Start(Script("echo oops >&2"), [], events, TimeProvider.System);
        var end = await events.End.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await runner.Completion;
        Assert.False(end.IsSuccess);
        Assert.NotNull(events.Fault);
    }

    private sealed class Events : IRunnerEvents
    {
        public TaskCompletionSource<ProcessEnd> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public Exception? Fault { get; private set; }
        public required Action OnLines { get; init; }

        public void Reports(IRunner runner, IReadOnlyList<SlotReport> reports) { }

        public void Lines(IRunner runner, IReadOnlyList<string> lines) => OnLines();

        public void Violated(IRunner runner, ErrorEntry entry, string message) { }

        public void Faulted(IRunner runner, Exception fault) => Fault = fault;

        public void Ended(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output) => End.TrySetResult(end);
    }
}
