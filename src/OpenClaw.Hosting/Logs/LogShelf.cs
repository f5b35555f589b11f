using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Logs;

/// <summary>
/// The logs that one program can be asked for: its own, and those of programs beside it that cannot be asked themselves. Thread-safe.
/// </summary>
public sealed class LogShelf(TimeProvider time) : IDisposable
{
    /// <summary>Readings at the same time: whoever reads logs must not take the machine from whoever works.</summary>
    private const int MostReadings = 2;

    /// <summary>Lines that come one by one are handed on together.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest wait for a wanted line: the place behind what was looked at is then told, so that it does not grow old.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim readings = new(MostReadings);
    private readonly List<ILogSource> sources = [];

    /// <summary>In the order in which they were put there.</summary>
    public IReadOnlyList<ILogSource> Sources => sources;

    /// <summary>Puts a log on the shelf; only before anybody reads.</summary>
    public void Add(ILogSource source) => sources.Add(source);

    /// <summary>The log with this name; null when there is none.</summary>
    public ILogSource? Find(string name) => sources.Find(s => s.Name == name);

    /// <summary>Reads a page; with <see cref="LogRequest.Wait"/>, waits for a wanted line, for some seconds.</summary>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<LogPage> ReadAsync(ILogSource source, LogRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(request);
        var began = time.GetTimestamp();
        while (true)
        {
            var news = source.News;
            var page = await ReadNowAsync(source, request, cancellation);
            var left = LongestWait - time.GetElapsedTime(began);
            if (!request.Wait || page.Lines.Count > 0 || page.Note is not null || !page.IsEnd || left <= TimeSpan.Zero)
            {
                return page;
            }

            request = request with { From = page.Behind };
            if (await HasNewsAsync(news, left, cancellation))
            {
                await Task.Delay(Gather, time, cancellation);
            }
        }
    }

    public void Dispose() => readings.Dispose();

    private async Task<LogPage> ReadNowAsync(ILogSource source, LogRequest request, CancellationToken cancellation)
    {
        await readings.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => source.Read(request), cancellation);
        }
        finally
        {
            readings.Release();
        }
    }

    private async Task<bool> HasNewsAsync(Task news, TimeSpan left, CancellationToken cancellation)
    {
        try
        {
            await news.WaitAsync(left, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
