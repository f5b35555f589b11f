using System.Threading.Channels;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Logs;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Logs;
using OpenClaw.Rpc.Api;
using OpenClaw.Tests.Store;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Logs;

/// <summary>A gathering over workers with one log each. Workers answer, and the reader reads, when the test says.</summary>
internal sealed class GatheringRig : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, bool> here = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Channel<Asked>> asked = new(StringComparer.Ordinal);
    private readonly ManualClock clock = new();
    private readonly LogShelf shelf;
    private readonly LogNews changed = new();
    private readonly LogNews looked = new();
    private readonly LogNews told = new();
    private readonly List<LogEntry> lines = [];
    private readonly List<string> notes = [];
    private readonly Dictionary<string, string> places = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(
        TestContext.Current.CancellationToken
    );
    private TaskCompletionSource? stopped;
    private TaskCompletionSource? reading;
    private Task running = Task.CompletedTask;

    public GatheringRig(params string[] workers)
    {
        shelf = new LogShelf(clock);
        foreach (var worker in workers)
        {
            here[worker] = true;
            asked[worker] = Channel.CreateUnbounded<Asked>();
        }
    }

    public LogBudget Budget { get; } = new();

    public IReadOnlyList<string> Texts => Locked(() => lines.ConvertAll(l => l.Text));

    public IReadOnlyList<string> Notes => Locked(() => notes.ToList());

    /// <summary>Behind what the reader has seen, as it says when it asks again.</summary>
    public IReadOnlyList<LogPosition> Places => Locked(() => places.Select(p => new LogPosition { Log = p.Key, Place = p.Value }).ToList());

    /// <summary>Questions that the test has not taken.</summary>
    public int Unanswered => asked.Values.Sum(a => a.Reader.Count);

    public int UnansweredBy(string worker) => asked[worker].Reader.Count;

    public void Start(LogsRequest request)
    {
        var filter = LogMessages.ReadFilter(request.Filter).Value;
        var surroundings = new LogSurroundings(shelf, AskAsync, HoldersAsync, changed, Budget, clock);
        running = new LogGathering(request, filter, surroundings, TellAsync, leaving.Token).RunAsync();
    }

    /// <summary>The next question to a worker.</summary>
    public ValueTask<Asked> AskedAsync(string worker) => asked[worker].Reader.ReadAsync(leaving.Token);

    /// <summary>The reader takes no further lines. Completes when there are some that it does not take.</summary>
    public Task StopReading()
    {
        stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return stopped.Task;
    }

    public void ReadOn() => reading!.SetResult();

    /// <summary>The reader stood still for too long: its call is broken off.</summary>
    public void Stall() => reading!.SetException(new Failure(Catalogue.ConnectionLost, "does not read").AsException());

    public void Away(string worker) => Set(worker, false);

    public void Back(string worker) => Set(worker, true);

    /// <summary>Completes when the gathering has looked again who is there.</summary>
    public Task LookedAsync() => looked.Next;

    public Task ToldAsync(string text) => UntilAsync(() => Texts.Contains(text));

    public Task NotedAsync(string note) => UntilAsync(() => Notes.Contains(note));

    /// <summary>Its own end.</summary>
    public Task EndAsync() => running;

    public async ValueTask DisposeAsync()
    {
        await leaving.CancelAsync();
        try
        {
            await running;
        }
        catch (Exception e) when (e is OperationCanceledException or FailureException)
        {
            // Ended by the test.
        }

        shelf.Dispose();
        leaving.Dispose();
    }

    private T Locked<T>(Func<T> look)
    {
        lock (gate)
        {
            return look();
        }
    }

    private void Set(string worker, bool isHere)
    {
        lock (gate)
        {
            here[worker] = isHere;
        }

        changed.Tell();
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        while (true)
        {
            var next = told.Next;
            if (isSo())
            {
                return;
            }

            await next.WaitAsync(leaving.Token);
        }
    }

    private Task<IReadOnlyList<LogHolder>> HoldersAsync()
    {
        var holders = Locked(() =>
            here.Select(w => new LogHolder(
                    w.Key,
                    w.Value ? WorkerState.Healthy : WorkerState.Unreachable,
                    ["worker"],
                    Environment.MachineName,
                    w.Value
                ))
                .ToList()
        );
        looked.Tell();
        return Task.FromResult<IReadOnlyList<LogHolder>>(holders);
    }

    private async Task<LogPart?> AskAsync(string worker, ReadLog question, CancellationToken cancellation)
    {
        var ask = new Asked(worker, question.Clone());
        asked[worker].Writer.TryWrite(ask);
        return await ask.Answered.WaitAsync(cancellation);
    }

    private async ValueTask TellAsync(LogLines? message)
    {
        if (message is null)
        {
            return;
        }

        if (stopped is not null && message.Lines.Count > 0)
        {
            stopped.TrySetResult();
            await reading!.Task.WaitAsync(leaving.Token);
        }

        lock (gate)
        {
            lines.AddRange(message.Lines);
            notes.AddRange(message.Notes);
            foreach (var place in message.Places)
            {
                places[place.Log] = place.Place;
            }
        }

        told.Tell();
    }

    /// <summary>A question that waits for its answer.</summary>
    internal sealed class Asked(string worker, ReadLog question)
    {
        private readonly TaskCompletionSource<LogPart?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ReadLog Question { get; } = question;

        public Task<LogPart?> Answered => answer.Task;

        /// <summary>Lines; the place behind each is its worker and its time.</summary>
        public void Answer(bool end, params (long At, string Text)[] lines)
        {
            var part = new LogPart { End = end, Place = lines.Length > 0 ? $"{worker}:{lines[^1].At}" : $"{worker}:0" };
            foreach (var (at, text) in lines)
            {
                part.Lines.Add(
                    new LogPartLine
                    {
                        Component = "worker",
                        Level = "info",
                        AtMs = at,
                        Text = text,
                        Place = $"{worker}:{at}",
                    }
                );
            }

            Answer(part);
        }

        public void Answer(LogPart part) => answer.SetResult(part);

        /// <summary>The worker's session has ended.</summary>
        public void NoAnswer() => answer.SetResult(null);
    }
}
