using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Hosting.Loops;

namespace OpenClaw.Hosting.Links;

/// <summary>
/// The lines of a link: one on loss, damped ones while it tries, one on recovery. A healthy link's lines contain none of
/// the words that people grep for when something is wrong. Belongs to the owner loop.
/// </summary>
internal sealed partial class LinkLog(LinkOptions options, ILogger logger, TimeProvider time)
{
    private readonly Damper failures = new(time, first: 5, reminder: TimeSpan.FromMinutes(5));
    private readonly Damper retries = new(time, first: 10, reminder: TimeSpan.FromMinutes(5));
    private long? downSince;
    private bool saidExhausted;
    private bool wasConnected;

    /// <summary>Failed attempts since the connection was lost.</summary>
    private int failed;

    /// <summary>So many heartbeats in a row that could not be sent are worth a line of their own.</summary>
    private const int HeartbeatsMissed = 3;

    public void Write(LinkEffect effect)
    {
        switch (effect)
        {
            case LinkEffect.StateChanged { Change: var change }:
                Write(change);
                break;
            case LinkEffect.AttemptFailed attempt:
                Write(attempt);
                break;
            case LinkEffect.RetryScheduled retry when retries.Allow(out var before):
                Retrying(logger, Spoken(retry.Delay), Also(before));
                break;
        }
    }

    public void BadListener(Exception e) => ListenerThrew(logger, options.Name, e);

    public void BadClose(Exception e, string address) => CloseThrew(logger, options.Name, address, e);

    /// <summary><c>5 seconds</c>, <c>1 second</c>, <c>0.2 seconds</c>: what is printed is true to the jitter.</summary>
    internal static string Spoken(TimeSpan wait)
    {
        var seconds = wait.TotalSeconds >= 1 ? Math.Round(wait.TotalSeconds) : Math.Max(0.1, Math.Round(wait.TotalSeconds, 1));
        return seconds == 1 ? "1 second" : $"{seconds:0.#} seconds";
    }

    // The first failure of an outage, and one that waiting will not mend, is an error; the same again is a warning.
    private void Write(LinkEffect.AttemptFailed attempt)
    {
        var failure = attempt.Failure;
        if (failures.Allow(out var before))
        {
            var level = failed == 0 || failure.Entry.Kind != FailureKind.Unavailable ? LogLevel.Error : LogLevel.Warning;
            AttemptFailed(logger, level, CauseOf(failure, attempt.Address), failure.Code, options.Name, attempt.Address, Also(before));
        }

        if (++failed == HeartbeatsMissed && wasConnected && options.KeepAlive?.Style == KeepAliveStyle.Steady)
        {
            HeartbeatFailed(logger, options.Name, HeartbeatsMissed, Catalogue.HeartbeatFailure.Code);
        }
    }

    // As people search for it, whoever found it out.
    private static string CauseOf(Failure failure, string address) =>
        failure.Entry == Catalogue.ConnectionRefused
            ? $"dial tcp {failure.Data.GetValueOrDefault("address", address)}: connect: connection refused"
            : failure.Message.TrimEnd('.');

    private void WriteLoss(LinkChange change, Failure failure)
    {
        if (failure.Entry == Catalogue.HeartbeatLost && options.KeepAlive is { } keepAlive)
        {
            var seconds = failure.Data.GetValueOrDefault(Failure.SilentSecondsKey);
            Unacknowledged(logger, seconds is null ? Spoken(keepAlive.Timeout) : $"{seconds} seconds");
            AssumedLost(logger, options.Name, failure.Code, change.Address);
            return;
        }

        var cause = CauseOf(failure, change.Address);
        if (options.Owner is { } owner)
        {
            LostBy(logger, owner, cause, failure.Code, options.Name, change.Address);
        }
        else
        {
            Lost(logger, failure.Code, options.Name, change.Address, cause);
        }
    }

    private void Write(LinkChange change)
    {
        var failure = change.Cause;
        if (change.To is LinkState.Reconnecting or LinkState.AuthRequired or LinkState.Error || failure is not null)
        {
            downSince ??= time.GetTimestamp();
        }

        switch (change.To)
        {
            case LinkState.Connected when downSince is { } since:
                Reconnected(logger, options.Name, change.Address, Spoken(time.GetElapsedTime(since)), change.Attempts);
                downSince = null;
                saidExhausted = false;
                failed = 0;
                wasConnected = true;
                failures.Reset();
                retries.Reset();
                break;
            case LinkState.Connected:
                wasConnected = true;
                Connected(logger, options.Name, change.Address);
                break;
            case LinkState.Error or LinkState.Disconnected when failure?.Entry == Catalogue.ReconnectExhausted:
                if (!saidExhausted)
                {
                    saidExhausted = true;
                    Exhausted(logger, failure.Message);
                    if (change.To == LinkState.Disconnected)
                    {
                        Staying(logger, options.Name);
                    }
                }

                break;
            case LinkState.Disconnected when failure is null:
                Closed(logger, options.Name);
                break;
            case LinkState.AuthRequired or LinkState.Error when failure is not null:
                Stuck(logger, failure.Code, options.Name, change.Address, failure.Message, failure.NextStep);
                break;
            case LinkState.Reconnecting or LinkState.Disconnected when change.From == LinkState.Connected && failure is not null:
                WriteLoss(change, failure);
                break;
        }
    }

    private static string Also(int suppressed) => suppressed == 0 ? "" : $" ({suppressed} more like this since the last line)";

    [LoggerMessage(1000, LogLevel.Information, "Connected to {Link} at {Address}")]
    private static partial void Connected(ILogger logger, string link, string address);

    [LoggerMessage(1001, LogLevel.Error, "{Code}: connection lost to {Link} at {Address}: {Cause}")]
    private static partial void Lost(ILogger logger, string code, string link, string address, string cause);

    [LoggerMessage(EventId = 1002, Message = "{Cause} ({Code}, {Link} at {Address}){Also}")]
    private static partial void AttemptFailed(
        ILogger logger,
        LogLevel level,
        string cause,
        string code,
        string link,
        string address,
        string also
    );

    [LoggerMessage(1003, LogLevel.Warning, "Retrying connection in {Wait}...{Also}")]
    private static partial void Retrying(ILogger logger, string wait, string also);

    [LoggerMessage(1004, LogLevel.Information, "Connection to {Link} at {Address} reconnected after {Outage} (attempts: {Attempts})")]
    private static partial void Reconnected(ILogger logger, string link, string address, string outage, int attempts);

    [LoggerMessage(1005, LogLevel.Critical, "{Text}")]
    private static partial void Exhausted(ILogger logger, string text);

    [LoggerMessage(1006, LogLevel.Warning, "Staying disconnected; looking whether {Link} is back")]
    private static partial void Staying(ILogger logger, string link);

    [LoggerMessage(1007, LogLevel.Error, "{Code}: {Link} at {Address}: {Cause}. Next: {Next}")]
    private static partial void Stuck(ILogger logger, string code, string link, string address, string cause, string next);

    [LoggerMessage(1008, LogLevel.Information, "Closed the connection to {Link}")]
    private static partial void Closed(ILogger logger, string link);

    [LoggerMessage(1009, LogLevel.Error, "A listener to changes of {Link} threw")]
    private static partial void ListenerThrew(ILogger logger, string link, Exception e);

    [LoggerMessage(1010, LogLevel.Warning, "Closing a connection to {Link} at {Address} failed")]
    private static partial void CloseThrew(ILogger logger, string link, string address, Exception e);

    [LoggerMessage(1011, LogLevel.Error, "{Owner} connection lost: {Cause} ({Code}, {Link} at {Address})")]
    private static partial void LostBy(ILogger logger, string owner, string cause, string code, string link, string address);

    [LoggerMessage(1012, LogLevel.Warning, "No heartbeat acknowledgment received for {Span}")]
    private static partial void Unacknowledged(ILogger logger, string span);

    [LoggerMessage(1013, LogLevel.Error, "Assuming {Link} connection lost ({Code}, {Link} at {Address})")]
    private static partial void AssumedLost(ILogger logger, string link, string code, string address);

    [LoggerMessage(1014, LogLevel.Error, "Failed to send heartbeat to {Link} after {Attempts} attempts ({Code})")]
    private static partial void HeartbeatFailed(ILogger logger, string link, int attempts, string code);
}
