using System.Diagnostics;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Worker.Runners;

/// <summary>A plugin to be run once, outside any cluster.</summary>
public sealed record Trial
{
    public required TaskHandler Handler { get; init; }

    /// <summary>One JSON value, at most <see cref="ProtocolLimits.MaxPayloadBytes"/>; empty stands for null.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The program that runs tasks.</summary>
    public required string RunnerPath { get; init; }

    /// <summary>Where the plugin may leave files. Exists.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>A worker with these settings would run it: the task's limits and rights are theirs.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>Open files that it may have; null: as inherited.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>The task's own word on its time; null: that of the manifest, then that of the settings.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Told of each line that the plugin writes, with its level. One call at a time.</summary>
    public Action<string, string>? OnLine { get; init; }

    /// <summary>Told of each progress report; below 0: unknown. One call at a time.</summary>
    public Action<double, string>? OnProgress { get; init; }
}

/// <summary>What a trial gave.</summary>
/// <param name="Result">One JSON value.</param>
/// <param name="RunMicros">How long the plugin ran.</param>
public sealed record TrialResult(ReadOnlyMemory<byte> Result, long RunMicros);

/// <summary>
/// Runs a plugin once, through a real runner process and as a worker would: the way to try a plugin while it is being written.
/// </summary>
public sealed class TrialRun : IRunnerEvents
{
    private const ulong Handle = 1;
    private const string TrialId = "task-000000";

    private readonly Trial trial;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly TaskCompletionSource<Result<TrialResult>> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkerOptions options;
    private readonly AttemptLimits limits;
    private readonly long started;
    private ITimer? limit;
    private string? lastLine;
    private SlotReport? said;
    private Failure? violation;
    private bool timedOut;

    private TrialRun(Trial trial, TimeProvider time)
    {
        this.trial = trial;
        this.time = time;
        started = time.GetTimestamp();
        options = OptionsOf(trial);
        limits = AttemptLimits.Of(trial.Handler, options);
    }

    /// <summary>Runs it. Failures are those that a task would have had.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; the process is gone.</exception>
    public static async Task<Result<TrialResult>> RunAsync(Trial trial, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(trial);
        var run = new TrialRun(trial, time);
        RunnerProcess runner;
        using var watch = new TreeWatch(time);
        try
        {
            runner = RunnerProcess.Start(trial.RunnerPath, RunnerEnvironment.For(run.options), run, time, new RunnerFences(watch));
        }
        catch (ChildStartException e)
        {
            return new Failure(Catalogue.InitFail, e.Message, "Install OpenClaw again: clw and clw-runner belong together");
        }

        run.Begin(runner);
        await using var giveUp = cancellation.Register(() => runner.Signal(Signals.Kill));
        var result = await run.outcome.Task;
        run.StopClock();
        runner.Close();
        // A program that serves ends with its input; one that does not is ended.
        using var patience = time.CreateTimer(
            _ => runner.Signal(Signals.Kill),
            null,
            run.options.KillGrace,
            System.Threading.Timeout.InfiniteTimeSpan
        );
        await runner.Completion;
        cancellation.ThrowIfCancellationRequested();
        return result;
    }

    void IRunnerEvents.Reports(IRunner runner, IReadOnlyList<SlotReport> reports)
    {
        foreach (var report in reports)
        {
            switch (report.Kind)
            {
                // As in a worker: the start of a program that serves has a limit of its own.
                case FrameKind.Started:
                case FrameKind.Becoming when !trial.Handler.IsServing:
                    runner.Guard(TaskGuard.Of(limits, Handle, trial.Handler.Form == HandlerForm.Executable, trial.OutputDirectory));
                    StartClock(runner);
                    break;
                case FrameKind.Progress:
                    Tell(() => trial.OnProgress?.Invoke(report.Fraction, report.Text));
                    break;
                case FrameKind.Log:
                    OnLine(report.Level.ToString().ToUpperInvariant(), report.Text);
                    break;
                case FrameKind.Succeeded:
                    outcome.TrySetResult(new TrialResult(report.Result.Memory, report.RunMicros));
                    break;
                case FrameKind.Failed when report.Handle == 0:
                    said = report;
                    break;
                case FrameKind.Failed when timedOut:
                    outcome.TrySetResult(
                        new Failure(
                            Catalogue.TaskTimeout,
                            $"It ran longer than {Limit?.TotalSeconds:0.###} s and gave up when it was asked to"
                        )
                    );
                    break;
                case FrameKind.Failed:
                    outcome.TrySetResult(FailureOf(report));
                    break;
                default:
                    break;
            }
        }
    }

    void IRunnerEvents.Lines(IRunner runner, IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
        {
            OnLine("INFO", line);
        }
    }

    // What it is told it has taken when the call returns.
    Task IRunnerEvents.TakenAsync() => Task.CompletedTask;

    void IRunnerEvents.Violated(IRunner runner, ErrorEntry entry, string message)
    {
        violation = new Failure(entry, message);
        runner.Signal(Signals.Kill);
    }

    void IRunnerEvents.Exceeded(IRunner runner, Excess excess)
    {
        violation ??= new Failure(excess.Entry, excess.Message(trial.Handler, limits), excess.NextStep(limits));
        runner.Signal(Signals.Kill);
    }

    void IRunnerEvents.Faulted(IRunner runner, Exception fault) =>
        outcome.TrySetResult(new Failure(Catalogue.Internal, $"What the process wrote could not be read: {fault.Message}"));

    void IRunnerEvents.Ended(IRunner runner, ProcessEnd end, ReadOnlyMemory<byte> output)
    {
        var meaning = ExitClassification.Of(end, timedOut, killedByUs: violation is not null, limits.Memory?.Value);
        if (trial.Handler.Form == HandlerForm.Executable && lastLine is { } last)
        {
            meaning = ExitClassification.OfLoaded(meaning, [last]);
        }

        var ran = (long)time.GetElapsedTime(started).TotalMicroseconds;
        outcome.TrySetResult(
            violation is { } broken ? broken
            : timedOut ? new Failure(Catalogue.TaskTimeout, $"It ran longer than {Limit?.TotalSeconds:0.###} s and was ended")
            : meaning.Class == ExitClass.Success && trial.Handler is { Form: HandlerForm.Executable, IsServing: false }
                ? new TrialResult(ProgramOutput.ToResult(output).Memory, ran)
            : !meaning.IsCrash && said is { } words ? FailureOf(words)
            : trial.Handler.Form != HandlerForm.Executable
                ? new Failure(
                    meaning.IsCrash ? Catalogue.FindOrInternal(meaning.Code) : Catalogue.WorkerCrash,
                    WorkerCore.OfRunner(meaning)
                )
            : new Failure(
                meaning.Code.Length > 0 ? Catalogue.FindOrInternal(meaning.Code) : Catalogue.WorkerCrash,
                $"{Path.GetFileName(trial.Handler.Path)} {meaning.Sentence}{(trial.Handler.IsServing ? " instead of answering" : "")}{(lastLine is null ? "" : $": {lastLine}")}"
            )
        );
    }

    private TimeSpan? Limit => trial.Timeout ?? trial.Handler.Manifest.Timeout ?? options.TaskTimeout;

    private void StartClock(IRunner runner)
    {
        lock (gate)
        {
            if (Limit is { } span && !outcome.Task.IsCompleted)
            {
                limit ??= time.CreateTimer(_ => OnTimeout(runner), null, span, System.Threading.Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void StopClock()
    {
        lock (gate)
        {
            limit?.Dispose();
        }
    }

    // A code of the plugin's own is in no catalogue, and is shown with its words.
    private static Failure FailureOf(SlotReport report) =>
        Catalogue.Find(report.Code) is { } known
            ? new(known, report.Text)
            : new(Catalogue.TaskFailed, report.Code.Length > 0 ? $"{report.Code}: {report.Text}" : report.Text);

    private void Begin(RunnerProcess runner)
    {
        var handler = trial.Handler;
        if (handler.IsServing)
        {
            BeginServing(runner, handler);
            return;
        }

        if (handler.Form == HandlerForm.Executable)
        {
            runner.Execute(
                new ExecCommand
                {
                    Handle = Handle,
                    TaskId = TrialId,
                    Attempt = 1,
                    Type = handler.Type,
                    Path = handler.Path,
                    Arguments = [handler.Path],
                    Environment = PluginEnvironment.For(
                        Environment.GetEnvironmentVariables(),
                        TrialId,
                        handler.Type,
                        attempt: 1,
                        trial.OutputDirectory,
                        options.Incarnation,
                        runner.Mark
                    ),
                    WorkingDirectory = trial.OutputDirectory,
                    Limits = limits.OfProgram(handler.IsServing),
                },
                trial.Payload
            );
            return;
        }

        runner.Queue(
            new RunCommand
            {
                Handle = Handle,
                TaskId = TrialId,
                Attempt = 1,
                Handler = handler.Form == HandlerForm.Lua ? HandlerKind.Lua : HandlerKind.Builtin,
                Type = handler.Type,
                Path = handler.Path,
                Version = handler.Version,
                Payload = trial.Payload,
                OutputDirectory = handler.Form == HandlerForm.Lua ? trial.OutputDirectory : "",
            }
        );
        runner.Flush();
    }

    private void BeginServing(RunnerProcess runner, TaskHandler handler)
    {
        runner.Serve(
            new ExecCommand
            {
                Handle = Handle,
                TaskId = TrialId,
                Attempt = 1,
                Type = handler.Type,
                Path = handler.Path,
                Arguments = [handler.Path],
                Environment = PluginEnvironment.ForServing(
                    Environment.GetEnvironmentVariables(),
                    handler.Type,
                    options.Incarnation,
                    runner.Mark
                ),
                WorkingDirectory = trial.OutputDirectory,
                Limits = limits.OfProgram(handler.IsServing),
            },
            handler.Manifest.StartTimeout
        );
        runner.Give(
            new ServeTask
            {
                Handle = Handle,
                TaskId = TrialId,
                Attempt = 1,
                Type = handler.Type,
                Payload = trial.Payload,
                OutputDirectory = trial.OutputDirectory,
                Timeout = Limit,
            }
        );
    }

    private void OnTimeout(IRunner runner)
    {
        timedOut = true;
        if (trial.Handler.IsServing)
        {
            runner.Cancel(Handle);
        }
        else
        {
            runner.Signal(Signals.Terminate);
        }

        _ = KillLaterAsync(runner);
    }

    // Never faults: it waits, and signals a process that may be gone.
    private async Task KillLaterAsync(IRunner runner)
    {
        await Task.WhenAny(outcome.Task, Task.Delay(options.KillGrace, time));
        runner.Signal(Signals.Kill);
    }

    private void OnLine(string level, string text)
    {
        lastLine = text;
        Tell(() => trial.OnLine?.Invoke(level, text));
    }

    private void Tell(Action tell)
    {
        lock (gate)
        {
            tell();
        }
    }

    private static WorkerOptions OptionsOf(Trial trial) =>
        WorkerProgram.WithTaskSettings(
            new WorkerOptions
            {
                WorkerId = "trial",
                Identity = "trial",
                Incarnation = Stopwatch.GetTimestamp(),
                StateDirectory = trial.OutputDirectory,
                PluginDirectory = Path.GetDirectoryName(trial.Handler.Path) ?? "",
                RunnerPath = trial.RunnerPath,
                OpenFiles = trial.OpenFiles,
            },
            trial.Settings
        );
}
