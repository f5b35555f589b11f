namespace OpenClaw.Worker.Limits;

/// <summary>What a runner's process and everything that it starts are watched for. Immutable.</summary>
internal sealed record TaskGuard
{
    /// <summary>What a runner of ours may hold itself while a script runs in it.</summary>
    public const long RunnersOwnBytes = 96L << 20;

    /// <summary>The attempt that runs; 0 between two tasks of a program that serves.</summary>
    public required ulong Handle { get; init; }

    /// <summary>The runner has become the plugin's program; else it is ours, and what it needs itself does not count.</summary>
    public required bool IsProgram { get; init; }

    /// <summary>Bytes; null: no limit.</summary>
    public long? MemoryBytes { get; init; }
    public TimeSpan? Cpu { get; init; }

    /// <summary>Processes and threads.</summary>
    public int? Processes { get; init; }
    public double? Cpus { get; init; }

    /// <summary>Bytes in the directory below.</summary>
    public long? OutputBytes { get; init; }
    public string OutputDirectory { get; init; } = "";

    public static TaskGuard Of(AttemptLimits limits, ulong handle, bool isProgram, string outputDirectory) =>
        new()
        {
            Handle = handle,
            IsProgram = isProgram,
            MemoryBytes = limits.Memory?.Value,
            Cpu = handle == 0 ? null : limits.Cpu?.Value,
            Processes = limits.Processes?.Value,
            Cpus = limits.Cpus,
            OutputBytes = handle == 0 ? null : limits.Output?.Value,
            OutputDirectory = outputDirectory,
        };
}
