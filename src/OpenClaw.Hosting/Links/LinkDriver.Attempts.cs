using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Hosting.Links;

// Carrying effects out. Each dial is one attempt, whose task lives through dial, use and close of its connection.
public sealed partial class LinkDriver<TConnection>
{
    // One attempt at a time touches the endpoint: the next dial begins after the last connection is closed.
    private readonly SemaphoreSlim lane = new(1, 1);

    // Owned by the loop.
    private Attempt? current;
    private CancellationTokenSource? probeCancel;
    private Task probing = Task.CompletedTask;

    private void Carry(LinkEffect effect)
    {
        switch (effect)
        {
            case LinkEffect.Dial dial:
                current = new(new(dial.Address, dial.Generation, Elapsed));
                _ = LiveAsync(current); // Posts how it ends, and holds the lane until it has ended.
                break;
            case LinkEffect.Serve:
                current!.Accepted.TrySetResult(true);
                break;
            case LinkEffect.Close close when close.Generation == current?.Session.Generation:
                _ = current.End(); // Observed when the connection is closed.
                current = null;
                break;
            case LinkEffect.Probe probe:
                Probe(probe);
                break;
            case LinkEffect.CancelProbe:
                probeCancel?.Cancel();
                break;
            case LinkEffect.SendKeepAlive:
                // One that still runs is as good as another: when no answer comes the machine ends the connection.
                current!.KeepAlive.TryStart(KeepAliveAsync);
                break;
            case LinkEffect.CheckHealth check when !current!.Health.TryStart(attempt => CheckHealthAsync(attempt, check.Check)):
                followUps.Enqueue(
                    new LinkEvent.HealthReported(check.Check, new(Catalogue.HealthCheckFailed, $"{Name}: the last check still runs"))
                );
                break;
            case LinkEffect.StateChanged changed:
                changes.Add(changed.Change);
                break;
            case LinkEffect.GiveUp up:
                gaveUp = up.Failure;
                break;
        }
    }

    private async Task LiveAsync(Attempt attempt)
    {
        await Task.Yield();
        try
        {
            await lane.WaitAsync(attempt.Token);
        }
        catch (OperationCanceledException)
        {
            // Ended before its turn came.
            return;
        }

        try
        {
            await DialAndServeAsync(attempt);
        }
        catch (Exception e)
        {
            // The endpoint's own judgement threw. The machine must hear of an end, whichever it waits for.
            var failure = LinkFailures.Of(e, attempt.Session.Address);
            await PostAsync(new LinkEvent.DialFailed(attempt.Session.Generation, failure));
            await PostAsync(new LinkEvent.Lost(attempt.Session.Generation, failure));
        }
        finally
        {
            await attempt.EndAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            attempt.Dispose();
            lane.Release();
        }
    }

    private async Task DialAndServeAsync(Attempt attempt)
    {
        var (address, generation) = (attempt.Session.Address, attempt.Session.Generation);
        Result<TConnection> dialled;
        try
        {
            dialled = await endpoint.DialAsync(address, attempt.Token);
        }
        catch (Exception e)
        {
            dialled = endpoint.Classify(e, address);
        }

        if (dialled.Failure is { } refused)
        {
            var judged = endpoint.Judge(refused);
            await PostAsync(new LinkEvent.DialFailed(generation, refused, judged.Verdict, judged.RetryAfter));
            return;
        }

        attempt.Connection = dialled.Value;
        try
        {
            await PostAsync(new LinkEvent.DialSucceeded(generation));
            if (await attempt.Accepted.Task)
            {
                await ServeAsync(attempt, attempt.Connection);
            }
        }
        finally
        {
            await CloseAsync(attempt, attempt.Connection);
        }
    }

    private async Task ServeAsync(Attempt attempt, TConnection connection)
    {
        Failure? failure;
        try
        {
            failure = await endpoint.ServeAsync(connection, attempt.Session, attempt.Token);
        }
        catch (Exception e)
        {
            failure = endpoint.Classify(e, attempt.Session.Address);
        }

        // When we ended it ourselves the machine has moved on and ignores this.
        var polite = failure is null;
        failure ??= new(Catalogue.ConnectionLost, $"{attempt.Session.Address} closed the connection");
        await PostLossAsync(attempt, failure, polite);
    }

    private async Task PostLossAsync(Attempt attempt, Failure failure, bool polite)
    {
        var judged = endpoint.Judge(failure);
        await PostAsync(
            new LinkEvent.Lost(attempt.Session.Generation, failure, judged.Verdict, polite || judged.Planned, judged.RetryAfter)
        );
    }

    private async Task CloseAsync(Attempt attempt, TConnection connection)
    {
        try
        {
            await attempt.EndAsync();
            await endpoint.CloseAsync(connection);
        }
        catch (Exception e)
        {
            // It is gone either way; the next dial must not be kept from trying.
            log.BadClose(e, attempt.Session.Address);
        }
    }

    private async Task KeepAliveAsync(Attempt attempt)
    {
        await Task.Yield();
        try
        {
            await endpoint.KeepAliveAsync(attempt.Connection!, attempt.Session, attempt.Token);
        }
        catch (Exception e)
        {
            await PostLossAsync(attempt, endpoint.Classify(e, attempt.Session.Address), polite: false);
        }
    }

    private async Task CheckHealthAsync(Attempt attempt, long check)
    {
        await Task.Yield();
        Failure? failure;
        try
        {
            failure = await endpoint.CheckHealthAsync(attempt.Connection!, attempt.Token);
        }
        catch (Exception e)
        {
            failure = endpoint.Classify(e, attempt.Session.Address);
        }

        await PostAsync(new LinkEvent.HealthReported(check, failure));
    }

    private void Probe(LinkEffect.Probe probe)
    {
        if (!probing.IsCompleted)
        {
            // The last one was cancelled and does not end: another beside it would only add to the heap.
            followUps.Enqueue(new LinkEvent.ProbeReported(probe.Number, false));
            return;
        }

        probeCancel?.Dispose();
        probeCancel = new();
        probing = ProbeAsync(probe, probeCancel.Token);
    }

    private async Task ProbeAsync(LinkEffect.Probe probe, CancellationToken ct)
    {
        await Task.Yield();
        bool answers;
        try
        {
            answers = await endpoint.ProbeAsync(probe.Address, ct);
        }
        catch (Exception)
        {
            // A probe asks one question; whatever went wrong, the answer is no. The dial that follows the wait names the cause.
            answers = false;
        }

        await PostAsync(new LinkEvent.ProbeReported(probe.Number, answers));
    }

    private async ValueTask PostAsync(LinkEvent what)
    {
        // False once the link has ended: then nobody asks any more.
        while (await inbox.Writer.WaitToWriteAsync())
        {
            if (inbox.Writer.TryWrite(what))
            {
                return;
            }
        }
    }

    // The loop has ended: nothing of the link may outlive it.
    private async Task WindUpAsync()
    {
        inbox.Writer.TryComplete();
        _ = current?.End();
        current = null;
        probeCancel?.Cancel();
        await probing;
        await lane.WaitAsync();
    }
}
