using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Hosting.Links;

/// <summary>
/// What a place that needs a connection supplies: how to dial, how to probe, what a failure means, and what to do with
/// the connection. When to do any of it is the link's business. The driver calls <see cref="DialAsync"/> and
/// <see cref="ServeAsync"/> never twice at a time; a probe, a keep-alive and a health check may run beside them.
/// Whatever an exception carries is turned into a failure by <see cref="Classify"/>.
/// </summary>
/// <typeparam name="TConnection">The open connection; disposed by <see cref="CloseAsync"/>, also when nobody wants it any more.</typeparam>
public interface ILinkEndpoint<TConnection>
    where TConnection : notnull
{
    /// <summary>Opens a connection, handshake and sign-in included, so that what it returns can be used at once.</summary>
    ValueTask<Result<TConnection>> DialAsync(string address, CancellationToken ct);

    /// <summary>
    /// Uses the connection until it ends or <paramref name="ct"/> asks for its end. Returns why it ended; null when the other
    /// side ended it politely (that counts as planned). Report signs of life to <paramref name="session"/>.
    /// </summary>
    Task<Failure?> ServeAsync(TConnection connection, LinkSession session, CancellationToken ct);

    /// <summary>Whether the address answers at all. By default a bare TCP connection; must be cheap and change nothing.</summary>
    ValueTask<bool> ProbeAsync(string address, CancellationToken ct) => TcpProbe.AnswersAsync(address, ct);

    /// <summary>Sends a sign of life; the answer is reported to the session by whoever reads from the connection.</summary>
    ValueTask KeepAliveAsync(TConnection connection, LinkSession session, CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>Null when the other side is well.</summary>
    ValueTask<Failure?> CheckHealthAsync(TConnection connection, CancellationToken ct) => new((Failure?)null);

    /// <summary>Closes the connection; called once for each that was dialled.</summary>
    ValueTask CloseAsync(TConnection connection) => LinkFailures.DisposeAsync(connection);

    /// <summary>The failure that an exception is.</summary>
    Failure Classify(Exception exception, string address) => LinkFailures.Of(exception, address);

    /// <summary>What a failure means for going on.</summary>
    LinkJudgement Judge(Failure failure) => LinkFailures.Judge(failure);
}

/// <summary>What a failure means for going on.</summary>
/// <param name="Verdict">Try again, wait for credentials, or leave it.</param>
/// <param name="Planned">The other side said that it would go; does not count as flapping.</param>
/// <param name="RetryAfter">How long it asked us to stay away.</param>
public readonly record struct LinkJudgement(LinkVerdict Verdict, bool Planned = false, TimeSpan? RetryAfter = null);

/// <summary>
/// One open connection as the link sees it: here whoever reads and writes leaves signs of life. Thread-safe, without locks
/// and without allocation, so that it may be called per message.
/// </summary>
public sealed class LinkSession
{
    private const long Never = long.MinValue;
    private readonly Func<TimeSpan> clock;
    private long received = Never;
    private long sent = Never;
    private long answered = Never;

    internal LinkSession(string address, long generation, Func<TimeSpan> clock)
    {
        Address = address;
        Generation = generation;
        this.clock = clock;
    }

    /// <summary>Where the connection leads.</summary>
    public string Address { get; }

    /// <summary>Rises with each dial of the link.</summary>
    public long Generation { get; }

    /// <summary>Something came from the other side.</summary>
    public void Received() => Volatile.Write(ref received, clock().Ticks);

    /// <summary>Something was sent to the other side.</summary>
    public void Sent() => Volatile.Write(ref sent, clock().Ticks);

    /// <summary>An answer to a keep-alive came.</summary>
    public void KeepAliveAnswered() => Volatile.Write(ref answered, clock().Ticks);

    internal LinkEvent.Activity ToEvent() => new(Generation, Read(ref received), Read(ref sent), Read(ref answered));

    private static TimeSpan? Read(ref long ticks)
    {
        var value = Volatile.Read(ref ticks);
        return value == Never ? null : TimeSpan.FromTicks(value);
    }
}
