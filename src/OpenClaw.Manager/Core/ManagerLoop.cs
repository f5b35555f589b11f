using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace OpenClaw.Manager.Core;

/// <summary>
/// The one loop that owns the manager's state. Everybody else posts; what is posted runs here, one after the other, in the order of
/// posting, and must not block. After each run of waiting work the loop calls <c>after</c> once (dispatch).
/// </summary>
/// <remarks>
/// The inbox has no bound of its own: each poster is bounded instead (calls by their admission, sessions by their read loop, which
/// waits for its last post; operations by the writer's inbox).
/// </remarks>
public sealed partial class ManagerLoop(Action after, Action<Exception> onFault, ILogger<ManagerLoop> logger)
{
    private readonly Channel<Action> inbox = Channel.CreateUnbounded<Action>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = false }
    );

    /// <summary>Queues work for the loop. Dropped after the loop has ended.</summary>
    public void Post(Action work) => inbox.Writer.TryWrite(work);

    /// <summary>Runs work in the loop and completes with its result.</summary>
    public Task<T> AskAsync<T>(Func<T> work)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = inbox.Writer.TryWrite(() =>
        {
            try
            {
                answer.SetResult(work());
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        });
        if (!posted)
        {
            answer.SetCanceled();
        }

        return answer.Task;
    }

    /// <summary>Ends the loop after what was posted before.</summary>
    public void Complete() => inbox.Writer.TryComplete();

    public async Task RunAsync()
    {
        // A fault here leaves the manager's picture of the world in doubt. It is not patched: the process ends, the supervisor starts
        // another, and the store tells what is true.
        try
        {
            while (await inbox.Reader.WaitToReadAsync())
            {
                while (inbox.Reader.TryRead(out var work))
                {
                    work();
                }

                after();
            }
        }
        catch (Exception e)
        {
            LogFault(logger, e);
            onFault(e);
            throw;
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "The manager's loop failed; the process ends and is started again")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
