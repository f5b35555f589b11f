using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Tells the parent that we are ready: the line <c>ready</c>, and later lines <c>status TEXT</c>, on a descriptor that it gave us.
/// A parent that went away is ignored: its absence is the lifeline's subject. Thread-safe.
/// </summary>
public sealed class ReadySignal : IDisposable
{
    /// <summary>In the child's environment: the number of its end.</summary>
    public const string Variable = "OPENCLAW_READY_FD";

    private readonly SafeFileHandle end;
    private readonly Lock gate = new();

    private ReadySignal(SafeFileHandle end) => this.end = end;

    /// <summary>Null when nobody wants to know. Call once; the variable is removed.</summary>
    public static ReadySignal? FromEnvironment() => Lifeline.Take(Variable) is { } end ? new ReadySignal(end) : null;

    public void Ready() => Send("ready\n");

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
