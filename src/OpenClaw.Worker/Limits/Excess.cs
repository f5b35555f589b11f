using System.Globalization;
using OpenClaw.Abi;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Worker.Limits;

/// <summary>Which limit was exceeded.</summary>
internal enum ExcessKind
{
    /// <summary>The attempt's own memory. Bytes.</summary>
    Memory,

    /// <summary>The memory of the worker with everything it runs: the attempt that held most is ended. Bytes.</summary>
    WorkerMemory,

    /// <summary>Milliseconds of processor time.</summary>
    Cpu,

    /// <summary>Processes and threads.</summary>
    Processes,

    /// <summary>Bytes of one file.</summary>
    FileSize,

    /// <summary>Bytes in the output directory.</summary>
    Output,
}

/// <summary>A limit that was exceeded.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Handle">The attempt that ran; 0: none did, and the process that waits for the next one is too large.</param>
/// <param name="Used">What was used, in the unit of the kind.</param>
/// <param name="Allowed">The limit.</param>
internal readonly record struct Excess(ExcessKind Kind, ulong Handle, long Used, long Allowed)
{
    /// <summary>Of <see cref="ExcessKind.WorkerMemory"/>: what the attempt that was chosen held of it.</summary>
    public long Share { get; init; }

    public ErrorEntry Entry =>
        Kind switch
        {
            ExcessKind.Cpu => Catalogue.CpuExhaust,
            ExcessKind.Processes => Catalogue.ProcessExhaust,
            ExcessKind.FileSize => Catalogue.FileTooLarge,
            ExcessKind.Output => Catalogue.OutputExhaust,
            _ => Catalogue.MemoryExhaust,
        };

    /// <summary>Whose limit it is, as failures carry it.</summary>
    public string Scope => Kind == ExcessKind.WorkerMemory ? "worker" : "task";

    /// <summary>The sentence of the failure.</summary>
    public string Message(TaskHandler handler, AttemptLimits limits)
    {
        var name = handler.Path.Length > 0 ? Path.GetFileName(handler.Path) : handler.Type;
        return Kind switch
        {
            ExcessKind.Memory =>
                $"{name} held {ByteSize.Text(Used)} of the {ByteSize.Text(Allowed)} that {Source(limits.Memory)} allows, and was ended",
            ExcessKind.WorkerMemory =>
                $"The worker with all its tasks held {ByteSize.Text(Used)} of the {ByteSize.Text(Allowed)} that it may, and {name}, which held most ({ByteSize.Text(Share)}), was ended",
            ExcessKind.Cpu =>
                $"{name} used {Seconds(Used)} s of processor time of the {Seconds(Allowed)} s that {Source(limits.Cpu)} allows, and was ended",
            ExcessKind.Processes =>
                $"{name} had {Used:N0} processes and threads of the {Allowed:N0} that {Source(limits.Processes)} allows, and was ended",
            ExcessKind.FileSize =>
                $"{name} wrote a file of more than the {ByteSize.Text(Allowed)} that {Source(limits.FileSize)} allows, and was ended",
            _ =>
                $"{name} left {ByteSize.Text(Used)} in its output directory of the {ByteSize.Text(Allowed)} that {Source(limits.Output)} allows, and was ended",
        };
    }

    /// <summary>What to do about it.</summary>
    public string NextStep(AttemptLimits limits) =>
        Kind switch
        {
            ExcessKind.Memory => $"Raise {Source(limits.Memory)}, or process the input in parts",
            ExcessKind.WorkerMemory => "Give the worker more memory (--max-mem), fewer slots, or each task a limit",
            ExcessKind.Cpu => $"Raise {Source(limits.Cpu)}",
            ExcessKind.Processes => $"Raise {Source(limits.Processes)}",
            ExcessKind.FileSize => $"Raise {Source(limits.FileSize)}",
            _ => $"Raise {Source(limits.Output)}",
        };

    private static string Source<T>(Limit<T>? limit) => limit?.Source ?? "its limit";

    private static string Seconds(long milliseconds) => (milliseconds / 1000.0).ToString("0.##", CultureInfo.InvariantCulture);
}
