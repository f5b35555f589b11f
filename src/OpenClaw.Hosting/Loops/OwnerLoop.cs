using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace OpenClaw.Hosting.Loops;

/// <summary>
/// The one loop that owns the state of a program's core. Everybody else posts; what is posted runs here, one after the other, in the
/// order of posting, and must not block. After each run of waiting work the loop calls <c>after</c> once.
/// </summary>
/// <remarks>
/// The inbox has no bound of its own: each poster is bounded instead (calls by their admission, sessions by waiting for what they
/// posted, store operations by the writer's inbox).
/// </remarks>
/// <param name="after">Runs in the loop when the inbox has run empty, and after every <paramref name="most"/> posts: dispatch, flush.</param>
/// <param name="onFault">
/// A post threw: the state is in doubt and is not patched. Called once, the loop has ended; the program must end, its supervisor
/// starts another, and what is durable tells what is true.
/// </param>
/// <param name="logger">Where a fault is told.</param>
/// <param name="most">Posts that run before <paramref name="after"/> gets its turn although more wait.</param>
public sealed partial class OwnerLoop(Action after, Action<Exception> onFault, ILogger<OwnerLoop> logger, int most = 256)
{
    // Work, and what is done instead when the loop ends before it.
    private readonly Channel<(Action Work, Action? Dropped)> inbox = Channel.CreateUnbounded<(Action Work, Action? Dropped)>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = false }
    );

    /// <summary>Queues work for the loop. Dropped after the loop has ended.</summary>
    public void Post(Action work) => inbox.Writer.TryWrite((work, null));

    /// <summary>Runs work in the loop and completes with its result; is cancelled when the loop ends before, by order or by a fault.</summary>
    public Task<T> AskAsync<T>(Func<T> work)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = inbox.Writer.TryWrite(
            (
                () =>
                {
                    try
                    {
                        answer.SetResult(work());
                    }
                    catch (Exception e)
                    {
                        // Half done, like any other post that throws: whoever asked hears it, and the loop ends with it.
                        answer.SetException(e);
                        throw;
                    }
                },
                () => answer.SetCanceled()
            )
        );
        if (!posted)
        {
            answer.SetCanceled();
        }

        return answer.Task;
    }

    /// <summary>Ends the loop after what was posted before.</summary>
    public void Complete() => inbox.Writer.TryComplete();

    /// <summary>Runs until <see cref="Complete"/> or a fault, which is told and not thrown: it has one addressee.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await inbox.Reader.WaitToReadAsync())
            {
                for (var run = 0; run < most && inbox.Reader.TryRead(out var post); run++)
                {
                    post.Work();
                }

                after();
            }
        }
        catch (Exception e)
        {
            LogFault(logger, e);

            // Whoever still asks would wait for ever, and the program could not end.
            inbox.Writer.TryComplete();
            while (inbox.Reader.TryRead(out var post))
            {
                post.Dropped?.Invoke();
            }

            onFault(e);
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "The owner loop failed; the process ends and is started again")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
