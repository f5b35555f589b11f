using System.Buffers;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Runner.Lua;

namespace OpenClaw.Runner;

/// <summary>
/// The runner's end of the two pipes to its worker. Reports are gathered and written together by <see cref="Flush"/>. One thread.
/// </summary>
internal sealed class WorkerChannel : ILuaHost, IDisposable
{
    private const int FlushAtBytes = 64 << 10;
    private const int KeptBytes = 1 << 20;

    private readonly SafeFileHandle input;
    private readonly SafeFileHandle output;
    private readonly FrameReader reader = new();

    // Grows to FlushAtBytes where tasks come one behind the other; a fresh process for a task writes little.
    private ArrayBufferWriter<byte> pending = new(1024);

    private WorkerChannel(SafeFileHandle input, SafeFileHandle output)
    {
        this.input = input;
        this.output = output;
    }

    /// <summary>The task that log and progress belong to.</summary>
    public ulong Handle { get; set; }

    public FrameReader Reader => reader;

    /// <summary>
    /// Takes the protocol off the standard descriptors: a script that reads its standard input finds nothing, and what it or a
    /// library prints goes to the log, not between the frames.
    /// </summary>
    public static WorkerChannel TakeStandardStreams()
    {
        var commands = Descriptors.Duplicate(0);
        var reports = Descriptors.Duplicate(1);
        using (var nothing = File.OpenHandle("/dev/null"))
        {
            Descriptors.Redirect(nothing, 0);
        }
        Descriptors.Redirect(2, 1);
        return new WorkerChannel(commands, reports);
    }

    /// <summary>Puts the pipes back to where a program that we become expects them.</summary>
    public void GiveStandardStreamsBack()
    {
        Descriptors.Redirect(input, 0);
        Descriptors.Redirect(output, 1);
    }

    /// <summary>Blocks for more commands. False when the worker closed its end.</summary>
    public bool Receive()
    {
        var count = Descriptors.Read(input, reader.GetMemory().Span);
        reader.Advance(count);
        return count > 0;
    }

    public void Ready()
    {
        FrameWriter.WriteReady(pending, Environment.ProcessId);
        Flush();
    }

    public void Started() => FrameWriter.WriteStarted(pending, Handle);

    public void Becoming() => FrameWriter.WriteBecoming(pending, Handle);

    public void Succeeded(long micros, ReadOnlySpan<byte> result)
    {
        FrameWriter.WriteSucceeded(pending, Handle, micros, result);
        FlushWhenLarge();
    }

    public void Failed(string code, ReadOnlySpan<byte> message, bool retryable, long micros)
    {
        FrameWriter.WriteFailed(pending, Handle, code, message, retryable, micros);
        FlushWhenLarge();
    }

    /// <summary>Written at once: should the task end the process with its next step, its last lines are known.</summary>
    public void Log(TaskLogLevel level, ReadOnlySpan<byte> text)
    {
        FrameWriter.WriteLog(pending, Handle, level, text);
        Flush();
    }

    public void Progress(double fraction, ReadOnlySpan<byte> message)
    {
        FrameWriter.WriteProgress(pending, Handle, fraction, message);
        Flush();
    }

    /// <summary>Writes out what was gathered. Ends the process when nobody is there to read it.</summary>
    public void Flush()
    {
        if (pending.WrittenCount == 0)
        {
            return;
        }
        if (!Descriptors.WriteAll(output, pending.WrittenSpan))
        {
            Environment.Exit(ExitCodes.Ok);
        }
        pending.ResetWrittenCount();
        if (pending.Capacity > KeptBytes)
        {
            pending = new ArrayBufferWriter<byte>(FlushAtBytes);
        }
    }

    private void FlushWhenLarge()
    {
        if (pending.WrittenCount >= FlushAtBytes)
        {
            Flush();
        }
    }

    public void Dispose()
    {
        input.Dispose();
        output.Dispose();
    }
}
