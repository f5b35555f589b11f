using System.Buffers;
using System.Globalization;
using OpenClaw.Abi.Plugins;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;

namespace OpenClaw.Worker.Runners;

// A runner that has become a program of mode: serve: lines instead of frames.
internal sealed partial class RunnerProcess
{
    private static readonly TimeSpan HelloWithin = TimeSpan.FromSeconds(30);

    private volatile ServeSession? serving;

    public void Serve(ExecCommand command)
    {
        serving = new ServeSession(WriteLine, report => events.Reports(this, [report]), time);
        lock (writing)
        {
            if (!closed)
            {
                FrameWriter.WriteExec(commands.Writer, command);
            }
        }

        Flush();
    }

    public void Give(in ServeTask task) => serving?.Give(task);

    public bool Cancel(ulong handle)
    {
        if (serving?.Cancel(handle) == true)
        {
            return false;
        }

        Signal(Signals.Terminate);
        return true;
    }

    public long MemoryBytes()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            // Pages: the whole, then those in memory.
            var fields = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{ProcessId}/statm")).Split(' ', 3);
            return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended.
            return 0;
        }
    }

    private void WriteLine(ReadOnlySpan<byte> line)
    {
        lock (writing)
        {
            if (!closed)
            {
                commands.Writer.Write(line);
            }
        }

        Flush();
    }

    /// <summary>Reads the program's lines until it ends or breaks the rules.</summary>
    private async Task ReadServedAsync(ServeSession session, byte[] first)
    {
        using var hello = time.CreateTimer(
            _ =>
            {
                if (!session.IsGreeted)
                {
                    Violate($"it did not say hello within {HelloWithin.TotalSeconds:0} s");
                }
            },
            null,
            HelloWithin,
            Timeout.InfiniteTimeSpan
        );
        var buffer = new byte[Math.Max(16 * 1024, first.Length)];
        first.CopyTo(buffer, 0);
        var (held, seen) = (first.Length, 0);
        while (true)
        {
            while (buffer.AsSpan(seen, held - seen).IndexOf((byte)'\n') is >= 0 and var at)
            {
                var line = buffer.AsMemory(0, seen + at);
                if (session.Take(line) is { } wrong)
                {
                    Violate(wrong);
                    return;
                }

                held -= line.Length + 1;
                Buffer.BlockCopy(buffer, line.Length + 1, buffer, 0, held);
                seen = 0;
            }

            seen = held;
            if (held > PluginProtocol.MaxLineBytes)
            {
                events.Violated(
                    this,
                    Catalogue.ResultTooLarge,
                    $"The program wrote a line of more than {PluginProtocol.MaxLineBytes:N0} bytes to its standard output"
                );
                return;
            }

            if (held == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            if (await output.ReadAsync(buffer.AsMemory(held)) is var count and > 0)
            {
                held += count;
            }
            else
            {
                return;
            }
        }
    }

    private void Violate(string what) => events.Violated(this, Catalogue.PluginProtocol, $"The plugin serves, and {what}");
}
