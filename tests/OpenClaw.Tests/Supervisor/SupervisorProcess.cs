using System.Text;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Tests.Supervisor;

/// <summary>One real clw-supervisor with children written in shell.</summary>
public sealed class SupervisorProcess : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly StreamReader events;
    private readonly StringBuilder errors = new();
    private readonly Task errorPump;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle lifeline;

    private SupervisorProcess(ChildProcess child, PipeStream events, PipeStream errors, Microsoft.Win32.SafeHandles.SafeFileHandle lifeline)
    {
        Child = child;
        this.lifeline = lifeline;
        this.events = new StreamReader(events);
        errorPump = Task.Run(async () =>
        {
            using var reader = new StreamReader(errors);
            this.errors.Append(await reader.ReadToEndAsync());
        });
    }

    public ChildProcess Child { get; }
    public List<SupervisorEvent> Seen { get; } = [];

    public static SupervisorProcess Start(string directory, params ChildPlan[] children) => Start(directory, [], children);

    public static SupervisorProcess Start(
        string directory,
        ReadOnlySpan<(string Name, string? Value)> environment,
        params ChildPlan[] children
    )
    {
        var (eventsRead, eventsWrite) = Pipes.Create();
        var (errorsRead, errorsWrite) = Pipes.Create();
        var (lifelineRead, lifelineWrite) = Pipes.Create();
        using var a = eventsWrite;
        using var b = errorsWrite;
        using var c = lifelineRead;
        var plan = new SupervisorPlan
        {
            Name = "test",
            Children = children,
            EventsFd = 5,
            LifelineFd = 6,
        };
        var file = Path.Combine(directory, $"plan-{Guid.NewGuid():N}.json");
        File.WriteAllText(file, plan.ToJson());
        var child = ChildProcess.Start(
            new ChildStart
            {
                Path = Path.Combine(AppContext.BaseDirectory, "clw-supervisor"),
                Arguments = ["clw-supervisor", file],
                Environment = ChildStart.InheritedEnvironment(environment),
                Descriptors = [new(1, b), new(2, b), new(5, a), new(6, c)],
            }
        );
        return new SupervisorProcess(child, Pipes.OpenRead(eventsRead), Pipes.OpenRead(errorsRead), lifelineWrite);
    }

    /// <summary>Waits for an event.</summary>
    public async Task<SupervisorEvent> NextAsync(string what, string? child = null)
    {
        while (await events.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            var got = SupervisorEvent.FromJson(line);
            Assert.NotNull(got);
            Seen.Add(got);
            if (got.Event == what && (child is null || got.Child == child))
            {
                return got;
            }
        }
        throw new InvalidOperationException($"no event {what}; seen: {string.Join('\n', Seen)}; said: {errors}");
    }

    public void CutLifeline() => lifeline.Dispose();

    public async Task<(int Code, string Errors)> EndAsync()
    {
        var end = await Child.Ended.WaitAsync(Patience);
        await errorPump.WaitAsync(Patience);
        return (end.ShellCode, errors.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        lifeline.Dispose();
        if (await Task.WhenAny(Child.Ended, Task.Delay(Patience)) != Child.Ended)
        {
            Child.SignalGroup(Signals.Kill);
        }
        await Child.Ended;
        events.Dispose();
    }
}
