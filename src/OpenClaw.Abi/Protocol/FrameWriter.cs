using System.Buffers;
using System.Text;

namespace OpenClaw.Abi.Protocol;

/// <summary>
/// Writes frames. Texts over <see cref="ProtocolLimits.MaxTextBytes"/> are cut; payloads and results over their limit are the
/// caller's error and throw. Stateless; a writer of bytes has one owner.
/// </summary>
public static class FrameWriter
{
    /// <exception cref="ArgumentOutOfRangeException">The payload is over <see cref="ProtocolLimits.MaxPayloadBytes"/>.</exception>
    public static void WriteRun(IBufferWriter<byte> output, in RunCommand command)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(command.Payload.Length, ProtocolLimits.MaxPayloadBytes, nameof(command));
        var size =
            8
            + WireWriter.SizeOf(command.TaskId)
            + 4
            + 1
            + WireWriter.SizeOf(command.Type)
            + WireWriter.SizeOf(command.Path)
            + WireWriter.SizeOf(command.Function)
            + WireWriter.SizeOf(command.Version)
            + WireWriter.SizeOf(command.Payload.Span)
            + WireWriter.SizeOf(command.OutputDirectory);
        var writer = WireWriter.Open(output, FrameKind.Run, size);
        writer.UInt64(command.Handle);
        writer.Text(command.TaskId);
        writer.Int32(command.Attempt);
        writer.Byte((byte)command.Handler);
        writer.Text(command.Type);
        writer.Text(command.Path);
        writer.Text(command.Function);
        writer.Text(command.Version);
        writer.Bytes(command.Payload.Span);
        writer.Text(command.OutputDirectory);
        writer.Close(output);
    }

    public static void WriteExec(IBufferWriter<byte> output, ExecCommand command)
    {
        var size =
            8
            + WireWriter.SizeOf(command.TaskId)
            + 4
            + WireWriter.SizeOf(command.Type)
            + WireWriter.SizeOf(command.Path)
            + SizeOf(command.Arguments)
            + SizeOf(command.Environment)
            + WireWriter.SizeOf(command.WorkingDirectory)
            + ProcessLimits.WireBytes;
        var writer = WireWriter.Open(output, FrameKind.Exec, size);
        writer.UInt64(command.Handle);
        writer.Text(command.TaskId);
        writer.Int32(command.Attempt);
        writer.Text(command.Type);
        writer.Text(command.Path);
        Write(ref writer, command.Arguments);
        Write(ref writer, command.Environment);
        writer.Text(command.WorkingDirectory);
        command.Limits.Write(ref writer);
        writer.Close(output);
    }

    /// <summary>Null when the body is not a whole Exec command.</summary>
    public static ExecCommand? ReadExec(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var command = new ExecCommand
        {
            Handle = reader.UInt64(),
            TaskId = Encoding.UTF8.GetString(reader.Bytes()),
            Attempt = reader.Int32(),
            Type = Encoding.UTF8.GetString(reader.Bytes()),
            Path = Encoding.UTF8.GetString(reader.Bytes()),
            Arguments = reader.Texts(),
            Environment = reader.Texts(),
            WorkingDirectory = Encoding.UTF8.GetString(reader.Bytes()),
            Limits = ProcessLimits.Read(ref reader),
        };
        return reader.Complete ? command : null;
    }

    public static void WriteReady(IBufferWriter<byte> output, int processId)
    {
        var writer = WireWriter.Open(output, FrameKind.Ready, 8);
        writer.Int32(ProtocolLimits.Version);
        writer.Int32(processId);
        writer.Close(output);
    }

    public static void WriteStarted(IBufferWriter<byte> output, ulong handle) => WriteHandle(output, FrameKind.Started, handle);

    public static void WriteBecoming(IBufferWriter<byte> output, ulong handle) => WriteHandle(output, FrameKind.Becoming, handle);

    /// <param name="fraction">0 to 1, or -1 when unknown.</param>
    /// <param name="message">UTF-8.</param>
    public static void WriteProgress(IBufferWriter<byte> output, ulong handle, double fraction, ReadOnlySpan<byte> message)
    {
        message = WireWriter.Cut(message);
        var writer = WireWriter.Open(output, FrameKind.Progress, 8 + 8 + WireWriter.SizeOf(message));
        writer.UInt64(handle);
        writer.Double(fraction);
        writer.Bytes(message);
        writer.Close(output);
    }

    /// <param name="text">UTF-8.</param>
    public static void WriteLog(IBufferWriter<byte> output, ulong handle, TaskLogLevel level, ReadOnlySpan<byte> text)
    {
        text = WireWriter.Cut(text);
        var writer = WireWriter.Open(output, FrameKind.Log, 8 + 1 + WireWriter.SizeOf(text));
        writer.UInt64(handle);
        writer.Byte((byte)level);
        writer.Bytes(text);
        writer.Close(output);
    }

    /// <param name="result">JSON.</param>
    /// <exception cref="ArgumentOutOfRangeException">The result is over <see cref="ProtocolLimits.MaxResultBytes"/>.</exception>
    public static void WriteSucceeded(IBufferWriter<byte> output, ulong handle, long runMicros, ReadOnlySpan<byte> result)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(result.Length, ProtocolLimits.MaxResultBytes, nameof(result));
        var writer = WireWriter.Open(output, FrameKind.Succeeded, 8 + 8 + WireWriter.SizeOf(result));
        writer.UInt64(handle);
        writer.Int64(runMicros);
        writer.Bytes(result);
        writer.Close(output);
    }

    public static void WriteFailed(
        IBufferWriter<byte> output,
        ulong handle,
        string code,
        ReadOnlySpan<byte> message,
        bool retryable,
        long runMicros
    )
    {
        message = WireWriter.Cut(message);
        var writer = WireWriter.Open(output, FrameKind.Failed, 8 + 8 + 1 + WireWriter.SizeOf(code) + WireWriter.SizeOf(message));
        writer.UInt64(handle);
        writer.Int64(runMicros);
        writer.Byte(retryable ? (byte)1 : (byte)0);
        writer.Text(code);
        writer.Bytes(message);
        writer.Close(output);
    }

    private static void WriteHandle(IBufferWriter<byte> output, FrameKind kind, ulong handle)
    {
        var writer = WireWriter.Open(output, kind, 8);
        writer.UInt64(handle);
        writer.Close(output);
    }

    private static int SizeOf(IReadOnlyList<string> texts)
    {
        var size = 4;
        foreach (var text in texts)
        {
            size += WireWriter.SizeOf(text);
        }
        return size;
    }

    private static void Write(ref WireWriter writer, IReadOnlyList<string> texts)
    {
        writer.Int32(texts.Count);
        foreach (var text in texts)
        {
            writer.Text(text);
        }
    }
}
