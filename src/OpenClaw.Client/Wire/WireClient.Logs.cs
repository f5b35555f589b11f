using System.Runtime.CompilerServices;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;

namespace OpenClaw.Client.Wire;

internal sealed partial class WireClient
{
    /// <summary>
    /// Lines of the cluster's logs, in batches. A connection that breaks is opened again and asked for what comes behind the lines that
    /// were told, for as long as the caller reads: none is left out, and none is told twice.
    /// </summary>
    /// <param name="request">Without places; when it follows, with the time of its beginning.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="FailureException">The request is wrong, or the manager was never reached.</exception>
    public async IAsyncEnumerable<LogLines> LogsAsync(
        LogsRequest request,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, caller.Closing);
        var patience = caller.NewPatience(endless: true);
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        var isDone = false;
        while (!isDone)
        {
            var again = request.Clone();
            again.Places.AddRange(places.Select(p => new LogPosition { Log = p.Key, Place = p.Value }));
            await using var call = caller.Channel.ServerStreaming(LogMethods.Logs, again, new CallOptions { Cancellation = ending.Token });
            var hasTold = false;
            while (!isDone && await NextLinesAsync(call, patience, hasTold, cancellation) is { } batch)
            {
                hasTold = true;
                foreach (var behind in batch.Places)
                {
                    places[behind.Log] = behind.Place;
                }

                isDone = batch.Done;
                yield return batch;
            }
        }
    }

    /// <summary>As <see cref="NextAsync"/>; a stream that the manager has cut because we were slow to read is asked for anew as well.</summary>
    private async Task<LogLines?> NextLinesAsync(
        RpcCall<LogsRequest, LogLines> call,
        Patience patience,
        bool hasTold,
        CancellationToken cancellation
    )
    {
        try
        {
            return await NextAsync(call, patience, cancellation);
        }
        catch (FailureException e) when (hasTold && !cancellation.IsCancellationRequested && !caller.IsDisposed && WasCut(e.Failure))
        {
            // Only behind lines that came: whoever cuts every call is not asked for ever.
            return null;
        }
    }

    // A pager that stands still stops our reading; what the manager does then reaches us as the end of the stream, by one name or another.
    private static bool WasCut(Failure failure) =>
        failure.Entry == Catalogue.Protocol || failure.Entry == Catalogue.CallCancelled || failure.Entry == Catalogue.SlowPeer;
}
