using System.Net.NetworkInformation;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Hosting.Links;

/// <summary>
/// The shell around a <see cref="LinkMachine"/>: one owner loop steps it and carries its effects out. It decides nothing.
/// Everything public is thread-safe.
/// </summary>
public sealed partial class LinkDriver<TConnection> : ILink, IAsyncDisposable
    where TConnection : notnull
{
    /// <summary>Results of dials, probes and checks under way: a handful. When it is full their senders wait.</summary>
    private const int InboxLimit = 64;

    private static readonly LinkEvent Tick = new LinkEvent.Tick();

    private readonly LinkOptions options;
    private readonly ILinkEndpoint<TConnection> endpoint;
    private readonly TimeProvider time;
    private readonly long origin;
    private readonly LinkLog log;
    private readonly bool watchNetwork;
    private readonly Channel<LinkEvent> inbox = Channel.CreateBounded<LinkEvent>(
        new BoundedChannelOptions(InboxLimit) { SingleReader = true }
    );
    private readonly TaskCompletionSource<Failure?> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Owned by the loop.
    private readonly LinkMachine machine;
    private readonly List<LinkEffect> effects = [];
    private readonly Queue<LinkEvent> followUps = new();
    private readonly List<LinkChange> changes = [];
    private Failure? gaveUp;

    // Shared.
    private int requests;
    private int started;
    private volatile LinkSnapshot snapshot;
    private volatile IReadOnlyList<LinkChange> history = [];
    private TaskCompletionSource published = NewSignal();

    /// <param name="options">Validated options.</param>
    /// <param name="endpoint">What to connect to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where the link's lines go.</param>
    /// <param name="seed">Of the jitter; differs between the machines of a cluster.</param>
    /// <param name="watchNetwork">Listen to address changes of this machine.</param>
    public LinkDriver(
        LinkOptions options,
        ILinkEndpoint<TConnection> endpoint,
        TimeProvider time,
        ILogger logger,
        int seed,
        bool watchNetwork = true
    )
    {
        this.options = options;
        this.endpoint = endpoint;
        this.time = time;
        this.watchNetwork = watchNetwork;
        origin = time.GetTimestamp();
        log = new(options, logger, time);
        machine = new(options, new Random(seed), Now());
        snapshot = machine.Snapshot(Now());
    }

    [Flags]
    private enum Requests
    {
        None = 0,
        Start = 1,
        Retry = 2,
        Credentials = 4,
        Network = 8,
        Stop = 16,
    }

    public event Action<LinkChange>? Changed;

    public string Name => options.Name;

    public LinkSnapshot Snapshot => snapshot;

    public IReadOnlyList<LinkChange> History => history;

    public Task<Failure?> Completion => completion.Task;

    public void Start()
    {
        Request(Requests.Start);
        EnsureLoop();
    }

    public void RetryNow() => Request(Requests.Retry);

    public void NotifyCredentialsChanged() => Request(Requests.Credentials);

    public void NotifyNetworkChanged() => Request(Requests.Network);

    public Task StopAsync(CancellationToken ct)
    {
        Request(Requests.Stop);
        EnsureLoop();
        return Completion.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    public async Task<bool> WaitForAsync(Func<LinkSnapshot, bool> condition, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(condition);
        while (true)
        {
            // First the signal, then the look: what is published in between completes this very signal.
            var next = Volatile.Read(ref published).Task;
            if (condition(snapshot))
            {
                return true;
            }

            if (Completion.IsCompleted)
            {
                return condition(snapshot);
            }

            await Task.WhenAny(next, Completion).WaitAsync(ct);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TimeSpan Elapsed() => time.GetElapsedTime(origin);

    private LinkInstant Now() => new(Elapsed(), time.GetUtcNow());

    // Wishes from outside are bits, not messages: any number of them is bounded, and none is lost when the inbox is full.
    private void Request(Requests what)
    {
        Interlocked.Or(ref requests, (int)what);
        Wake();
    }

    // A full inbox wakes the loop as well as one more event would.
    private void Wake() => inbox.Writer.TryWrite(Tick);

    private void EnsureLoop()
    {
        if (Interlocked.Exchange(ref started, 1) == 0)
        {
            _ = Task.Run(RunAsync); // Its end, good or bad, is Completion.
        }
    }

    private async Task RunAsync()
    {
        var watcher = new NetworkAddressChangedEventHandler((_, _) => NotifyNetworkChanged());
        try
        {
            if (watchNetwork)
            {
                NetworkChange.NetworkAddressChanged += watcher;
            }

            await using var timer = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            await OwnAsync(timer);
            await WindUpAsync();
            completion.TrySetResult(gaveUp);
        }
        catch (Exception e)
        {
            // A bug of ours: nobody would reconnect any more, so whoever awaits Completion must hear of it.
            await WindUpAsync();
            completion.TrySetException(e);
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= watcher;
        }
    }

    private async Task OwnAsync(ITimer timer)
    {
        while (await inbox.Reader.WaitToReadAsync())
        {
            while (inbox.Reader.TryRead(out var what))
            {
                if (what is not LinkEvent.Tick)
                {
                    Step(what);
                }
            }

            var stop = TakeRequests();
            while (machine.NextDue <= Elapsed())
            {
                if (current is { } attempt)
                {
                    Step(attempt.Session.ToEvent());
                }

                Step(Tick);
            }

            Publish();
            if (stop || gaveUp is not null)
            {
                return;
            }

            // Rounded up: a timer that fires a fraction of a millisecond early would spin.
            timer.Change(
                machine.NextDue is { } due
                    ? TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling((due - Elapsed()).TotalMilliseconds)))
                    : Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan
            );
        }
    }

    private bool TakeRequests()
    {
        var asked = (Requests)Interlocked.Exchange(ref requests, 0);
        if (asked.HasFlag(Requests.Start))
        {
            Step(new LinkEvent.StartRequested());
        }

        if (asked.HasFlag(Requests.Credentials))
        {
            Step(new LinkEvent.CredentialsChanged());
        }

        if (asked.HasFlag(Requests.Network))
        {
            Step(new LinkEvent.NetworkChanged());
        }

        if (asked.HasFlag(Requests.Retry))
        {
            Step(new LinkEvent.RetryRequested());
        }

        if (asked.HasFlag(Requests.Stop))
        {
            Step(new LinkEvent.StopRequested());
            return true;
        }

        return false;
    }

    private void Step(LinkEvent what)
    {
        followUps.Enqueue(what);
        while (followUps.TryDequeue(out var next))
        {
            effects.Clear();
            machine.Step(next, Now(), effects);
            foreach (var effect in effects)
            {
                log.Write(effect);
                Carry(effect);
            }
        }
    }

    private void Publish()
    {
        snapshot = machine.Snapshot(Now());
        if (changes.Count > 0)
        {
            history = machine.History.ToArray();
        }

        Interlocked.Exchange(ref published, NewSignal()).TrySetResult();
        foreach (var change in changes)
        {
            try
            {
                Changed?.Invoke(change);
            }
            catch (Exception e)
            {
                // A listener's bug is not the link's: the connection goes on.
                log.BadListener(e);
            }
        }

        changes.Clear();
    }
}
