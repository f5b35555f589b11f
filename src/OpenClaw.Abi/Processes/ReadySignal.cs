using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Tells the parent how we are, on a descriptor that it gave us: the line <c>ready</c> once everything works, lines <c>status TEXT</c>
/// (a child that says one has started, whatever it still waits for), <c>incarnation NUMBER</c> from one that counts its own lives, and
/// lines <c>alive</c> where the parent wants them.
/// A parent that went away is ignored: its absence is the lifeline's subject. Thread-safe.
/// </summary>
public sealed class ReadySignal : IDisposable
{
    /// <summary>In the child's environment: the number of its end.</summary>
    public const string Variable = "OPENCLAW_READY_FD";

    /// <summary>In the child's environment, where the parent watches: milliseconds between two signs of life.</summary>
    public const string AliveVariable = "OPENCLAW_ALIVE_MS";

    private readonly SafeFileHandle end;
    private readonly Lock gate = new();

    private ReadySignal(SafeFileHandle end, TimeSpan? aliveEvery)
    {
        this.end = end;
        AliveEvery = aliveEvery;
    }

    /// <summary>How often the parent wants <see cref="Alive"/>; null: it does not watch.</summary>
    public TimeSpan? AliveEvery { get; }

    /// <summary>Null when nobody wants to know. Call once; the variables are removed.</summary>
    public static ReadySignal? FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(AliveVariable);
        Environment.SetEnvironmentVariable(AliveVariable, null);
        var every =
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0
                ? TimeSpan.FromMilliseconds(milliseconds)
                : (TimeSpan?)null;
        return Lifeline.Take(Variable) is { } end ? new ReadySignal(end, every) : null;
    }

    public void Ready() => Send("ready\n");

    /// <summary>A sign of life. A parent that watches ends a child whose signs stay away.</summary>
    public void Alive() => Send("alive\n");

    /// <summary>
    /// This process lost its handler of a memory error to a signal from outside: it goes on, and is not to be trusted. The parent makes
    /// an end of it.
    /// </summary>
    public void Hit(int signal) => Send(string.Create(CultureInfo.InvariantCulture, $"{HitWord}{signal}\n"));

    private const string HitWord = "hit ";

    /// <summary>The signal of a line of <see cref="Hit"/>; null for any other.</summary>
    public static int? IsHit(ReadOnlySpan<byte> line) =>
        line.StartsWith("hit "u8)
        && int.TryParse(line[HitWord.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var signal)
        && signal is > 0 and < 64
            ? signal
            : null;

    /// <summary>The number under which this process is known to others, where it may not be the one that the parent drew. Before it is.</summary>
    public void Incarnation(long number) => Send(string.Create(CultureInfo.InvariantCulture, $"incarnation {number}\n"));

    /// <summary>The number of a line of <see cref="Incarnation"/>; null for any other.</summary>
    public static long? IncarnationOf(ReadOnlySpan<byte> line) =>
        line.StartsWith("incarnation "u8)
        && long.TryParse(line["incarnation "u8.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>One line; line breaks become spaces, more than 1,000 characters are cut.</summary>
    public void Status(string text) => Send($"status {(text.Length > 1000 ? text[..1000] : text).ReplaceLineEndings(" ")}\n");

    private void Send(string line)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(line);
        lock (gate)
        {
            while (!bytes.IsEmpty && !end.IsClosed)
            {
                var written = Native.Write((int)end.DangerousGetHandle(), bytes, out var error);
                if (error != 0)
                {
                    return;
                }
                bytes = bytes[(int)written..];
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            end.Dispose();
        }
    }
}
