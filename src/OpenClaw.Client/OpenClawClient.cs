using System.Text.Json;
using OpenClaw.Client.Connecting;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;

namespace OpenClaw.Client;

/// <summary>
/// A cluster, as its users see it: submit, wait, watch, look, cancel, retry. Safe for any number of threads: make one, keep it for as
/// long as the program runs, and dispose it at the end. It holds one connection, opened at the first call and opened anew when it broke.
/// </summary>
/// <remarks>
/// <para>What goes wrong in the world is an <see cref="OpenClawException"/> with a code; a call that was given up is an
/// <see cref="OperationCanceledException"/>; wrong arguments are <see cref="ArgumentException"/>s.</para>
/// <para>All methods are virtual and there is a constructor without a cluster, so that tests of your own code can stand in for it.</para>
/// </remarks>
public partial class OpenClawClient : IAsyncDisposable, IDisposable
{
    private readonly WireClient? wire;
    private readonly bool generateKeys;
    private volatile bool disposed;

    /// <summary>A client of the cluster that the options name. Nothing is dialled before the first call: see <see cref="ConnectAsync(OpenClawClientOptions, CancellationToken)"/>.</summary>
    /// <param name="options">Null: the cluster of this machine.</param>
    /// <exception cref="ArgumentException">An address cannot be read.</exception>
    /// <exception cref="OpenClawException"><c>clw-address-insecure</c>: a token would be sent without TLS to another machine.</exception>
    public OpenClawClient(OpenClawClientOptions? options)
    {
        var chosen = options ?? new();
        wire = WireClient.Connect(ClusterAddress.Resolve(chosen, Environment.GetEnvironmentVariable));
        generateKeys = chosen.GenerateKeys;
        Json = chosen.Json;
    }

    /// <summary>For stand-ins in tests: every method that is not overridden throws <see cref="InvalidOperationException"/>.</summary>
    protected OpenClawClient() { }

    /// <summary>Null: the defaults for the web.</summary>
    internal JsonSerializerOptions? Json { get; }

    private WireClient Wire
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return wire
                ?? throw new InvalidOperationException("This client stands in for a real one, and the called method is not overridden.");
        }
    }

    /// <summary>Connects to the cluster of this machine, or to the one that <c>OPENCLAW_CLUSTER_MANAGER_ADDRESS</c> names.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A client whose cluster has answered.</returns>
    /// <exception cref="OpenClawException">Nobody answered, or the token was refused.</exception>
    public static Task<OpenClawClient> ConnectAsync(CancellationToken cancellationToken = default) =>
        ConnectAsync(new OpenClawClientOptions(), cancellationToken);

    /// <summary>Connects to a cluster by the addresses of its managers.</summary>
    /// <param name="addresses"><c>host:port</c> or <c>https://host:port</c>, several with commas between them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A client whose cluster has answered.</returns>
    /// <exception cref="ArgumentException">An address cannot be read.</exception>
    /// <exception cref="OpenClawException">Nobody answered, or the token was refused, or it would be sent without TLS to another machine.</exception>
    public static Task<OpenClawClient> ConnectAsync(string addresses, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(addresses);
        return ConnectAsync(new OpenClawClientOptions { Addresses = addresses }, cancellationToken);
    }

    /// <summary>Connects to a cluster.</summary>
    /// <param name="options">Where it is, and how it is treated.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A client whose cluster has answered.</returns>
    /// <exception cref="ArgumentException">An address cannot be read.</exception>
    /// <exception cref="OpenClawException">Nobody answered, or the token was refused, or it would be sent without TLS to another machine.</exception>
    public static async Task<OpenClawClient> ConnectAsync(OpenClawClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var client = new OpenClawClient(options);
        try
        {
            await client.GetStatusAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes the connection. Calls that are under way end with <see cref="ObjectDisposedException"/>. May be called again.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    public virtual ValueTask DisposeAsync()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes the connection.</summary>
    /// <param name="disposing">True: called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        disposed = true;
        if (disposing)
        {
            wire?.Dispose();
        }
    }

    /// <summary>The value, or the failure as the exception that it is for users.</summary>
    private T Open<T>(Result<T> result, CancellationToken cancellationToken) =>
        result.Failure is { } failure ? throw Explain(failure, null, cancellationToken) : result.Value;

    private Exception Explain(Failure failure, Exception? inner, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(failure.Message, inner, cancellationToken);
        }

        return disposed ? new ObjectDisposedException(nameof(OpenClawClient)) : OpenClawException.From(failure, inner);
    }

    /// <summary>The same elements; failures become the exceptions that they are for users.</summary>
    private async IAsyncEnumerable<TResult> Translate<T, TResult>(
        IAsyncEnumerable<T> source,
        Func<T, TResult?> select,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
        where TResult : class
    {
        await using var elements = source.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await elements.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (FailureException e)
            {
                throw Explain(e.Failure, e, cancellationToken);
            }

            if (select(elements.Current) is { } selected)
            {
                yield return selected;
            }
        }
    }
}
