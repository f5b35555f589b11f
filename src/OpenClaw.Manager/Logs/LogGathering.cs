using System.Collections.Concurrent;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Logs;
using OpenClaw.Manager.Core;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Manager.Logs;

/// <summary>Asks a worker for a page. Null: it cannot be asked (any more).</summary>
internal delegate Task<LogPart?> AskWorker(string worker, ReadLog question, CancellationToken cancellation);

/// <summary>Tells the caller some lines, and waits while it does not read; null: that somebody is here, and no lines yet.</summary>
internal delegate ValueTask TellReader(LogLines? lines);

/// <summary>What a gathering needs of its manager.</summary>
internal sealed record LogSurroundings(
    LogShelf Shelf,
    AskWorker Ask,
    Func<Task<IReadOnlyList<LogHolder>>> Holders,
    LogNews Changed,
    LogBudget Budget,
    TimeProvider Time
);

/// <summary>
/// One call that reads the cluster's logs: asks every log for a page, tells lines in the order of their times, asks for the next page
/// when one is told. A log has one question under way and one page in memory, and nobody is asked while the caller does not read: so a
/// slow caller costs nothing and loses nothing, for the lines stay where they are. What all calls have in memory is bounded by one
/// <see cref="LogBudget"/>. One thread at a time.
/// </summary>
internal sealed partial class LogGathering
{
    /// <summary>Lines and characters of one message.</summary>
    private const int MostLines = 256;
    private const int MostChars = 256 * 1024;

    /// <summary>What the last lines before the end may have together while they are sorted.</summary>
    private const int MostTailChars = 8 * 1024 * 1024;

    /// <summary>What they may have of it without asking the pool.</summary>
    private const int OwnTailChars = 512 * 1024;

    /// <summary>What a line that is kept costs beside its text.</summary>
    private const int LineChars = 128;

    /// <summary>A worker that takes longer for a page holds the others up no more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LogsRequest request;
    private readonly OpenClaw.Core.Telemetry.LogFilter filter;
    private readonly LogSurroundings here;
    private readonly TellReader tell;
    private readonly CancellationToken cancellation;
    private readonly long began;

    private readonly Dictionary<string, LogFeed> feeds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> places;
    private readonly PriorityQueue<LogFeed, (long At, int Order)> heads = new();
    private readonly ConcurrentQueue<(LogFeed Feed, LogPart? Part)> answers = new();
    private readonly LogNews answered = new();
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private readonly HashSet<LogFeed> moved = [];
    private readonly Dictionary<LogFeed, string> tailPlaces = [];

    // The last lines before the end, while it is not known which they are, and then until they are told; null: lines are told as they come.
    private Queue<(LogEntry Entry, LogFeed Feed, string Place)>? tail;
    private bool isTailKnown;
    private int tailChars;
    private int tailTaken;
    private int dropped;

    private LogLines message = new();
    private int messageChars;
    private bool several;

    /// <param name="request">Checked.</param>
    /// <param name="filter">Of the request.</param>
    /// <param name="here">The manager.</param>
    /// <param name="tell">To the caller.</param>
    /// <param name="cancellation">Ends the call.</param>
    public LogGathering(
        LogsRequest request,
        OpenClaw.Core.Telemetry.LogFilter filter,
        LogSurroundings here,
        TellReader tell,
        CancellationToken cancellation
    )
    {
        this.request = request;
        this.filter = filter;
        this.here = here;
        this.tell = tell;
        this.cancellation = cancellation;
        began = request.BeganMs > 0 ? request.BeganMs : here.Time.GetUtcNow().ToUnixTimeMilliseconds();
        places = new(request.Places.Select(p => KeyValuePair.Create(p.Log, p.Place)), StringComparer.Ordinal);
        tail = request.Last > 0 && places.Count == 0 ? new() : null;
    }

    /// <summary>Tells lines until all are told, or, when the caller follows, until it ends the call.</summary>
    public async Task RunAsync()
    {
        // The head of the answer at once: the caller then knows that a manager was there.
        await tell(null);
        try
        {
            await MeetAsync(isFirst: true);
            while (true)
            {
                var changed = here.Changed.Next;
                var more = answered.Next;
                if (TakeAnswers())
                {
                    // The answer may be older than the worker's return, which then tells nothing any more: it is here, or it will be told.
                    await MeetAsync(isFirst: false);
                }

                do
                {
                    Tell();
                    await SendAsync();
                } while (CanTell);

                AskIdle();
                if (!request.Follow && feeds.Values.All(f => f.IsAway || (!f.IsBehind && f.Lines.Count == 0)))
                {
                    break;
                }

                await WaitAsync(more, changed);
                if (changed.IsCompleted)
                {
                    await MeetAsync(isFirst: false);
                }
            }

            message.Done = true;
            await SendAsync(always: true);
        }
        finally
        {
            // Whatever is under way ends with the call's token.
            await Task.WhenAll(feeds.Values.Select(f => f.Asking ?? Task.CompletedTask));
            here.Budget.Give(feeds.Values.Sum(f => (long)f.Taken) + tailTaken);
        }
    }

    private async Task WaitAsync(Task more, Task changed)
    {
        var next = Task.WhenAny(more, changed);
        var holding = feeds.Values.Where(f => f is { Holds: true, IsBehind: true, Asking: not null }).ToList();
        if (holding.Count == 0)
        {
            await next.WaitAsync(cancellation);
            return;
        }

        var left = Patience - holding.Max(f => here.Time.GetElapsedTime(f.AskedAt));
        try
        {
            await next.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, here.Time, cancellation);
        }
        catch (TimeoutException)
        {
            foreach (var feed in holding.Where(f => here.Time.GetElapsedTime(f.AskedAt) >= Patience))
            {
                feed.Holds = false;
                feed.IsAway = !request.Follow;
                NoteMissing(feed.Worker, "does not answer");
            }
        }
    }

    private void AskIdle()
    {
        foreach (var feed in feeds.Values)
        {
            var isDone = !request.Follow && !feed.IsBehind;
            if (feed.Asking is null && feed.Lines.Count == 0 && !feed.IsAway && !isDone)
            {
                feed.AskedAt = here.Time.GetTimestamp();
                feed.Asking = AskAsync(feed, QuestionTo(feed));
            }
        }
    }

    private ReadLog QuestionTo(LogFeed feed)
    {
        var question =
            feed.Place.Length == 0 && feed.Start is { } start
                ? start
                : new ReadLog
                {
                    Filter = request.Filter,
                    Last = request.Last,
                    BeganMs = request.Follow ? began : 0,
                };
        question.Log = feed.Name;
        question.MostChars = LogBudget.PageOf(feeds.Count);
        question.Place = feed.Place;
        question.Wait = request.Follow && !feed.IsBehind;
        return question;
    }

    private async Task AskAsync(LogFeed feed, ReadLog question)
    {
        LogPart? part = null;
        try
        {
            part = feed.Local is { } local
                ? LogMessages.Write(0, await here.Shelf.ReadAsync(local, OwnRequest(question), cancellation))
                : await here.Ask(feed.Worker, question, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The call ends.
        }

        if (part is not null)
        {
            // Here and not when it is taken, for its turn may be far away.
            feed.IsBroken = !here.Budget.TryFit(part, question.MostChars, out var taken);
            feed.Taken = taken;
        }

        answers.Enqueue((feed, feed.IsBroken ? null : part));
        answered.Tell();
    }

    // The manager's own log is asked for what it says about the workers that are wanted.
    private LogRequest OwnRequest(ReadLog question) =>
        LogMessages.ReadRequest(question).Value with
        {
            Filter = filter.With(
                since: question.Filter?.SinceMs > 0 ? LogMessages.TimeOf(question.Filter.SinceMs) : null,
                about: [.. request.Workers]
            ),
        };

    // True: a worker went away, and who follows has to look whether it is back.
    private bool TakeAnswers()
    {
        var isLost = false;
        while (answers.TryDequeue(out var answer))
        {
            var (feed, part) = answer;
            feed.Asking = null;
            if (part is null)
            {
                // What it had told stays told; it is asked again from there when it is back.
                feed.IsAway = true;
                isLost |= request.Follow;
                if (feed.IsBroken)
                {
                    Note($"{NameOf(feed.Worker)} sends what is no page of a log: lines of {feed.Name} are missing here");
                }
                else if (!request.Follow)
                {
                    NoteMissing(feed.Worker, "went away");
                }

                continue;
            }

            if (part.Note.Length > 0)
            {
                Note($"{NameOf(feed.Worker)}: {part.Note}");
            }

            feed.PageEnd = part.Place;
            feed.IsBehind &= !part.End;
            foreach (var line in part.Lines)
            {
                feed.Lines.Enqueue(line);
            }

            if (feed.Lines.Count == 0)
            {
                Move(feed, part.Place);
                FreePage(feed);
            }
            else
            {
                heads.Enqueue(feed, HeadOf(feed));
            }
        }

        return isLost;
    }

    private bool MustWait => feeds.Values.Any(f => f is { Holds: true, IsBehind: true, IsAway: false, Lines.Count: 0 });

    private bool CanTell => isTailKnown || (heads.Count > 0 && !MustWait);

    private bool HasRoom => message.Lines.Count < MostLines && messageChars < MostChars;

    // Lines of all logs, the oldest first, for as long as no log that is still behind could have an older one.
    private void Tell()
    {
        if (isTailKnown)
        {
            TellTail();
            return;
        }

        var mustWait = MustWait;
        while (!mustWait && HasRoom && heads.TryDequeue(out var feed, out _))
        {
            var line = feed.Lines.Dequeue();
            Add(feed, line);
            if (feed.Lines.Count > 0)
            {
                Move(feed, line.Place);
                heads.Enqueue(feed, HeadOf(feed));
            }
            else
            {
                Move(feed, feed.PageEnd);
                FreePage(feed);
                mustWait = feed is { Holds: true, IsBehind: true };
            }
        }

        if (tail is not null && heads.Count == 0 && !feeds.Values.Any(f => f is { Holds: true, IsBehind: true, IsAway: false }))
        {
            isTailKnown = true;
            if (dropped > 0)
            {
                Note($"{Counted.Of(dropped, "line")} skipped: together they were too long to be sorted");
            }

            TellTail();
        }
    }

    private void Add(LogFeed feed, LogPartLine line)
    {
        var entry = new LogEntry
        {
            Worker = feed.Worker,
            Component = line.Component,
            Level = line.Level,
            AtMs = line.AtMs,
            Text = line.Text,
        };
        if (tail is null)
        {
            message.Lines.Add(entry);
            messageChars += entry.Text.Length;
            return;
        }

        tail.Enqueue((entry, feed, line.Place));
        tailChars += entry.Text.Length + LineChars;
        while (tail.Count > request.Last || (tail.Count > 1 && !MayKeepTail()))
        {
            // More than were asked for are no loss.
            dropped += tail.Count > request.Last ? 0 : 1;
            tailChars -= tail.Dequeue().Entry.Text.Length + LineChars;
        }
    }

    private bool MayKeepTail()
    {
        var beyond = tailChars - OwnTailChars - tailTaken;
        if (beyond <= 0)
        {
            return true;
        }

        if (tailChars > MostTailChars || !here.Budget.TryTake(beyond))
        {
            return false;
        }

        tailTaken += beyond;
        return true;
    }

    private void FreePage(LogFeed feed)
    {
        here.Budget.Give(feed.Taken);
        feed.Taken = 0;
    }

    // While some are left, only the places behind those that are told are told: the caller may have to ask again.
    private void TellTail()
    {
        while (HasRoom && tail!.TryDequeue(out var next))
        {
            message.Lines.Add(next.Entry);
            messageChars += next.Entry.Text.Length;
            tailPlaces[next.Feed] = next.Place;
        }

        if (tail!.Count == 0)
        {
            tail = null;
            here.Budget.Give(tailTaken);
            tailTaken = 0;
            isTailKnown = false;
            tailPlaces.Clear();
        }
    }

    private void Move(LogFeed feed, string place)
    {
        if (place.Length > 0 && feed.Place != place)
        {
            feed.Place = place;
            moved.Add(feed);
        }
    }

    private void Note(string text) => message.Notes.Add(text);

    // Waits while the caller does not read; nothing is asked meanwhile.
    private async Task SendAsync(bool always = false)
    {
        // Not while lines are being sorted: a caller that asks again has seen none of them.
        var isSorting = tail is not null && !isTailKnown;
        if (isSorting || (!always && message.Lines.Count == 0 && message.Notes.Count == 0 && moved.Count == 0))
        {
            return;
        }

        if (tail is null)
        {
            message.Places.AddRange(moved.Select(f => new LogPosition { Log = f.Key, Place = f.Place }));
            moved.Clear();
        }
        else
        {
            message.Places.AddRange(tailPlaces.Select(p => new LogPosition { Log = p.Key.Key, Place = p.Value }));
            tailPlaces.Clear();
        }

        message.Several = several;
        await tell(message);
        message = new();
        messageChars = 0;
    }

    private static (long, int) HeadOf(LogFeed feed) => (feed.Lines.Peek().AtMs, feed.Worker.Length == 0 ? 0 : 1);
}
