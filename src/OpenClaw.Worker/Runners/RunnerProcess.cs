using System.IO.Pipelines;
using Google.Protobuf;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Limits;

namespace OpenClaw.Worker.Runners;

/// <summary>A runner's process with its four pipes. Decides nothing: it carries commands in and reports out.</summary>
internal sealed partial class RunnerProcess : IRunner
{
    private static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(1);

    private readonly ChildProcess child;
    private readonly IRunnerEvents events;
    private readonly TimeProvider time;
    private readonly RunnerFences fences;
    private readonly Pipe commands = new(
        new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false)
    );
    private readonly PipeStream input;
    private readonly PipeStream output;
    private readonly PipeStream errors;
    private readonly PipeStream progress;
    private ReadOnlyMemory<byte> payloadAfterExec;
    private bool executing;

    private RunnerProcess(
        ChildProcess child,
        PipeStream input,
        PipeStream output,
        PipeStream errors,
        PipeStream progress,
        IRunnerEvents events,
        TimeProvider time,
        RunnerFences fences,
        string mark
    )
    {
        Mark = mark;
        this.child = child;
        this.input = input;
        this.output = output;
        this.errors = errors;
        this.progress = progress;
        this.events = events;
        this.time = time;
        this.fences = fences;
    }

    public int ProcessId => child.Id;

    public string WorkingDirectory { get; private init; } = "";

    /// <summary>Completes when the process was reaped and its end was reported.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Starts a runner.</summary>
    /// <param name="workingDirectory">Where it starts, and leaves its core; null: where we are.</param>
    /// <exception cref="ChildStartException">The system refused.</exception>
    public static RunnerProcess Start(
        string path,
        IReadOnlyList<string> environment,
        IRunnerEvents events,
        TimeProvider time,
        RunnerFences fences,
        string? workingDirectory = null
    )
    {
        var mark = RunnerMark.Next();
        var (inRead, inWrite) = Pipes.Create();
        var (outRead, outWrite) = Pipes.Create();
        var (errRead, errWrite) = Pipes.Create();
        var (progRead, progWrite) = Pipes.Create();
        using (inRead)
        using (outWrite)
        using (errWrite)
        using (progWrite)
        {
            var started = ChildProcess.Start(
                new ChildStart
                {
                    Path = path,
                    Arguments = [path],
                    Environment = [.. environment, $"{PluginEnvironment.Runner}={mark}"],
                    WorkingDirectory = workingDirectory,
                    Descriptors = [new(0, inRead), new(1, outWrite), new(2, errWrite), new(3, progWrite)],
                }
            );
            var runner = new RunnerProcess(
                started,
                Pipes.OpenWrite(inWrite),
                Pipes.OpenRead(outRead),
                Pipes.OpenRead(errRead),
                Pipes.OpenRead(progRead),
                events,
                time,
                fences,
                mark
            )
            {
                WorkingDirectory = workingDirectory ?? "",
            };
            runner.Enter();
            runner.Completion = runner.RunAsync();
            return runner;
        }
    }

    // The core writes while the readers below may find that the process is gone: what is written then is dropped, the end is reported.
    private readonly Lock writing = new();
    private bool closed;

    public void Queue(in RunCommand command)
    {
        lock (writing)
        {
            if (!closed)
            {
                FrameWriter.WriteRun(commands.Writer, command);
            }
        }
    }

    public void Flush()
    {
        lock (writing)
        {
            if (!closed)
            {
                // Never waits: the pipe has no threshold. What can pile up is bounded by what the core hands to one runner.
                var flush = commands.Writer.FlushAsync();
                System.Diagnostics.Debug.Assert(flush.IsCompleted, "a pipe without a threshold does not wait");
            }
        }
    }

    public void Execute(ExecCommand command, ReadOnlyMemory<byte> payload)
    {
        fences.Watch.Becomes(ProcessId, command.Handle);
        lock (writing)
        {
            payloadAfterExec = payload;
            if (!closed)
            {
                FrameWriter.WriteExec(commands.Writer, command);
            }
        }

        Flush();
    }

    public void Close()
    {
        lock (writing)
        {
            if (!closed)
            {
                closed = true;
                commands.Writer.Complete();
            }
        }
    }

    public void Signal(int signal)
    {
        child.SignalGroup(signal);
        if (signal == Signals.Kill)
        {
            KillGroup();
        }
    }

    private async Task RunAsync()
    {
        var sending = WriteAsync();
        var noise = OrKillAsync(() => ReadLinesAsync(errors, ReportLine, ReportLines));
        var reports = OrKillAsync(ReadProgressAsync);
        var result = OrKillAsync(ReadFramesAsync);
        var end = await child.Ended;
        ReadOnlyMemory<byte> written = default;
        try
        {
            await LeaveAsync();
            var leftovers = Task.WhenAll(noise, reports, result);
            await ReadOutAsync(leftovers);
            Close();
            input.Dispose();
            output.Dispose();
            errors.Dispose();
            progress.Dispose();
            await Task.WhenAll(sending, leftovers);
            written = await result;
        }
        catch (Exception e)
        {
            // A fault of ours. What the process did is not known whole, so it must not pass for a success.
            end = end with
            {
                ExitCode = null,
                Signal = Signals.Kill,
            };
            events.Faulted(this, e);
        }
        finally
        {
            // Whatever happened: a slot whose runner's end is not heard of would stay taken for ever.
            events.Ended(this, end, written);
        }
    }

    // Nobody reads on after a fault: the process would wait for ever with a full pipe.
    private async Task<T> OrKillAsync<T>(Func<Task<T>> reading)
    {
        try
        {
            return await reading();
        }
        catch (Exception)
        {
            Signal(Signals.Kill);
            throw;
        }
    }

    private async Task WriteAsync()
    {
        var reader = commands.Reader;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync();
                foreach (var segment in read.Buffer)
                {
                    await input.WriteAsync(segment);
                }

                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The process is gone; its end is reported by the one who waits for it.
        }
        finally
        {
            await reader.CompleteAsync();
            if (!Volatile.Read(ref executing))
            {
                input.Dispose();
            }
        }
    }

    /// <summary>Reads frames, then, after Becoming, the program's raw output; returns that.</summary>
    private async Task<ReadOnlyMemory<byte>> ReadFramesAsync()
    {
        var reader = new FrameReader();
        var reports = new List<SlotReport>();
        var brake = new Brake(this);
        try
        {
            while (true)
            {
                var count = await output.ReadAsync(reader.GetMemory());
                if (count == 0)
                {
                    return default;
                }

                reader.Advance(count);
                var becoming = TakeFrames(reader, reports, out var broken);
                if (reports.Count > 0)
                {
                    events.Reports(this, reports);
                    reports = [];
                }

                if (broken)
                {
                    // Not our protocol: the process is not what it should be.
                    Signal(Signals.Kill);
                    return default;
                }

                if (becoming && serving is { } session)
                {
                    await ReadServedAsync(session, reader.Unread.ToArray());
                    return default;
                }

                if (becoming)
                {
                    return await ReadResultAsync(reader.Unread.ToArray());
                }

                await brake.AfterAsync(count);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return default;
        }
    }

    private static bool TakeFrames(FrameReader reader, List<SlotReport> reports, out bool broken)
    {
        while (true)
        {
            var result = reader.TryRead(out var frame);
            broken = result == FrameResult.Invalid;
            if (result != FrameResult.Frame)
            {
                return false;
            }

            if (!RunnerReport.TryRead(frame, out var report))
            {
                broken = true;
                return false;
            }

            reports.Add(
                new SlotReport
                {
                    Kind = report.Kind,
                    Handle = report.Handle,
                    RunMicros = report.RunMicros,
                    Retryable = report.Retryable,
                    Fraction = report.Fraction,
                    Level = report.Level,
                    Text = Text(report.Text),
                    Code = Text(report.Code),
                    Result = report.Result.IsEmpty ? ByteString.Empty : ByteString.CopyFrom(report.Result),
                }
            );
            if (report.Kind == FrameKind.Becoming)
            {
                return true;
            }
        }
    }

    private static string Text(ReadOnlySpan<byte> utf8) => utf8.IsEmpty ? "" : System.Text.Encoding.UTF8.GetString(utf8);

    private async Task<ReadOnlyMemory<byte>> ReadResultAsync(byte[] first)
    {
        // The command pipe is now the program's standard input.
        Volatile.Write(ref executing, true);
        Close();
        var feeding = FeedAsync();
        using var result = new MemoryStream();
        result.Write(first);
        var buffer = new byte[16 * 1024];
        var told = false;
        try
        {
            while (await output.ReadAsync(buffer) is var count and > 0)
            {
                if (result.Length + count <= ProtocolLimits.MaxResultBytes)
                {
                    result.Write(buffer, 0, count);
                }
                else if (!told)
                {
                    told = true;
                    events.Violated(this, Catalogue.ResultTooLarge, "The program wrote more than 1,048,576 bytes to its standard output");
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed by us after the program had ended, because somebody that it started holds the pipe: what it wrote is here.
        }

        await feeding;
        return result.ToArray();
    }

    private async Task FeedAsync()
    {
        try
        {
            await input.WriteAsync(payloadAfterExec);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // A program need not read its payload.
        }
        finally
        {
            input.Dispose();
        }
    }

    private readonly List<string> lines = [];

    private void ReportLine(string line) => lines.Add(line);

    private void ReportLines()
    {
        if (lines.Count > 0)
        {
            events.Lines(this, [.. lines]);
            lines.Clear();
        }
    }

    private async Task<bool> ReadProgressAsync()
    {
        var reports = new List<SlotReport>();
        await ReadLinesAsync(
            progress,
            line =>
            {
                if (SideLine.TryParse(line, out var report))
                {
                    reports.Add(report);
                }
            },
            () =>
            {
                if (reports.Count > 0)
                {
                    events.Reports(this, [.. reports]);
                    reports.Clear();
                }
            }
        );
        return true;
    }

    private async Task<bool> ReadLinesAsync(PipeStream stream, Action<string> line, Action batch)
    {
        var splitter = new LineSplitter(ProtocolLimits.MaxTextBytes);
        var buffer = new byte[8 * 1024];
        var brake = new Brake(this);
        try
        {
            while (await stream.ReadAsync(buffer) is var count and > 0)
            {
                splitter.Add(buffer.AsSpan(0, count), line);
                batch();
                await brake.AfterAsync(count);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed by us after the process had ended.
        }

        splitter.End(line);
        batch();
        return true;
    }
}
