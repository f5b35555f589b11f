using OpenClaw.Worker.Plugins;

namespace OpenClaw.Worker.Limits;

/// <summary>A limit and who set it.</summary>
/// <param name="Value">The most that is allowed.</param>
/// <param name="Source">Where it can be changed, for people: <c>max_memory in its manifest</c>.</param>
internal readonly record struct Limit<T>(T Value, string Source);

/// <summary>
/// What one attempt may use, and who says so: the one place that a worker and a trial ask. A plugin's manifest counts before the
/// worker's settings, and nothing counts beyond what the worker itself may have. Null: there is no limit.
/// </summary>
internal sealed record AttemptLimits
{
    /// <summary>What a process alone may take at once, beyond looking: twice its limit, and never less than a program needs to start.</summary>
    private const long LeastFuse = 1L << 30;

    /// <summary>RLIMIT_CPU counts from the process' start, when it was still a runner of ours.</summary>
    private const long RunnersOwnSeconds = 1;

    /// <summary>Bytes.</summary>
    public Limit<long>? Memory { get; init; }

    public Limit<TimeSpan>? Cpu { get; init; }

    /// <summary>Processes and threads.</summary>
    public Limit<int>? Processes { get; init; }

    public Limit<long>? OpenFiles { get; init; }

    /// <summary>Bytes of one file.</summary>
    public Limit<long>? FileSize { get; init; }

    /// <summary>Bytes in the output directory.</summary>
    public Limit<long>? Output { get; init; }

    public double? Cpus { get; init; }

    public int OomScore { get; init; }

    public long CoreBytes { get; init; }

    public static AttemptLimits Of(TaskHandler handler, WorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(options);
        var own = handler.Manifest;
        return new AttemptLimits
        {
            Memory = Least(
                Choose(own.MaxMemoryBytes, "max_memory in its manifest", options.MaxTaskMemoryBytes, "max_memory_gb under [task]"),
                options.MaxMemoryBytes is { } all ? new Limit<long>(all, "max_memory under [worker] (--max-mem)") : null
            ),
            Cpu = Choose(own.MaxCpu, "max_cpu in its manifest", options.MaxCpu, "max_cpu_sec under [task]"),
            Processes = Choose(own.MaxProcesses, "max_processes in its manifest", options.MaxProcesses, "max_processes under [task]"),
            OpenFiles = Choose(own.MaxOpenFiles, "max_open_files in its manifest", options.MaxTaskOpenFiles, "max_open_files under [task]"),
            FileSize = Choose(own.MaxFileSize, "max_file_size in its manifest", options.MaxFileSize, "max_file_size under [task]"),
            Output = Choose(own.MaxOutput, "max_output in its manifest", options.MaxOutput, "max_output under [task]"),
            Cpus = options.MaxCpus,
            OomScore = own.OomScore ?? options.OomScore,
            CoreBytes = options.CoreBytes,
        };
    }

    /// <summary>What the kernel holds against a program: it is set right before the program begins.</summary>
    /// <param name="isServing">One process for many tasks: what counts over its whole life cannot be the limit of one.</param>
    public Abi.Protocol.ProcessLimits OfProgram(bool isServing) =>
        new()
        {
            OpenFiles = OpenFiles?.Value,
            CoreBytes = CoreBytes,
            OomScoreAdjust = OomScore == 0 ? null : OomScore,
            // Address space that is reserved and not used must stay free (RLIMIT_AS would count it), and what is looked at is exact:
            // this one keeps a process from taking the machine between two looks.
            DataBytes = Memory is { } memory
                ? Math.Max(LeastFuse, memory.Value > long.MaxValue / 2 ? long.MaxValue : memory.Value * 2)
                : null,
            FileBytes = FileSize?.Value,
            CpuSeconds = isServing ? null : (long?)Cpu?.Value.Add(TimeSpan.FromSeconds(RunnersOwnSeconds + 1)).TotalSeconds,
        };

    private static Limit<T>? Choose<T>(T? own, string ownSource, T? ofSettings, string source)
        where T : struct =>
        own is { } first ? new Limit<T>(first, ownSource)
        : ofSettings is { } second ? new Limit<T>(second, source)
        : null;

    private static Limit<long>? Least(Limit<long>? one, Limit<long>? other) =>
        one is null ? other
        : other is null || one.Value.Value <= other.Value.Value ? one
        : other;
}
