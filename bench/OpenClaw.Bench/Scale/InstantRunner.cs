using Google.Protobuf;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Worker.Limits;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Bench.Scale;

/// <summary>Stands for a process that runs tasks: each is done as soon as it is given. What a thousand real processes cost is not the question here.</summary>
internal sealed class InstantRunner(int id, Action<InstantRunner, IReadOnlyList<SlotReport>> report, Action<InstantRunner> ended) : IRunner
{
    private static readonly ByteString Nothing = ByteString.CopyFromUtf8("null");
    private readonly List<SlotReport> reports = [];

    public int ProcessId { get; } = id;

    public void Queue(in RunCommand command)
    {
        reports.Add(new SlotReport { Kind = FrameKind.Started, Handle = command.Handle });
        reports.Add(
            new SlotReport
            {
                Kind = FrameKind.Succeeded,
                Handle = command.Handle,
                RunMicros = 1,
                Text = "",
                Code = "",
                Result = Nothing,
            }
        );
    }

    public void Flush()
    {
        if (reports.Count > 0)
        {
            report(this, [.. reports]);
            reports.Clear();
        }
    }

    public void Close() => ended(this);

    public void Signal(int signal) => ended(this);

    public string Mark => "";

    // It holds nothing.
    public void Guard(TaskGuard? guard) { }

    public void Execute(ExecCommand command, ReadOnlyMemory<byte> payload) => throw new NotSupportedException("No programs here.");

    public void Serve(ExecCommand command, TimeSpan helloWithin) => throw new NotSupportedException("No programs here.");

    public void Give(in ServeTask task) => throw new NotSupportedException("No programs here.");

    public bool Cancel(ulong handle) => throw new NotSupportedException("No programs here.");
}
