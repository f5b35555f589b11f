using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpenClaw.Abi.Crashes;

/// <summary>
/// What is known of a process that crashed. Collected by whoever started it, never by itself. What is not known is null: nothing here is
/// guessed. Its JSON form is kept on disk and with tasks: fields are added, never changed.
/// </summary>
public sealed record CrashReport
{
    /// <summary>The most frames of a backtrace, and the most characters of one.</summary>
    public const int MostFrames = 40;
    public const int MostFrameChars = 300;

    /// <summary>When it ended, unix milliseconds.</summary>
    public required long AtMs { get; init; }
    public required int Pid { get; init; }

    /// <summary>One of <see cref="Processes.CrashCause"/>.</summary>
    public required string Cause { get; init; }

    /// <summary>What ran: the path of a program, or <c>clw-worker</c>.</summary>
    public string? Program { get; init; }

    /// <summary>As a shell shows it: 139 for SIGSEGV.</summary>
    public int ExitCode { get; init; }

    /// <summary>The signal's number; null when none ended it.</summary>
    public int? Signal { get; init; }

    /// <summary>How the signal came about: <c>SEGV_MAPERR</c>.</summary>
    public string? SignalCode { get; init; }

    /// <summary>The address that it must not have touched, <c>0xdeadbeef</c>.</summary>
    public string? FaultAddress { get; init; }

    /// <summary>The process that sent the signal.</summary>
    public int? SentBy { get; init; }
    public string? Worker { get; init; }
    public long? Incarnation { get; init; }

    /// <summary>The task that it ran, its type and attempt; null for a program of ours.</summary>
    public string? Task { get; init; }
    public string? Type { get; init; }
    public int? Attempt { get; init; }

    /// <summary>The hash of the plugin.</summary>
    public string? PluginVersion { get; init; }

    /// <summary>The largest resident size of the process in its life, tasks before this one included.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Time on the processor that the process took in its life, in user code and in the kernel.</summary>
    public long? UserMicros { get; init; }
    public long? SystemMicros { get; init; }

    /// <summary>How long the task ran, or the program lived.</summary>
    public long? WallMicros { get; init; }

    /// <summary>Where the core is.</summary>
    public string? CorePath { get; init; }
    public long? CoreBytes { get; init; }

    /// <summary>Why there is no core, or what is wrong with it.</summary>
    public string? CoreNote { get; init; }

    /// <summary>The frames of the thread that crashed, innermost first, as gdb prints them.</summary>
    public IReadOnlyList<string>? Backtrace { get; init; }

    /// <summary>Why there is no backtrace.</summary>
    public string? BacktraceNote { get; init; }

    /// <summary>What failed by it: code and message of the task's failure.</summary>
    public string? Code { get; init; }
    public string? Message { get; init; }

    /// <summary>The last lines of the task, oldest first.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>The guide's sentence: <c>Exit code: 139, Signal: 11 (SIGSEGV at 0xdeadbeef)</c>.</summary>
    [JsonIgnore]
    public string Sentence =>
        Signal is { } signal
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Exit code: {ExitCode}, Signal: {signal} ({Processes.Signals.Name(signal)}{(FaultAddress is { } at ? $" at {at}" : "")})"
            )
            : string.Create(CultureInfo.InvariantCulture, $"Exit code: {ExitCode}, Signal: none");

    /// <summary>Adds what the core says.</summary>
    public CrashReport With(CoreFile core) =>
        this with
        {
            Program = core.Program ?? Program,
            SignalCode = SignalCodes.Name(core.Signal, core.SignalCode),
            FaultAddress = core.FaultAddress is { } at ? string.Create(CultureInfo.InvariantCulture, $"0x{at:x}") : null,
            SentBy = core.SentBy,
        };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, CrashJson.Default.CrashReport);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for anything else.</summary>
    public static CrashReport? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, CrashJson.Default.CrashReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Names of si_code, as sigaction(2) lists them.</summary>
public static class SignalCodes
{
    /// <summary>Null for one without a name.</summary>
    public static string? Name(int signal, int code) =>
        (signal, code) switch
        {
            (_, 0) => "SI_USER",
            (_, -6) => "SI_TKILL",
            (_, -1) => "SI_QUEUE",
            (_, 0x80) => "SI_KERNEL",
            (4, 1) => "ILL_ILLOPC",
            (4, 2) => "ILL_ILLOPN",
            (7, 1) => "BUS_ADRALN",
            (7, 2) => "BUS_ADRERR",
            (7, 3) => "BUS_OBJERR",
            (8, 1) => "FPE_INTDIV",
            (8, 3) => "FPE_FLTDIV",
            (11, 1) => "SEGV_MAPERR",
            (11, 2) => "SEGV_ACCERR",
            (11, 3) => "SEGV_BNDERR",
            (11, 4) => "SEGV_PKUERR",
            _ => null,
        };
}

[JsonSerializable(typeof(CrashReport))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
internal sealed partial class CrashJson : JsonSerializerContext;
