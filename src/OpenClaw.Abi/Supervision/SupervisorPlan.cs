using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpenClaw.Abi.Supervision;

/// <summary>What a supervisor keeps alive. Written as JSON to a file whose path is its only argument.</summary>
public sealed record SupervisorPlan
{
    /// <summary>What the whole is called in its lines, <c>up</c> or <c>worker</c>.</summary>
    public required string Name { get; init; }

    /// <summary>In the order of starting; stopped in reverse.</summary>
    public required IReadOnlyList<ChildPlan> Children { get; init; }

    /// <summary>What the supervisor itself says is appended to this file as well, with its time; null: it is not kept.</summary>
    public string? LogFile { get; set; }

    /// <summary>A descriptor of a pipe that the starter holds open; its end is an order to stop. Null: none.</summary>
    public int? LifelineFd { get; set; }

    /// <summary>A descriptor to write <see cref="SupervisorEvent"/>s to, one JSON object a line. Null: none.</summary>
    public int? EventsFd { get; set; }

    public string ToJson() => JsonSerializer.Serialize(this, SupervisionJson.Default.SupervisorPlan);

    /// <summary>Reads and checks a plan.</summary>
    /// <exception cref="JsonException">It is not JSON, misses a field, has one too many, or makes no sense; the message says which.</exception>
    public static SupervisorPlan FromJson(string json)
    {
        var plan = JsonSerializer.Deserialize(json, SupervisionJson.Default.SupervisorPlan) ?? throw new JsonException("the plan is empty");
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var child in plan.Children)
        {
            var missing = child.StartAfter.FirstOrDefault(name => !known.Contains(name));
            var problem =
                missing is not null ? $"starts after {missing}, which does not stand before it"
                : !known.Add(child.Name) ? "is there twice"
                : child.GraceSeconds < 0 ? "has a negative grace"
                : child.Restart is { Max: < 0 } or { WindowSeconds: <= 0 } or { FirstDelayMs: < 0 } or { MaxDelayMs: < 0 }
                    ? "has a restart policy that makes no sense"
                : null;
            if (problem is not null)
            {
                throw new JsonException($"the child {child.Name} {problem}");
            }
        }
        return plan.Children.Count > 0 ? plan : throw new JsonException("the plan has no children");
    }
}

/// <summary>
/// One program to keep alive. What may be left out of the JSON has a setter: generated readers set every init-only member, and a
/// default would become null.
/// </summary>
public sealed record ChildPlan
{
    /// <summary>Unique in the plan.</summary>
    public required string Name { get; init; }

    /// <summary>The executable. Its last part is what <c>ps</c> shows: a link named clw-worker shows clw-worker.</summary>
    public required string Path { get; init; }

    /// <summary>The first word of the command line; null: <see cref="Path"/>.</summary>
    public string? Argv0 { get; set; }

    public IReadOnlyList<string> Args { get; set; } = [];

    /// <summary>Variables beside those of the supervisor.</summary>
    public IReadOnlyDictionary<string, string> Env { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Null: that of the supervisor.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>Names of children before this one that have to be ready first.</summary>
    public IReadOnlyList<string> StartAfter { get; set; } = [];

    /// <summary>Seconds between SIGTERM and SIGKILL.</summary>
    public double GraceSeconds { get; set; } = 30;

    public RestartPolicy Restart { get; set; } = new();

    /// <summary>
    /// The variable that carries the number of the incarnation: larger at each start, unix time in milliseconds or the last one plus
    /// one. Whatever a dead child left behind is known by it.
    /// </summary>
    public string IncarnationVariable { get; set; } = "OPENCLAW_INCARNATION";

    /// <summary>
    /// A command line to run after an unwanted end, once every process of that incarnation was reaped: proof of death.
    /// <c>{incarnation}</c>, <c>{code}</c> (as a shell shows it) and <c>{signal}</c> (0: none) are replaced. Not run on systems where
    /// the proof cannot be had (macOS).
    /// </summary>
    public IReadOnlyList<string>? OnDeath { get; set; }

    /// <summary>The code of the catalogue that a crash of this program is told by.</summary>
    public string CrashCode { get; set; } = "clw-worker-crash";

    /// <summary>What is kept of its crashes; null: the lines about them alone.</summary>
    public CrashPlan? Crashes { get; set; }

    /// <summary>Standard output and error are appended to this file; null: they are those of the supervisor.</summary>
    public string? LogFile { get; set; }
}

/// <summary>What a supervisor keeps of the crashes of a child.</summary>
public sealed record CrashPlan
{
    /// <summary>Where reports are written.</summary>
    public required string Directory { get; init; }

    /// <summary>The child's runtime puts its core here, named <c>core.PID</c>; a directory of this child's alone. Null: it leaves none.</summary>
    public string? DumpDirectory { get; set; }

    /// <summary>Why it leaves none.</summary>
    public string? WhyNoCore { get; set; }

    /// <summary>Where a core is kept, how large it may be, and how many there may be with how much together.</summary>
    public string CoreTemplate { get; set; } = Crashes.CoreShelf.DefaultTemplate;
    public long CoreMaxBytes { get; set; } = 2L << 30;
    public int CoreKeep { get; set; } = 10;
    public long CoreKeepBytes { get; set; } = 10L << 30;

    /// <summary>The worker's name, for the reports; null: it has none.</summary>
    public string? Worker { get; set; }
}

/// <summary>How often an ended child is started again: at most <see cref="Max"/> times within <see cref="WindowSeconds"/>.</summary>
public sealed record RestartPolicy
{
    public int Max { get; set; } = 10;
    public double WindowSeconds { get; set; } = 60;

    /// <summary>Before the first respawn of a window; doubled at each next.</summary>
    public int FirstDelayMs { get; set; } = 100;
    public int MaxDelayMs { get; set; } = 5000;
}

/// <summary>What a supervisor tells, as a line of JSON on its events descriptor. When nobody reads, events are dropped, not waited for.</summary>
public sealed record SupervisorEvent
{
    /// <summary>started, ready, status, died, respawning, restarting, gaveup, stopping, stopped.</summary>
    public required string Event { get; init; }

    /// <summary>The child it is about; null for the whole.</summary>
    public string? Child { get; init; }
    public int? Pid { get; init; }
    public long? Incarnation { get; init; }

    /// <summary>died: exit code, or null after a signal. stopped: the supervisor's own exit code.</summary>
    public int? Code { get; init; }
    public int? Signal { get; init; }

    /// <summary>died: the name of its <see cref="Processes.ExitClass"/>.</summary>
    public string? Class { get; init; }

    /// <summary>respawning: which attempt of <see cref="Max"/> in this window.</summary>
    public int? Attempt { get; init; }
    public int? Max { get; init; }

    /// <summary>A sentence, or a child's own status.</summary>
    public string? Text { get; init; }

    /// <summary>Reads one line; null when it is none of ours.</summary>
    public static SupervisorEvent? FromJson(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, SupervisionJson.Default.SupervisorEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, SupervisionJson.Default.SupervisorEvent);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(SupervisorPlan))]
[JsonSerializable(typeof(SupervisorEvent))]
internal sealed partial class SupervisionJson : JsonSerializerContext;
