using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// A pipe from a parent to its child that carries nothing: as long as the parent holds its end the child is wanted. Its end is closed
/// by the parent's death, whatever kills it, or on purpose; the child then stops gracefully.
/// </summary>
public sealed class Lifeline : IAsyncDisposable
{
    /// <summary>In the child's environment: the number of its end.</summary>
    public const string Variable = "OPENCLAW_LIFELINE_FD";

    private readonly PipeStream stream;
    private readonly CancellationTokenSource ended = new();
    private readonly Task watching;

    private Lifeline(SafeFileHandle end)
    {
        stream = Pipes.OpenRead(end);
        watching = WatchAsync();
    }

    /// <summary>Cancelled once the parent is gone, or wants us gone.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>The lifeline that our parent gave us; null without one. Call once; the variable is removed, so that no child of ours believes in it.</summary>
    public static Lifeline? FromEnvironment() => Take(Variable) is { } end ? new Lifeline(end) : null;

    /// <summary>A lifeline on a descriptor that is known otherwise.</summary>
    public static Lifeline On(SafeFileHandle end) => new(end);

    internal static SafeFileHandle? Take(string variable)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, null);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 2
            ? Descriptors.Adopt(number)
            : null;
    }

    private async Task WatchAsync()
    {
        var buffer = new byte[64];
        try
        {
            while (await stream.ReadAsync(buffer) > 0) { }
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        catch (IOException)
        {
            // A lifeline that cannot be read is as good as cut.
        }
        await ended.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await watching;
        ended.Dispose();
    }
}
