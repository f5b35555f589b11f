using System.Collections.Concurrent;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Core;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Manager.Logs;

/// <summary>
/// Carries questions about logs to workers, and their answers back. Each question is answered once: with a part of a log, or with null
/// when the worker went away before. Thread-safe.
/// </summary>
internal sealed class LogRelay(OwnerLoop loop, ManagerCore core)
{
    private readonly ConcurrentDictionary<long, Question> open = new();
    private long last;

    /// <summary>Asks a worker. Null: it cannot be asked (any more).</summary>
    public async Task<LogPart?> AskAsync(string worker, ReadLog message, CancellationToken cancellation)
    {
        var number = Interlocked.Increment(ref last);
        message.Number = number;
        var question = new Question();
        open[number] = question;
        await using var given = cancellation.Register(() => GiveUp(number));
        loop.Post(() =>
        {
            if (question.Answer.Task.IsCompleted)
            {
                return;
            }

            if (core.SessionOf(worker) is { } session)
            {
                question.Session = session;
                session.Send(new ManagerMessage { ReadLog = message });
            }
            else
            {
                Answer(number, null);
            }
        });
        return await question.Answer.Task;
    }

    /// <summary>
    /// An answer has come. One that nobody waits for any more is let go, and so is one of a session that was not asked: numbers are easy
    /// to guess, and a worker speaks for itself alone. Runs in the loop.
    /// </summary>
    public void OnPart(IWorkerSession session, LogPart part)
    {
        if (open.TryGetValue(part.Number, out var question) && question.Session == session)
        {
            Answer(part.Number, part);
        }
    }

    /// <summary>A session has ended, and with it what was asked on it. Runs in the loop, behind what was posted before.</summary>
    public void OnClosed(IWorkerSession session)
    {
        foreach (var (number, question) in open)
        {
            if (question.Session == session)
            {
                Answer(number, null);
            }
        }
    }

    private void GiveUp(long number)
    {
        if (open.TryRemove(number, out var question))
        {
            question.Answer.TrySetResult(null);
            loop.Post(() => question.Session?.Send(new ManagerMessage { StopReadingLog = new StopReadingLog { Number = number } }));
        }
    }

    private void Answer(long number, LogPart? part)
    {
        if (open.TryRemove(number, out var question))
        {
            question.Answer.TrySetResult(part);
        }
    }

    private sealed class Question
    {
        public TaskCompletionSource<LogPart?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Owned by the loop.</summary>
        public IWorkerSession? Session { get; set; }
    }
}
