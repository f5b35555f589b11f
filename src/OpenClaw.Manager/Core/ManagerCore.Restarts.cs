using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

// Restarts of workers by order: the worker's answer, and what is made of one that does not come back.
internal sealed partial class ManagerCore
{
    /// <summary>A worker that has stopped in order to start again is missed after this long: a start takes a second or two.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(30);

    /// <summary>Orders to one worker that wait for its answer.</summary>
    private const int MostRestartQuestions = 16;

    private const int MostReasonChars = 600;

    private long lastRestartQuestion;

    /// <summary>Tells a worker to restart. The failure says why it cannot be told; false: the incarnation that was meant has ended already.</summary>
    /// <param name="name">The worker.</param>
    /// <param name="incarnation">The one that is meant; 0: any.</param>
    /// <param name="answered">Told on the loop, once, when it was told: why it stays at work, or null when it goes (or does not say).</param>
    public Result<bool> Restart(string name, long incarnation, Action<Failure?>? answered = null)
    {
        if (UnknownWorker(name) is { } unknown)
        {
            return unknown;
        }

        if (!workers.TryGetValue(name, out var worker) || worker.Session is not { } session || worker.Info is not { } info)
        {
            return new Failure(
                Catalogue.WorkerUnreachable,
                $"Worker {name} is {(worker is null ? "not here" : NameOf(worker.State))}, so it cannot be told to restart"
            );
        }

        if (incarnation != 0 && worker.Ref.Incarnation != incarnation)
        {
            return false;
        }

        if (!info.Restartable)
        {
            return new Failure(Catalogue.WorkerUnsupervised, $"Worker {name} runs without a supervisor that would start it again");
        }

        var order = new Restart();
        if (answered is not null && info.AnswersRestart && worker.RestartQuestions.Count < MostRestartQuestions)
        {
            order.Number = ++lastRestartQuestion;
            worker.RestartQuestions[order.Number] = answered;
        }
        else
        {
            answered?.Invoke(null);
        }

        worker.IsToldToRestart = true;
        LogRestart(logger, name, worker.Ref.Incarnation, worker.Held.Count);
        session.Send(new ManagerMessage { Restart = order });
        return true;
    }

    /// <summary>The worker goes, or it says why it stays.</summary>
    public void OnRestartAnswer(Incarnation from, RestartAnswer answer)
    {
        var name = from.Ref.Worker;
        Failure? refusal = null;
        if (answer.Code.Length > 0)
        {
            from.IsToldToRestart = false;
            refusal = new Failure(
                Catalogue.FindOrInternal(answer.Code),
                $"Worker {name} stays at work, for it could not start again: {OneLine(answer.Message)}",
                $"Mend that on its machine, and then: clw cluster restart-workers {name}"
            );
            LogStays(logger, refusal.Code, refusal.Message);
        }

        if (from.RestartQuestions.Remove(answer.Number, out var answered))
        {
            answered(refusal);
        }
    }

    // Its session has ended: if it was going, that is the answer, and if not, whoever waits for it sees what becomes of it.
    private static void EndRestartQuestions(Incarnation worker)
    {
        foreach (var answered in worker.RestartQuestions.Values)
        {
            answered(null);
        }

        worker.RestartQuestions.Clear();
    }

    /// <summary>It has said good-bye. One that went to come back is waited for; any other has been stopped by somebody.</summary>
    private void AwaitReturn(Incarnation worker) => worker.BackBy = worker.IsToldToRestart ? time.GetUtcNow() + BackWithin : null;

    private void CheckRestarts(DateTimeOffset now)
    {
        foreach (var worker in workers.Values)
        {
            if (worker is { State: WorkerState.Stopped, BackBy: { } by } && now > by)
            {
                Miss(
                    worker,
                    $"{Catalogue.WorkerUnreachable.Code}: it stopped in order to start again, and has not come back within {BackWithin.TotalSeconds:0} seconds"
                );
            }
        }
    }

    /// <summary>
    /// An incarnation died that never registered: a worker that was here and is away has failed to start, whatever it said when it
    /// went.
    /// </summary>
    private void OnFailedStart(WorkerRef dead, string cause, Failure? why)
    {
        if (!workers.TryGetValue(dead.Worker, out var known) || known.Session is not null || known.Ref.Incarnation >= dead.Incarnation)
        {
            return;
        }

        Miss(
            known,
            why is null
                ? $"{Catalogue.WorkerCrash.Code}: its last start failed: {OneLine(cause)}"
                : $"{why.Code}: it does not start ({OneLine(cause)}): {OneLine(why.Message)}"
        );
    }

    private void Miss(Incarnation worker, string problem)
    {
        worker.BackBy = null;
        worker.State = WorkerState.Unreachable;
        worker.LastHeard = time.GetUtcNow();
        worker.Problem = problem;
        LogMissed(logger, worker.Ref.Worker, problem);
        WorkersChanged.Tell();
    }

    // Others' words, on their way into a log and onto a screen.
    private static string OneLine(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= MostReasonChars ? line : line[..MostReasonChars] + "…";
    }

    [LoggerMessage(52, LogLevel.Information, "Worker {worker} is told to restart (incarnation {incarnation}); it holds {held} tasks")]
    private static partial void LogRestart(ILogger logger, string worker, long incarnation, int held);

    [LoggerMessage(53, LogLevel.Error, "{code}: {message}")]
    private static partial void LogStays(ILogger logger, string code, string message);

    [LoggerMessage(54, LogLevel.Error, "Worker {worker} is UNREACHABLE: {problem}")]
    private static partial void LogMissed(ILogger logger, string worker, string problem);
}
