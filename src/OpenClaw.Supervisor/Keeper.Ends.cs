using System.Globalization;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Supervisor;

// What happens when children end, and how everything is stopped.
internal sealed partial class Keeper
{
    private static readonly TimeSpan OnDeathPatience = TimeSpan.FromSeconds(10);

    private void OnEnd(SupervisedChild child, ChildProcess process, ProcessEnd end)
    {
        if (child.HitBy is { } hit && end.Signal == Signals.Kill)
        {
            // The end that it would have had.
            end = end with
            {
                Signal = hit,
            };
        }
        // Its own good end, asked for from elsewhere: nothing is wrong, and nothing of its budget is spent.
        var restart = child.IsReady && end.ExitCode == RestartWanted.ExitCode;
        var meaning = ExitClassification.OfProgram(end, child.IsReady, restart || (child.ToldToStop && end.IsSuccess));
        events.Tell(
            new SupervisorEvent
            {
                Event = "died",
                Child = child.Name,
                Pid = process.Id,
                Incarnation = child.KnownAs,
                Code = end.ExitCode,
                Signal = end.Signal,
                Class = meaning.Class.ToString(),
                Text = meaning.Sentence,
            }
        );
        var wanted = child.ToldToStop || restart;
        var crash = wanted ? null : ReportOf(child, process.Id, end, meaning);
        // A program that could not start for a reason of its own has said so itself, in a better line than ours.
        if (!wanted && meaning.Class != ExitClass.Config)
        {
            log.Say(
                meaning.IsCrash
                    ? $"clw-{child.Name}[pid={process.Id}]: FATAL: {child.Plan.CrashCode} detected. {Sentence(meaning, crash)}"
                    : $"Supervisor: {child.Name}[pid={process.Id}] {meaning.Sentence}"
            );
        }
        child.Ended();
        TellStatus();
        Beside(() => ClearAsync(child, end, meaning, crash, wanted, restart));
    }

    /// <summary>
    /// Ends and reaps what the child left, and only then says that it is dead: whoever hears that may run its work again, and must
    /// not meet it still at work.
    /// </summary>
    private async Task ClearAsync(SupervisedChild child, ProcessEnd end, ExitMeaning meaning, CrashReport? crash, bool wanted, bool restart)
    {
        var mark = child.Mark;
        var count = await leftovers.EndAsync(
            mark,
            () => Marks,
            stuck => log.Say($"Supervisor: process {stuck}, left by {child.Name}, cannot be ended; {child.Name} has to wait for it")
        );
        if (count > 0 && !wanted)
        {
            log.Say($"Supervisor: {child.Name} left {count} {(count == 1 ? "process, which was" : "processes, which were")} ended");
        }
        var report =
            child.Plan.OnDeath is { Count: > 0 } command
            && !(wanted && (end.IsSuccess || restart))
            && !InVain(child).IsCancellationRequested
            && OperatingSystem.IsLinux()
                ? ReportAsync(child.Name, [.. command.Select(word => Fill(word, mark.Incarnation, end))], InVain(child))
                : Task.CompletedTask;
        if (stopping)
        {
            // The next to be stopped may be the one that the report is for.
            await report;
        }
        var kept = crash is not null && child.Plan.Crashes is { } plan ? Keep(child, plan, crash) : (null, null);
        Post(() => OnCleared(child, end, meaning, restart, kept.Path));
        await report;
        if (kept.Report is { CorePath: not null } withCore)
        {
            // Last and beside: the next process does not wait for a debugger.
            await AddFramesAsync(child.Plan.Crashes!, withCore);
        }
    }

    /// <summary>The marks of the living, read from beside the loop: numbers that change under it at worst spare a process for one more look.</summary>
    private IReadOnlyList<Mark> Marks => [.. children.Where(child => child.State == ChildState.Running).Select(child => child.Mark)];

    private static string Fill(string word, long incarnation, ProcessEnd end) =>
        word.Replace("{incarnation}", incarnation.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{code}", end.ShellCode.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{signal}", end.Signal.GetValueOrDefault().ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>
    /// In a hurry everything is killed at once, and a death need not be told to somebody who is killed too: the next start proves it.
    /// A child that starts after nobody here has its manager elsewhere, which does want to know.
    /// </summary>
    private CancellationToken InVain(SupervisedChild child) => child.Plan.StartAfter.Count > 0 ? hurry.Token : CancellationToken.None;

    private async Task ReportAsync(string name, IReadOnlyList<string> command, CancellationToken inVain)
    {
        try
        {
            using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read);
            var process = ChildProcess.Start(
                new ChildStart
                {
                    Path = command[0],
                    Arguments = command,
                    Environment = ChildStart.InheritedEnvironment(),
                    Descriptors = [new(0, nothing)],
                }
            );
            using var patience = new CancellationTokenSource(OnDeathPatience, time);
            await using var late = patience.Token.Register(() => process.SignalGroup(Signals.Kill));
            await using var nobody = inVain.Register(() => process.SignalGroup(Signals.Kill));
            var end = await process.Ended;
            if (!end.IsSuccess && !inVain.IsCancellationRequested)
            {
                log.Say($"Supervisor: the end of {name} could not be told: {command[0]} ended with {end}");
            }
        }
        catch (Exception e) when (e is ChildStartException or IOException)
        {
            log.Say($"Supervisor: the end of {name} could not be told: {e.Message}");
        }
    }

    private void OnCleared(SupervisedChild child, ProcessEnd end, ExitMeaning meaning, bool restart, string? crash)
    {
        if (stopping)
        {
            child.State = ChildState.Gone;
            StopNext();
            return;
        }
        if (meaning.Class == ExitClass.Config)
        {
            child.State = ChildState.Gone;
            Stop(end.ExitCode ?? ExitResource);
            return;
        }
        if (restart)
        {
            child.State = ChildState.Waiting;
            log.Say($"Supervisor: Restarting {child.Name}, as it was told");
            events.Tell(new SupervisorEvent { Event = "restarting", Child = child.Name });
            Start(child);
            return;
        }
        if (child.Budget.Next(time.GetUtcNow()) is not { } respawn)
        {
            child.State = ChildState.Gone;
            var policy = child.Plan.Restart;
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{child.Name} ended {policy.Max + 1} times within {policy.WindowSeconds:0.#} s, the last time with {end}"
            );
            log.Say($"[FATAL] clw-respawn-limit: {text}; it is not started again, and everything else is stopped");
            events.Tell(
                new SupervisorEvent
                {
                    Event = "gaveup",
                    Child = child.Name,
                    Text = text,
                }
            );
            Stop(ExitResource);
            return;
        }
        child.State = ChildState.Waiting;
        child.Successor = Respawned.For(respawn.Attempt, child.Plan.Restart.Max, crash);
        log.Say($"Supervisor: Respawning {child.Name}... (attempt {respawn.Attempt}/{child.Plan.Restart.Max})");
        events.Tell(
            new SupervisorEvent
            {
                Event = "respawning",
                Child = child.Name,
                Attempt = respawn.Attempt,
                Max = child.Plan.Restart.Max,
            }
        );
        After(
            respawn.Delay,
            () =>
            {
                if (!stopping)
                {
                    Start(child);
                }
            }
        );
    }

    /// <summary>The first order is kept to; the second, from somebody who does not want to wait, shortens every grace to nothing.</summary>
    private void OnStopSignal()
    {
        if (!stopping)
        {
            Stop(0);
            return;
        }
        hurry.Cancel();
        foreach (var child in children.Where(child => child.Process is not null))
        {
            // Its end is our doing, and no crash.
            child.ToldToStop = true;
            Kill(child.Process);
        }
    }

    private void Stop(int code)
    {
        if (stopping)
        {
            return;
        }
        stopping = true;
        exitCode = code;
        events.Tell(new SupervisorEvent { Event = "stopping", Code = code });
        TellStopping();
        StopNext();
    }

    /// <summary>Stops the last child that is still there; its end calls this again.</summary>
    private void StopNext()
    {
        var next = children.FindLast(child => child.State is ChildState.Running or ChildState.Clearing);
        if (next is { State: ChildState.Running, Process: { } process, ToldToStop: false })
        {
            next.ToldToStop = true;
            _ = process.Signal(Signals.Terminate);
            After(
                TimeSpan.FromSeconds(next.Plan.GraceSeconds),
                () =>
                {
                    if (ReferenceEquals(next.Process, process))
                    {
                        log.Say($"Supervisor: {next.Name} did not stop within {next.Plan.GraceSeconds:0.#} s and is killed");
                        Kill(process);
                    }
                }
            );
        }
        if (next is null)
        {
            Beside(async () =>
            {
                _ = await leftovers.EndAsync(null, () => [], stuck => log.Say($"Supervisor: process {stuck} cannot be ended"));
                _ = steps.Writer.TryComplete();
            });
        }
    }

    private static void Kill(ChildProcess? process) => _ = process?.SignalGroup(Signals.Kill);
}
