using System.Globalization;

namespace OpenClaw.Abi.Protocol;

/// <summary>
/// Limits of a process that runs tasks. Null leaves what is inherited. Soft and hard limit are set alike, so that nothing inside can
/// raise them; a limit above the inherited hard limit is lowered to it.
/// </summary>
public sealed record ProcessLimits
{
    /// <summary>In the runner's environment: the limits that it sets for itself at start, as <see cref="ToText"/> writes them.</summary>
    public const string Variable = "OPENCLAW_RUNNER_LIMITS";

    public static ProcessLimits None { get; } = new();

    /// <summary>Open descriptors (RLIMIT_NOFILE).</summary>
    public long? OpenFiles { get; init; }

    /// <summary>Bytes of a core file (RLIMIT_CORE); 0: none.</summary>
    public long? CoreBytes { get; init; }

    /// <summary>Processes and threads of this user (RLIMIT_NPROC). Not held against root.</summary>
    public long? Processes { get; init; }

    /// <summary>Bytes of private writable memory (RLIMIT_DATA).</summary>
    public long? DataBytes { get; init; }

    /// <summary>-1000 to 1000: how readily the kernel ends the process for lack of memory. Linux only; lowering it needs privilege.</summary>
    public int? OomScoreAdjust { get; init; }

    /// <summary>Bytes that one Lua task may hold when nothing else is said: 256 MiB.</summary>
    public const long DefaultLuaBytes = 256L << 20;

    /// <summary>Bytes that one Lua task may hold; null: <see cref="DefaultLuaBytes"/>. Held by the runner itself, not by the kernel.</summary>
    public long? LuaBytes { get; init; }

    /// <summary>Seconds of processor time of one process (RLIMIT_CPU): then SIGXCPU, five seconds later SIGKILL.</summary>
    public long? CpuSeconds { get; init; }

    /// <summary>Bytes of the largest file that is written (RLIMIT_FSIZE): beyond it SIGXFSZ.</summary>
    public long? FileBytes { get; init; }

    internal const int WireBytes = 8 * 8;

    internal void Write(ref WireWriter writer)
    {
        foreach (
            var value in (ReadOnlySpan<long?>)[OpenFiles, CoreBytes, Processes, DataBytes, OomScoreAdjust, LuaBytes, CpuSeconds, FileBytes]
        )
        {
            writer.Int64(value ?? long.MinValue);
        }
    }

    internal static ProcessLimits Read(ref WireReader reader) =>
        new()
        {
            OpenFiles = Next(ref reader),
            CoreBytes = Next(ref reader),
            Processes = Next(ref reader),
            DataBytes = Next(ref reader),
            OomScoreAdjust = (int?)Next(ref reader),
            LuaBytes = Next(ref reader),
            CpuSeconds = Next(ref reader),
            FileBytes = Next(ref reader),
        };

    private static long? Next(ref WireReader reader) => reader.Int64() is var value && value == long.MinValue ? null : value;

    /// <summary><c>nofile=1024,core=0,nproc=64,data=1048576,oom=500,lua=268435456,cpu=60,fsize=1048576</c>; only what is set.</summary>
    public string ToText()
    {
        var parts = new List<string>(8);
        Add("nofile", OpenFiles);
        Add("core", CoreBytes);
        Add("nproc", Processes);
        Add("data", DataBytes);
        Add("oom", OomScoreAdjust);
        Add("lua", LuaBytes);
        Add("cpu", CpuSeconds);
        Add("fsize", FileBytes);
        return string.Join(',', parts);

        void Add(string name, long? value)
        {
            if (value is { } number)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={number}"));
            }
        }
    }

    /// <summary>Reads what <see cref="ToText"/> writes. Null when it is anything else.</summary>
    public static ProcessLimits? FromText(string text)
    {
        var limits = None;
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (
                equals < 0
                || !long.TryParse(part.AsSpan(equals + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            )
            {
                return null;
            }
            limits = part[..equals] switch
            {
                "nofile" when value > 0 => limits with { OpenFiles = value },
                "core" when value >= 0 => limits with { CoreBytes = value },
                "nproc" when value > 0 => limits with { Processes = value },
                "data" when value > 0 => limits with { DataBytes = value },
                "oom" when value is >= -1000 and <= 1000 => limits with { OomScoreAdjust = (int)value },
                "lua" when value > 0 => limits with { LuaBytes = value },
                "cpu" when value > 0 => limits with { CpuSeconds = value },
                "fsize" when value > 0 => limits with { FileBytes = value },
                _ => null,
            };
            if (limits is null)
            {
                return null;
            }
        }
        return limits;
    }
}
