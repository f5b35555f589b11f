using System.Runtime.CompilerServices;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Supervision;

/// <summary>
/// A supervisor that runs below this process, held by a lifeline: it stops when we say so, and also when we are gone without a word.
/// </summary>
internal sealed class SupervisorProcess : IAsyncDisposable
{
    private readonly ChildProcess process;
    private readonly PipeStream events;
    private readonly PipeStream lifeline;

    private SupervisorProcess(ChildProcess process, PipeStream events, PipeStream lifeline)
    {
        this.process = process;
        this.events = events;
        this.lifeline = lifeline;
    }

    public int Id => process.Id;

    /// <summary>Completes when the supervisor and everything below it is gone; its exit code as a shell shows it.</summary>
    public async Task<int> EndedAsync() => (await process.Ended).ShellCode;

    /// <summary>Starts a supervisor. What it has to say, it says on our error output.</summary>
    /// <param name="plan">Without descriptors: they are added here.</param>
    /// <param name="runDirectory">Where the plan is put.</param>
    /// <param name="environment">The whole environment, <c>NAME=value</c>.</param>
    public static SupervisorProcess Start(SupervisorPlan plan, string runDirectory, IReadOnlyList<string> environment)
    {
        const int lifelineNumber = 3;
        const int eventsNumber = 4;
        var file = RunDirectory.Write(runDirectory, plan with { LifelineFd = lifelineNumber, EventsFd = eventsNumber });
        var (lifelineRead, lifelineWrite) = Pipes.Create();
        var (eventsRead, eventsWrite) = Pipes.Create();
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read);
        using (lifelineRead)
        using (eventsWrite)
        {
            try
            {
                var started = ChildProcess.Start(
                    new ChildStart
                    {
                        Path = Programs.Supervisor,
                        Arguments = ["clw-supervisor", file],
                        Environment = environment,
                        Descriptors = [new(0, nothing), new(lifelineNumber, lifelineRead), new(eventsNumber, eventsWrite)],
                        // It ends its own children, in order; what a SIGKILL leaves of it ends by its lifelines.
                        EndGroup = false,
                    }
                );
                return new(started, Pipes.OpenRead(eventsRead), Pipes.OpenWrite(lifelineWrite));
            }
            catch (ChildStartException e)
            {
                lifelineWrite.Dispose();
                eventsRead.Dispose();
                throw new Failure(
                    Catalogue.InitFail,
                    $"The supervisor cannot be started: {e.Message}",
                    "Install OpenClaw again: clw and clw-supervisor belong together"
                ).AsException(e);
            }
        }
    }

    /// <summary>What happens below it, until it is gone.</summary>
    public async IAsyncEnumerable<SupervisorEvent> EventsAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var reader = new StreamReader(events, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (SupervisorEvent.FromJson(line) is { } happened)
            {
                yield return happened;
            }
        }
    }

    /// <summary>The order to stop everything, gracefully. May be called more than once.</summary>
    public void Stop() => lifeline.Dispose();

    /// <summary>The order to be quick about it.</summary>
    public void Hurry()
    {
        Stop();
        // The first order is the lifeline's; a signal after it ends every grace.
        process.Signal(Signals.Terminate);
    }

    /// <summary>Stops it if it still runs, and waits until everything is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await process.Ended;
        await events.DisposeAsync();
    }
}
