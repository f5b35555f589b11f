namespace OpenClaw.Abi.Protocol;

/// <summary>
/// A report of a runner as the worker reads it. Which members mean something depends on <see cref="Kind"/>; the others are zero or
/// empty. Spans point into the reader's buffer.
/// </summary>
public readonly ref struct RunnerReport
{
    public FrameKind Kind { get; private init; }

    /// <summary>Of every kind but Ready.</summary>
    public ulong Handle { get; private init; }

    /// <summary>Ready: <see cref="ProtocolLimits.Version"/> of the runner.</summary>
    public int ProtocolVersion { get; private init; }

    /// <summary>Ready.</summary>
    public int ProcessId { get; private init; }

    /// <summary>Progress: 0 to 1, or -1 when unknown.</summary>
    public double Fraction { get; private init; }

    /// <summary>Log.</summary>
    public TaskLogLevel Level { get; private init; }

    /// <summary>UTF-8. Progress: message; Log: text; Failed: message.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    /// <summary>Failed: a code of the catalogue, UTF-8.</summary>
    public ReadOnlySpan<byte> Code { get; private init; }

    /// <summary>Failed: whether another attempt may help.</summary>
    public bool Retryable { get; private init; }

    /// <summary>Succeeded, Failed: microseconds in the handler.</summary>
    public long RunMicros { get; private init; }

    /// <summary>Succeeded: JSON.</summary>
    public ReadOnlySpan<byte> Result { get; private init; }

    /// <summary>False when the frame is no report, or not a whole one: the runner is broken and has to be ended.</summary>
    public static bool TryRead(Frame frame, out RunnerReport report)
    {
        var reader = new WireReader(frame.Body);
        var kind = frame.Kind;
        switch (kind)
        {
            case FrameKind.Ready:
                report = new RunnerReport
                {
                    Kind = kind,
                    ProtocolVersion = reader.Int32(),
                    ProcessId = reader.Int32(),
                };
                break;
            case FrameKind.Started:
            case FrameKind.Becoming:
                report = new RunnerReport { Kind = kind, Handle = reader.UInt64() };
                break;
            case FrameKind.Progress:
                report = new RunnerReport
                {
                    Kind = kind,
                    Handle = reader.UInt64(),
                    Fraction = reader.Double(),
                    Text = reader.Bytes(),
                };
                break;
            case FrameKind.Log:
                report = new RunnerReport
                {
                    Kind = kind,
                    Handle = reader.UInt64(),
                    Level = (TaskLogLevel)reader.Byte(),
                    Text = reader.Bytes(),
                };
                break;
            case FrameKind.Succeeded:
                report = new RunnerReport
                {
                    Kind = kind,
                    Handle = reader.UInt64(),
                    RunMicros = reader.Int64(),
                    Result = reader.Bytes(),
                };
                break;
            case FrameKind.Failed:
                report = new RunnerReport
                {
                    Kind = kind,
                    Handle = reader.UInt64(),
                    RunMicros = reader.Int64(),
                    Retryable = reader.Byte() != 0,
                    Code = reader.Bytes(),
                    Text = reader.Bytes(),
                };
                break;
            default:
                report = default;
                return false;
        }
        return reader.Complete;
    }
}
