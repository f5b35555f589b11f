using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OpenClaw.Client;

/// <summary>A task as the cluster keeps it, at the moment of the answer. Immutable. Times are the manager's, to a millisecond.</summary>
public sealed record TaskInfo
{
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>The id, <c>task-…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The type.</summary>
    public required string Type { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required TaskState State { get; init; }

    /// <summary>The project.</summary>
    public string Project { get; init; } = "default";

    /// <summary>The queue.</summary>
    public string Queue { get; init; } = "default";

    /// <summary>Higher first.</summary>
    public int Priority { get; init; }

    /// <summary>How often it was given to a worker.</summary>
    public int Attempt { get; init; }

    /// <summary>How often it ran again after an outcome that blames it.</summary>
    public int Retries { get; init; }

    /// <summary>How often it may.</summary>
    public int MaxRetries { get; init; }

    /// <summary>How often its worker was lost.</summary>
    public int Losses { get; init; }

    /// <summary>The worker that holds it, or held it last; null when none did.</summary>
    public string? Worker { get; init; }

    /// <summary>When it was stored.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a delayed task, or a retry, becomes ready; null when it is not waited for.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it was given to its worker.</summary>
    public DateTimeOffset? AssignedAt { get; init; }

    /// <summary>When its last attempt started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How long the last attempt ran, as its runner measured it, to a microsecond; null when it has not run to an end.</summary>
    public TimeSpan? RunTime { get; init; }

    /// <summary>How long one attempt may run; null: as long as the worker allows.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The idempotency key; null when it has none.</summary>
    public string? Key { get; init; }

    /// <summary>Never null.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>Who submitted it.</summary>
    public string SubmittedBy { get; init; } = "";

    /// <summary>The version of the plugin that was asked for; null for any.</summary>
    public string? PluginVersion { get; init; }

    /// <summary>Why it was cancelled; null when nobody said.</summary>
    public string? Reason { get; init; }

    /// <summary>Why its last attempt failed; null when it did not.</summary>
    public TaskFailure? Failure { get; init; }

    /// <summary>The latest progress that the running attempt told; null when it told none.</summary>
    public TaskProgress? Progress { get; init; }

    /// <summary>Whether it waits and no connected worker serves its type.</summary>
    public bool IsUnserved { get; init; }

    /// <summary>One JSON value in UTF-8. Empty in lists, which carry no payloads.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>One JSON value in UTF-8, when it succeeded; else empty. Empty in lists, which carry no results.</summary>
    public ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>A result that arrived after the task was cancelled; else empty.</summary>
    public ReadOnlyMemory<byte> LateResult { get; init; }

    /// <summary>Whether nothing more happens to it unless somebody retries it.</summary>
    public bool HasEnded => State.HasEnded();

    /// <summary>Whether it ended well.</summary>
    public bool Succeeded => State == TaskState.Succeeded;

    /// <summary>The result as text: JSON, or empty.</summary>
    public string ResultText => Encoding.UTF8.GetString(Result.Span);

    /// <summary>The payload as text: JSON, or empty.</summary>
    public string PayloadText => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>The result, by a source-generated context: ready for trimming and native AOT.</summary>
    /// <param name="typeInfo">How it is read, such as <c>MyContext.Default.MyResult</c>.</param>
    /// <typeparam name="T">What the result is.</typeparam>
    /// <returns>Default when there is no result, or when it is JSON's null.</returns>
    /// <exception cref="JsonException">The result is no <typeparamref name="T"/>.</exception>
    public T? ResultAs<T>(JsonTypeInfo<T> typeInfo) => Read(Result, typeInfo);

    /// <summary>The result.</summary>
    /// <param name="options">How it is read; null: <see cref="JsonSerializerOptions.Web"/>.</param>
    /// <typeparam name="T">What the result is.</typeparam>
    /// <returns>Default when there is no result, or when it is JSON's null.</returns>
    /// <exception cref="JsonException">The result is no <typeparamref name="T"/>.</exception>
    [RequiresUnreferencedCode(Reflection.Trimmed)]
    [RequiresDynamicCode(Reflection.Compiled)]
    public T? ResultAs<T>(JsonSerializerOptions? options = null) => Read<T>(Result, options);

    /// <summary>The payload, by a source-generated context: ready for trimming and native AOT.</summary>
    /// <param name="typeInfo">How it is read.</param>
    /// <typeparam name="T">What the payload is.</typeparam>
    /// <returns>Default when there is no payload, or when it is JSON's null.</returns>
    /// <exception cref="JsonException">The payload is no <typeparamref name="T"/>.</exception>
    public T? PayloadAs<T>(JsonTypeInfo<T> typeInfo) => Read(Payload, typeInfo);

    /// <summary>The payload.</summary>
    /// <param name="options">How it is read; null: <see cref="JsonSerializerOptions.Web"/>.</param>
    /// <typeparam name="T">What the payload is.</typeparam>
    /// <returns>Default when there is no payload, or when it is JSON's null.</returns>
    /// <exception cref="JsonException">The payload is no <typeparamref name="T"/>.</exception>
    [RequiresUnreferencedCode(Reflection.Trimmed)]
    [RequiresDynamicCode(Reflection.Compiled)]
    public T? PayloadAs<T>(JsonSerializerOptions? options = null) => Read<T>(Payload, options);

    private static T? Read<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> typeInfo) =>
        json.IsEmpty ? default : JsonSerializer.Deserialize(json.Span, typeInfo);

    [RequiresUnreferencedCode(Reflection.Trimmed)]
    [RequiresDynamicCode(Reflection.Compiled)]
    private static T? Read<T>(ReadOnlyMemory<byte> json, JsonSerializerOptions? options) =>
        json.IsEmpty ? default : JsonSerializer.Deserialize<T>(json.Span, options ?? JsonSerializerOptions.Web);
}

/// <summary>Why an attempt failed. Immutable.</summary>
public sealed record TaskFailure
{
    /// <summary>The code of the catalogue: <c>clw explain CODE</c>.</summary>
    public required string Code { get; init; }

    /// <summary>What failed, in the words of the handler where it has some.</summary>
    public required string Message { get; init; }

    /// <summary>The exit code of its process by the shell's convention (139: ended by SIGSEGV); null when it was not its end.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended its process, such as <c>SIGSEGV</c>; null when none did.</summary>
    public string? Signal { get; init; }

    /// <summary>
    /// Why its process crashed: segfault, abort, out_of_memory, killed, signal, configuration, library, exit; null when it did not.
    /// </summary>
    public string? Cause { get; init; }

    /// <summary>The most memory that it used, in bytes; null when that was not measured.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Where its core lies, on the worker's machine; null when there is none.</summary>
    public string? CorePath { get; init; }

    /// <summary>The last lines that it wrote, oldest first, at most 50; never null.</summary>
    public IReadOnlyList<string> LastLines { get; init; } = [];

    /// <summary>The worker on which it happened; null when on none.</summary>
    public string? Worker { get; init; }

    /// <summary>Whose limit was exceeded, <c>task</c>, <c>worker</c> or <c>queue</c>; null when none was.</summary>
    public string? Scope { get; init; }

    /// <summary>That limit: bytes, milliseconds of processor time, or processes; null when none was exceeded.</summary>
    public long? Allowed { get; init; }

    /// <summary>What was used of it, in the same unit; null when none was exceeded.</summary>
    public long? Used { get; init; }
}

/// <summary>How far a running attempt is, by its own account.</summary>
/// <param name="Fraction">0 to 1; null when it is not known.</param>
/// <param name="Message">What it says about it; may be empty.</param>
public sealed record TaskProgress(double? Fraction, string Message);
