using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OpenClaw.Client;

/// <summary>
/// A task to be submitted: its type, its payload, and how it is treated. Immutable; the same request may be submitted many times, and
/// <c>with</c> makes another of it.
/// </summary>
public sealed record TaskRequest
{
    private static readonly Dictionary<string, string> NoLabels = [];
    private readonly TimeSpan delay;
    private readonly TimeSpan? timeout;

    /// <summary>A task without a payload.</summary>
    /// <param name="type">The type: the name that a worker's plugin has. Not empty, at most 200 bytes in UTF-8.</param>
    /// <exception cref="ArgumentException"><paramref name="type"/> is empty.</exception>
    public TaskRequest(string type)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        Type = type;
    }

    /// <summary>The type: the name that a worker's plugin has.</summary>
    public string Type { get; }

    /// <summary>
    /// One JSON value in UTF-8, at most 1,048,576 bytes; empty stands for null. It is not copied: leave the bytes alone until the task
    /// is submitted.
    /// </summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>
    /// The idempotency key, at most 200 bytes: while its task is kept, the same submission again answers with the first one's id.
    /// Null, the default: one is made up for each submission (<see cref="OpenClawClientOptions.GenerateKeys"/>).
    /// </summary>
    public string? Key { get; init; }

    /// <summary>Null, the default: <c>default</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>Null, the default: <c>default</c>.</summary>
    public string? Project { get; init; }

    /// <summary>-1,000 to 1,000, higher first; 0.</summary>
    public int Priority { get; init; }

    /// <summary>Not before this much time has passed, at most 366 days; zero. Rounded up to a millisecond.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below zero.</exception>
    public TimeSpan Delay
    {
        get => delay;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            delay = value;
        }
    }

    /// <summary>How long one attempt may run, at most 366 days. Null, the default: as long as the worker allows. Rounded up to a millisecond.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above zero.</exception>
    public TimeSpan? Timeout
    {
        get => timeout;
        init
        {
            if (value is { } given)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(given, TimeSpan.Zero, nameof(value));
            }

            timeout = value;
        }
    }

    /// <summary>How often a failed task runs again, 0 to 1,000. Null, the default: as the manager is set (3). 0: a failure is final.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>At most 32 names with values, for filters and for the eye; never null.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>Refuse the task with <c>clw-type-unserved</c> when no connected worker serves its type now, instead of keeping it until one does.</summary>
    public bool Strict { get; init; }

    /// <summary>The version of the plugin that shall run it. Null, the default: whichever the worker has.</summary>
    public string? PluginVersion { get; init; }

    /// <summary>A task with a payload, by a source-generated context: ready for trimming and native AOT.</summary>
    /// <param name="type">The type.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="typeInfo">How it is written, such as <c>MyContext.Default.MyPayload</c>.</param>
    /// <typeparam name="T">What the payload is.</typeparam>
    public static TaskRequest Create<T>(string type, T payload, JsonTypeInfo<T> typeInfo) =>
        new(type) { Payload = JsonSerializer.SerializeToUtf8Bytes(payload, typeInfo) };

    /// <summary>A task with a payload.</summary>
    /// <param name="type">The type.</param>
    /// <param name="payload">The payload. A text becomes a JSON text: for text that is JSON already there is <see cref="FromJson"/>.</param>
    /// <param name="options">How it is written; null: <see cref="JsonSerializerOptions.Web"/>.</param>
    /// <typeparam name="T">What the payload is.</typeparam>
    [RequiresUnreferencedCode(Reflection.Trimmed)]
    [RequiresDynamicCode(Reflection.Compiled)]
    public static TaskRequest Create<T>(string type, T payload, JsonSerializerOptions? options = null) =>
        new(type) { Payload = JsonSerializer.SerializeToUtf8Bytes(payload, options ?? JsonSerializerOptions.Web) };

    /// <summary>A task whose payload is JSON already. It is checked by the manager.</summary>
    /// <param name="type">The type.</param>
    /// <param name="json">One JSON value.</param>
    public static TaskRequest FromJson(string type, string json) => new(type) { Payload = Encoding.UTF8.GetBytes(json) };
}

/// <summary>What the compiler says about calls that look at types while the program runs.</summary>
internal static class Reflection
{
    public const string Trimmed =
        "JSON is read and written by reflection, which trimming may break: give a JsonTypeInfo of a source-generated context.";
    public const string Compiled = "JSON is read and written by code made at run time: give a JsonTypeInfo of a source-generated context.";
}
