using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpenClaw.Core.Tasks;

/// <summary>Why an attempt failed, as it is kept with the task and shown to people. Its JSON form is stored: fields are added, never changed.</summary>
public sealed record TaskFailure
{
    /// <summary>A code of the catalogue.</summary>
    public required string Code { get; init; }

    /// <summary>One line or a few: what the handler or the worker said.</summary>
    public required string Message { get; init; }

    /// <summary>The process' exit code by the shell's convention (139 = SIGSEGV), when a process ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal's name, such as <c>SIGSEGV</c>, when one ended the process.</summary>
    public string? Signal { get; init; }

    /// <summary>Peak resident memory of the process, in bytes.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Where a core was kept.</summary>
    public string? CorePath { get; init; }

    /// <summary>The last lines that the task wrote, oldest first, at most <see cref="TaskLimits.MaxLastLines"/>.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>The worker and its incarnation's process, for the reader of logs.</summary>
    public string? Worker { get; init; }

    /// <summary>Why its process crashed, one of <see cref="OpenClaw.Abi.Processes.CrashCause"/>; null when it did not.</summary>
    public string? Cause { get; init; }

    /// <summary>What is known of the process that crashed, or was ended for its time; of no other.</summary>
    public OpenClaw.Abi.Crashes.CrashReport? Crash { get; init; }

    /// <summary>Whose limit was exceeded: <c>task</c>, <c>worker</c> or <c>queue</c>; null when none was.</summary>
    public string? Scope { get; init; }

    /// <summary>That limit, in bytes, milliseconds of processor time, or processes.</summary>
    public long? Allowed { get; init; }

    /// <summary>What was used of it, in the same unit.</summary>
    public long? Used { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TaskFailureJson.Default.TaskFailure);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for anything else.</summary>
    public static TaskFailure? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return json.IsEmpty ? null : JsonSerializer.Deserialize(json, TaskFailureJson.Default.TaskFailure);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(TaskFailure))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
internal sealed partial class TaskFailureJson : JsonSerializerContext;
