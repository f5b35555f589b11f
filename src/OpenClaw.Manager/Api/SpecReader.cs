using System.Text;
using System.Text.Json;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Api;

/// <summary>Checks what a caller submits and makes a task of it. Every limit of <see cref="TaskLimits"/> is held here.</summary>
internal sealed class SpecReader(ManagerOptions options, TimeProvider time)
{
    /// <summary>Of tasks that do not say; may change at any time.</summary>
    public int DefaultMaxRetries { get; set; } = options.DefaultMaxRetries;

    private static readonly byte[] Null = "null"u8.ToArray();

    public Result<NewTask> Read(TaskSpec? spec, string principal)
    {
        if (spec is null || spec.Type.Length == 0)
        {
            return Bad("The task has no type", "Name one: --type TYPE");
        }

        var tooLongName =
            TooLong("type", spec.Type)
            ?? TooLong("queue", spec.Queue)
            ?? TooLong("project", spec.Project)
            ?? TooLong("key", spec.Key)
            ?? TooLong("plugin version", spec.PluginVersion);
        if (tooLongName is not null)
        {
            return tooLongName;
        }

        if (spec.Payload.Length > TaskLimits.MaxPayloadBytes)
        {
            return new Failure(
                Catalogue.PayloadTooLarge,
                $"The payload has {spec.Payload.Length:N0} bytes; {TaskLimits.MaxPayloadBytes:N0} are allowed"
            );
        }

        if (PayloadCheck.Check(spec.Payload.Span) is { } broken)
        {
            return broken;
        }

        if (spec.Priority is < TaskLimits.MinPriority or > TaskLimits.MaxPriority)
        {
            return Bad($"The priority {spec.Priority} is out of range", $"Use {TaskLimits.MinPriority} to {TaskLimits.MaxPriority}");
        }

        var longest = (long)TaskLimits.MaxSpan.TotalMilliseconds;
        if (spec.DelayMs < 0 || spec.DelayMs > longest || spec.TimeoutMs < 0 || spec.TimeoutMs > longest)
        {
            return Bad("The delay or the timeout is out of range", "Use 0 to 366 days");
        }

        if (spec.HasMaxRetries && spec.MaxRetries is < 0 or > TaskLimits.MaxRetries)
        {
            return Bad($"max-retries {spec.MaxRetries} is out of range", $"Use 0 to {TaskLimits.MaxRetries}");
        }

        if (spec.Labels.Count > TaskLimits.MaxLabels)
        {
            return Bad($"The task has {spec.Labels.Count} labels; {TaskLimits.MaxLabels} are allowed", "Use fewer labels");
        }

        foreach (var (label, value) in spec.Labels)
        {
            if ((TooLong("label", label) ?? TooLong("label value", value)) is { } tooLong)
            {
                return tooLong;
            }
        }

        return new NewTask
        {
            Project = spec.Project.Length == 0 ? TaskLimits.DefaultProject : spec.Project,
            Queue = spec.Queue.Length == 0 ? TaskLimits.DefaultQueue : spec.Queue,
            Type = spec.Type,
            Payload = spec.Payload.IsEmpty ? Null : spec.Payload.Memory,
            Priority = spec.Priority,
            DueAt = spec.DelayMs == 0 ? 0 : time.GetUtcNow().ToUnixTimeMilliseconds() + spec.DelayMs,
            TimeoutMs = spec.TimeoutMs,
            MaxRetries = spec.HasMaxRetries ? spec.MaxRetries : DefaultMaxRetries,
            Key = spec.Key.Length == 0 ? null : spec.Key,
            Labels =
                spec.Labels.Count == 0
                    ? null
                    : JsonSerializer.Serialize(new Dictionary<string, string>(spec.Labels), LabelsJson.Default.DictionaryStringString),
            SubmittedBy = principal,
            PluginVersion = spec.PluginVersion.Length == 0 ? null : spec.PluginVersion,
        };
    }

    private static Failure? TooLong(string what, string value) =>
        value.Length * 3 > TaskLimits.MaxNameBytes && Encoding.UTF8.GetByteCount(value) > TaskLimits.MaxNameBytes
            ? Bad($"The {what} is longer than {TaskLimits.MaxNameBytes} bytes", $"Use a shorter {what}")
        : value.AsSpan().ContainsAnyInRange('\0', '\u001f') || value.AsSpan().ContainsAnyInRange('\u007f', '\u009f')
            ? Bad($"The {what} contains a control character", $"Use printable characters in the {what}")
        : null;

    private static Failure Bad(string message, string next) => new(Catalogue.Usage, message, next);
}
