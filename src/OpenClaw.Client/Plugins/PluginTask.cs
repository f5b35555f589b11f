using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OpenClaw.Client.Plugins;

/// <summary>A task that this program was given. Thread-safe.</summary>
public sealed class PluginTask
{
    private readonly TaskLine line;
    private readonly ReportWriter reports;
    private readonly JsonSerializerOptions json;

    internal PluginTask(TaskLine line, ReportWriter reports, JsonSerializerOptions json)
    {
        this.line = line;
        this.reports = reports;
        this.json = json;
    }

    /// <summary>The task's id, as <c>clw task show</c> takes it.</summary>
    public string Id => line.Id;

    /// <summary>The task's type.</summary>
    public string Type => line.Type;

    /// <summary>Which attempt this is, from 1.</summary>
    public int Attempt => line.Attempt;

    /// <summary>A directory for the files of this task. Exists.</summary>
    public string OutputDirectory => line.OutputDirectory;

    /// <summary>When its time is over; null: it has no limit, or the worker did not say (a plain run).</summary>
    public DateTimeOffset? Deadline => line.Deadline;

    /// <summary>The payload: one JSON value.</summary>
    public JsonElement Payload => line.Payload;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="PluginFailureException">It does not fit the type: <c>bad-payload</c>, not retryable.</exception>
    public T Read<T>() => Read((JsonTypeInfo<T>)json.GetTypeInfo(typeof(T)));

    /// <summary>Reads the payload with generated code.</summary>
    /// <inheritdoc cref="Read{T}()"/>
    public T Read<T>(JsonTypeInfo<T> type) => Read(() => Payload.Deserialize(type), typeof(T));

    /// <summary>Shows how far the task is.</summary>
    /// <param name="fraction">0 to 1; null when that is not known.</param>
    /// <param name="message">What it is doing.</param>
    public void Progress(double? fraction, string? message = null) => reports.Progress(Id, fraction, message);

    /// <summary>Writes a line of the task.</summary>
    public void Log(string message, PluginLogLevel level = PluginLogLevel.Info)
    {
        ArgumentNullException.ThrowIfNull(message);
        reports.Log(Id, level, message);
    }

    private static T Read<T>(Func<T?> read, Type type)
    {
        try
        {
            return read()
                ?? throw new PluginFailureException($"the payload is null; {type.Name} is needed", "bad-payload", isRetryable: false);
        }
        catch (JsonException e)
        {
            throw new PluginFailureException(
                $"the payload is no {type.Name}{(e.Path is { Length: > 0 } path ? $": {path} does not fit" : "")}",
                "bad-payload",
                isRetryable: false,
                e
            );
        }
    }
}

/// <summary>The level of a task's line.</summary>
public enum PluginLogLevel
{
    /// <summary>For who looks for a fault.</summary>
    Debug,

    /// <summary>What happens.</summary>
    Info,

    /// <summary>What may be wrong.</summary>
    Warn,

    /// <summary>What is wrong.</summary>
    Error,
}
