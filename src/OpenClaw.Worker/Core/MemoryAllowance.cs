using System.Globalization;
using OpenClaw.Core.Errors;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Worker.Core;

/// <summary>What a plugin's program may hold, and who says so: the one place that a worker and a trial ask.</summary>
/// <param name="Bytes">More than that, and it is ended.</param>
/// <param name="FromManifest">The plugin's own manifest says it; else the settings do.</param>
public readonly record struct MemoryAllowance(long Bytes, bool FromManifest)
{
    /// <summary>The manifest's word counts before that of the settings; null: there is no limit.</summary>
    /// <param name="handler">The plugin.</param>
    /// <param name="ofSettings">Bytes that <c>task.max_memory_gb</c> allows; null when it is not set.</param>
    public static MemoryAllowance? Of(TaskHandler handler, long? ofSettings)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return handler.Manifest.MaxMemoryBytes is { } own ? new(own, FromManifest: true)
            : ofSettings is { } bytes ? new(bytes, FromManifest: false)
            : null;
    }

    /// <summary>The failure of the task that went over it.</summary>
    public Failure Exceeded(TaskHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var size = string.Create(CultureInfo.InvariantCulture, $"{Bytes / 1048576.0:0.#} MiB");
        var source = FromManifest ? "max_memory in its manifest" : "max_memory_gb under [task]";
        return new(
            Catalogue.MemoryExhaust,
            $"{Path.GetFileName(handler.Path)} held more than the {size} that {source} allows, and was ended",
            $"Raise {source}, or process the input in parts"
        );
    }
}
