using System.Collections.Concurrent;
using OpenClaw.Hosting.Logs;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Worker.Session;

/// <summary>
/// Answers a manager that reads this worker's logs. A question is answered once, and the next is asked when the answer was wanted: so
/// what is under way is bounded by the questions that are open. Thread-safe.
/// </summary>
/// <param name="shelf">The logs.</param>
/// <param name="send">Queues a message on the session.</param>
internal sealed class LogDesk(LogShelf shelf, Action<WorkerMessage> send) : IAsyncDisposable
{
    /// <summary>Open questions; one more is answered with a note in place of lines.</summary>
    private const int MostOpen = 512;

    private readonly ConcurrentDictionary<long, (CancellationTokenSource Stop, Task Answering)> open = new();

    /// <summary>Takes a question; the answer is sent when it is there. Called by the session's reader alone.</summary>
    public void Read(ReadLog question)
    {
        if (open.Count >= MostOpen || open.ContainsKey(question.Number))
        {
            Say(question.Number, "too many readers of this worker's logs");
            return;
        }

        // Never disposed: it has neither a clock nor a link, so there is nothing to free, and a stop that comes at the moment of the
        // answer finds it whole. What is thrown there would end the session, and the worker would be unreachable for a reader's leaving.
        var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        open[question.Number] = (stop, AnswerAsync(question, begun.Task, stop.Token));

        // Not before it is known here: its end takes it out again.
        begun.SetResult();
    }

    /// <summary>Nobody waits for this answer any more.</summary>
    public void Stop(long number)
    {
        if (open.TryGetValue(number, out var question))
        {
            question.Stop.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The reader has ended: no question comes any more.
        foreach (var question in open.Values)
        {
            await question.Stop.CancelAsync();
        }

        foreach (var question in open.Values)
        {
            await question.Answering;
        }
    }

    private async Task AnswerAsync(ReadLog question, Task begun, CancellationToken stop)
    {
        await begun;
        try
        {
            var request = LogMessages.ReadRequest(question);
            if (shelf.Find(question.Log) is { } log && request.IsOk)
            {
                var page = await shelf.ReadAsync(log, request.Value, stop);
                send(new WorkerMessage { LogPart = LogMessages.Write(question.Number, page) });
            }
            else
            {
                Say(question.Number, request.Failure?.Message ?? $"there is no log {question.Log} here");
            }
        }
        catch (OperationCanceledException)
        {
            // Not wanted any more, or the session ends.
        }
        finally
        {
            open.TryRemove(question.Number, out _);
        }
    }

    private void Say(long number, string note) =>
        send(
            new WorkerMessage
            {
                LogPart = new LogPart
                {
                    Number = number,
                    Note = note,
                    End = true,
                },
            }
        );
}
