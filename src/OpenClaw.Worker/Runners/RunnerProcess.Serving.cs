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
    private volatile ServeSession? serving;
    private string program = "";
    private TimeSpan helloWithin;

    public void Serve(ExecCommand command, TimeSpan helloWithin)
    {
        fences.Watch.Becomes(ProcessId, handle: 0);
        program = Path.GetFileName(command.Path);
        this.helloWithin = helloWithin;
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
        using var hello = time.CreateTimer(_ => CheckHello(session), null, helloWithin, Timeout.InfiniteTimeSpan);
        var buffer = new LineBuffer();
        buffer.Add(first);
        var brake = new Brake(this);
        while (true)
        {
            while (buffer.TryTake(out var line))
            {
                if (session.Take(line) is { } wrong)
                {
                    events.Violated(this, Catalogue.PluginProtocol, $"The plugin serves, and {wrong}");
                    return;
                }
            }

            if (buffer.Held > PluginProtocol.MaxLineBytes)
            {
                events.Violated(
                    this,
                    Catalogue.ResultTooLarge,
                    $"The program wrote a line of more than {PluginProtocol.MaxLineBytes:N0} bytes to its standard output"
                );
                return;
            }

            if (await output.ReadAsync(buffer.GetMemory()) is not (var count and > 0))
            {
                return;
            }

            buffer.Advance(count);
            await brake.AfterAsync(count);
        }
    }

    private void CheckHello(ServeSession session)
    {
        if (!session.IsGreeted)
        {
            events.Violated(
                this,
                Catalogue.PluginStart,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{program} did not say hello within {helloWithin.TotalSeconds:0.###} s of its start and was ended; let it say hello before it loads, or allow it more with start_timeout in its manifest"
                )
            );
        }
    }
}
