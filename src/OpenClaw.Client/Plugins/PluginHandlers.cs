using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OpenClaw.Client.Plugins;

/// <summary>
/// What a plugin does with each type of task. A handler's result becomes the task's result as JSON; an exception fails the attempt,
/// which is tried again as the task's retries allow; <see cref="PluginFailureException"/> says more precisely how it failed.
/// Filled once, before the first task; not thread-safe.
/// </summary>
public sealed class PluginHandlers
{
    private readonly Dictionary<string, Func<PluginTask, CancellationToken, Task<ResultWriter>>> handlers = new(StringComparer.Ordinal);
    private Func<PluginTask, CancellationToken, Task<ResultWriter>>? any;

    /// <summary>
    /// How payloads are read and results written; to begin with camelCase names, read whatever their case. A program that is trimmed or
    /// compiled ahead of time gives options with a generated context as their resolver.
    /// </summary>
    public JsonSerializerOptions Json { get; set; } = new(JsonSerializerDefaults.Web) { TypeInfoResolver = ByReflection() };

    /// <summary>Handles tasks of a type.</summary>
    /// <param name="type">The type: the name of the plugin's file without its extension.</param>
    /// <param name="handler">Gives the result. The token fires when the task's time is over or nobody wants its result any more.</param>
    /// <exception cref="ArgumentException">The type has a handler.</exception>
    public PluginHandlers On<TResult>(string type, Func<PluginTask, CancellationToken, Task<TResult>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(type, Typed(handler));
    }

    /// <summary>Handles tasks of a type that have no result (null).</summary>
    /// <inheritdoc cref="On{TResult}(string, Func{PluginTask, CancellationToken, Task{TResult}})"/>
    public PluginHandlers On(string type, Func<PluginTask, CancellationToken, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(
            type,
            async (task, cancellation) =>
            {
                await handler(task, cancellation);
                return static writer => writer.WriteNullValue();
            }
        );
    }

    /// <summary>Handles tasks of a type, with their payload read. A payload that cannot be read fails the task for good (<c>bad-payload</c>).</summary>
    /// <inheritdoc cref="On{TResult}(string, Func{PluginTask, CancellationToken, Task{TResult}})"/>
    public PluginHandlers On<TPayload, TResult>(string type, Func<TPayload, PluginTask, CancellationToken, Task<TResult>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(type, Typed((task, cancellation) => handler(task.Read<TPayload>(), task, cancellation)));
    }

    /// <summary>Handles tasks of every other type: for a program that stands under several names.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    public PluginHandlers OnAny<TResult>(Func<PluginTask, CancellationToken, Task<TResult>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        any = any is null
            ? Typed(handler)
            : throw new ArgumentException("there is a handler for every other type already", nameof(handler));
        return this;
    }

    internal Func<PluginTask, CancellationToken, Task<ResultWriter>>? Find(string type) => handlers.GetValueOrDefault(type) ?? any;

    internal IEnumerable<string> Types => handlers.Keys.Order(StringComparer.Ordinal);

    internal void CheckNotEmpty()
    {
        if (handlers.Count == 0 && any is null)
        {
            throw new InvalidOperationException("a plugin needs a handler: handlers.On(\"name\", …)");
        }
    }

    private PluginHandlers Add(string type, Func<PluginTask, CancellationToken, Task<ResultWriter>> handler)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        return handlers.TryAdd(type, handler)
            ? this
            : throw new ArgumentException($"there is a handler for the type {type} already", nameof(type));
    }

    private Func<PluginTask, CancellationToken, Task<ResultWriter>> Typed<TResult>(
        Func<PluginTask, CancellationToken, Task<TResult>> handler
    ) =>
        async (task, cancellation) =>
        {
            var result = await handler(task, cancellation);
            return writer => JsonSerializer.Serialize(writer, result, (JsonTypeInfo<TResult>)Json.GetTypeInfo(typeof(TResult)));
        };

    // Where reflection is off, whatever needs it says so at its first use, with the type's name.
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where reflection was left on.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where reflection was left on.")]
    private static DefaultJsonTypeInfoResolver? ByReflection() =>
        JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : null;
}

/// <summary>Writes a handler's result as one JSON value.</summary>
internal delegate void ResultWriter(Utf8JsonWriter writer);
