using System.Threading.Channels;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Links;

namespace OpenClaw.Tests.Links;

/// <summary>An endpoint whose every answer a test gives. What the driver asks comes out of channels, so that tests wait on facts.</summary>
public sealed class ScriptedEndpoint : ILinkEndpoint<ScriptedEndpoint.Connection>
{
    private readonly Channel<DialCall> dials = Channel.CreateUnbounded<DialCall>();
    private readonly Channel<Connection> served = Channel.CreateUnbounded<Connection>();
    private readonly Channel<Connection> keepAlives = Channel.CreateUnbounded<Connection>();
    private int dialing;

    public int MostDialsAtOnce { get; private set; }

    public bool ProbeAnswer { get; set; }

    /// <summary>Dials that do not listen to their cancellation, as badly written code does.</summary>
    public bool Deaf { get; init; }

    public Func<Failure, LinkJudgement>? Judgement { get; init; }

    public Func<Failure?> Health { get; set; } = () => null;

    public async Task<DialCall> NextDialAsync() => await dials.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async Task<Connection> NextServedAsync() => await served.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async Task<Connection> NextKeepAliveAsync() => await keepAlives.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>How long a test waits for a fact before it says that the fact does not come.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    public async ValueTask<Result<Connection>> DialAsync(string address, CancellationToken ct)
    {
        var call = new DialCall(address, ct);
        MostDialsAtOnce = Math.Max(MostDialsAtOnce, Interlocked.Increment(ref dialing));
        try
        {
            dials.Writer.TryWrite(call);
            return await (Deaf ? call.Answer.Task : call.Answer.Task.WaitAsync(ct));
        }
        finally
        {
            Interlocked.Decrement(ref dialing);
        }
    }

    public async Task<Failure?> ServeAsync(Connection connection, LinkSession session, CancellationToken ct)
    {
        connection.Session = session;
        served.Writer.TryWrite(connection);
        return await connection.End.Task.WaitAsync(ct);
    }

    public ValueTask<bool> ProbeAsync(string address, CancellationToken ct) => new(ProbeAnswer);

    public ValueTask KeepAliveAsync(Connection connection, LinkSession session, CancellationToken ct)
    {
        keepAlives.Writer.TryWrite(connection);
        return ValueTask.CompletedTask;
    }

    public ValueTask<Failure?> CheckHealthAsync(Connection connection, CancellationToken ct) => new(Health());

    public LinkJudgement Judge(Failure failure) => Judgement?.Invoke(failure) ?? LinkFailures.Judge(failure);

    public sealed class DialCall(string address, CancellationToken ct)
    {
        public string Address { get; } = address;

        public CancellationToken Cancelled { get; } = ct;

        public TaskCompletionSource<Result<Connection>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Connection Accept()
        {
            var connection = new Connection();
            Answer.SetResult(connection);
            return connection;
        }

        public void Refuse(Failure? failure = null) => Answer.SetResult(failure ?? LinkRig.Refused);
    }

    public sealed class Connection : IDisposable
    {
        private readonly TaskCompletionSource disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LinkSession? Session { get; set; }

        public TaskCompletionSource<Failure?> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Closed => disposed.Task.WaitAsync(Patience);

        public void Dispose() => disposed.TrySetResult();
    }
}
