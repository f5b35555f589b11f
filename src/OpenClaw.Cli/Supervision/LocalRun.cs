using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Supervision;

/// <summary>
/// A manager and a worker below this process: started, watched until they are ready, stopped. One reader of events; disposing stops
/// everything and waits until it is gone.
/// </summary>
internal sealed class LocalRun : IAsyncDisposable
{
    private readonly SupervisorProcess supervisor;
    private readonly string runDirectory;
    private readonly SupervisorPlan plan;
    private readonly HashSet<string> awaited;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task watching;

    private LocalRun(SupervisorPlan plan, string runDirectory, IReadOnlyList<string> environment, Action<SupervisorEvent>? onEvent)
    {
        this.plan = plan;
        this.runDirectory = runDirectory;
        awaited = plan.Children.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        supervisor = SupervisorProcess.Start(plan, runDirectory, environment);
        watching = WatchAsync(onEvent);
    }

    /// <summary>Process numbers by child, as of its last start.</summary>
    public Dictionary<string, int> Pids { get; } = new(StringComparer.Ordinal);

    /// <param name="name">What the whole is called.</param>
    /// <param name="runDirectory">Where the plan and the children's first words go.</param>
    /// <param name="children">In the order of their start.</param>
    /// <param name="environment">The whole environment of all of them; null: ours.</param>
    /// <param name="onEvent">Told of each event by the one reader.</param>
    /// <param name="logFile">Where the supervisor's own lines are kept; null: nowhere.</param>
    public static LocalRun Start(
        string name,
        string runDirectory,
        IReadOnlyList<ChildPlan> children,
        IReadOnlyList<string>? environment = null,
        Action<SupervisorEvent>? onEvent = null,
        string? logFile = null
    )
    {
        foreach (var child in children)
        {
            // What an earlier run said would be taken for this one's words.
            File.Delete(OutputOf(runDirectory, child.Name));
        }

        var whole = new SupervisorPlan
        {
            Name = name,
            LogFile = logFile,
            Children = [.. children.Select(c => c with { LogFile = OutputOf(runDirectory, c.Name) })],
        };
        return new(whole, runDirectory, environment ?? ChildStart.InheritedEnvironment(), onEvent);
    }

    /// <summary>Completes when every child is ready; fails with the child's own words when one cannot start.</summary>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        await Task.WhenAny(ready.Task, watching).WaitAsync(cancellation);
        if (!ready.Task.IsCompletedSuccessfully)
        {
            var code = await supervisor.EndedAsync();
            throw (FailureOfChildren() ?? EndedEarly(code)).AsException();
        }
    }

    /// <summary>Completes when everything is gone.</summary>
    public async Task<int> EndedAsync()
    {
        await watching;
        return await supervisor.EndedAsync();
    }

    /// <summary>What a child named as its reason to end, if one did.</summary>
    public Failure? FailureOfChildren() =>
        plan.Children.Select(c => FirstWords.FailureIn(OutputOf(runDirectory, c.Name))).FirstOrDefault(f => f is not null);

    public void Stop() => supervisor.Stop();

    public void Hurry() => supervisor.Hurry();

    public async ValueTask DisposeAsync()
    {
        supervisor.Stop();
        await watching;
        await supervisor.DisposeAsync();
    }

    private async Task WatchAsync(Action<SupervisorEvent>? onEvent)
    {
        await foreach (var happened in supervisor.EventsAsync())
        {
            if (happened is { Event: "started", Child: { } started, Pid: { } pid })
            {
                Pids[started] = pid;
            }

            onEvent?.Invoke(happened);
            if (happened is { Event: "ready", Child: { } child } && awaited.Remove(child) && awaited.Count == 0)
            {
                ready.TrySetResult();
            }
        }
    }

    private Failure EndedEarly(int code) =>
        new(Catalogue.InitFail, $"The cluster ended with exit code {code} before it was ready", $"Read what it wrote in {runDirectory}");

    private static string OutputOf(string directory, string child) => Path.Combine(directory, child + ".out");
}
