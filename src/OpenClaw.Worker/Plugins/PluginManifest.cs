using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Worker.Plugins;

/// <summary>How a plugin's program is run.</summary>
public enum PluginMode
{
    /// <summary>One process, one task.</summary>
    Plain,

    /// <summary>One process, many tasks, one at a time.</summary>
    Serve,
}

/// <summary>What stands beside a plugin in <c>NAME.yaml</c> (or .yml, .toml, .json): all of it optional. Immutable, compared by value.</summary>
public sealed record PluginManifest
{
    private const string ModeKey = "mode";
    private const string IsolationKey = "isolation";
    private const string TimeoutKey = "timeout";
    private const string StartTimeoutKey = "start_timeout";
    private const string MemoryKey = "max_memory";
    private const string CpuKey = "max_cpu";
    private const string ProcessesKey = "max_processes";
    private const string OpenFilesKey = "max_open_files";
    private const string FileSizeKey = "max_file_size";
    private const string OutputKey = "max_output";
    private const string OomScoreKey = "oom_score";
    private const string VersionKey = "version";
    private const string DescriptionKey = "description";
    private const string OnLinkLossKey = "on_link_loss";
    private const string LeaseStopKey = "lease_stop";
    private const string ReassignKey = "reassign_after";
    private const long LeastMemory = 1 << 20;
    private const long LeastOpenFiles = 16;
    private static readonly TimeSpan LongestStart = TimeSpan.FromHours(1);
    private const int LongestText = 500;

    private static readonly TimeSpan LeastLinkTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLinkTime = TimeSpan.FromDays(1);

    private static readonly string[] Keys =
    [
        ModeKey,
        IsolationKey,
        TimeoutKey,
        StartTimeoutKey,
        MemoryKey,
        CpuKey,
        ProcessesKey,
        OpenFilesKey,
        FileSizeKey,
        OutputKey,
        OomScoreKey,
        VersionKey,
        DescriptionKey,
        OnLinkLossKey,
        LeaseStopKey,
        ReassignKey,
    ];

    private static readonly string[] OfExecutables = [ModeKey, StartTimeoutKey, MemoryKey, OpenFilesKey, FileSizeKey, OomScoreKey];

    /// <summary>That of a plugin without one.</summary>
    public static PluginManifest None { get; } = new();

    /// <summary>Of an executable alone.</summary>
    public PluginMode Mode { get; init; }

    /// <summary>Whether each task has a fresh process; null: as the worker's settings say. A plain program always has.</summary>
    public TaskIsolation? Isolation { get; init; }

    /// <summary>How long an attempt may run when its task does not say; null: as the worker's settings say.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Of <see cref="PluginMode.Serve"/> alone: how long the program may take from its start to its hello.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that the program may hold, of an executable alone; null: as the worker's settings say.</summary>
    public long? MaxMemoryBytes { get; init; }

    /// <summary>Processor time of an attempt; null: as the worker's settings say. The same is true of those below.</summary>
    public TimeSpan? MaxCpu { get; init; }

    /// <summary>Processes and threads of an attempt.</summary>
    public int? MaxProcesses { get; init; }

    /// <summary>Descriptors of a process, of an executable alone.</summary>
    public long? MaxOpenFiles { get; init; }

    /// <summary>Bytes of one file, of an executable alone.</summary>
    public long? MaxFileSize { get; init; }

    /// <summary>Bytes in the output directory while an attempt runs.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>Of an executable alone.</summary>
    public int? OomScore { get; init; }

    /// <summary>What becomes of running attempts when the worker and its manager have lost each other; null: as the worker's settings say.</summary>
    public OnLinkLoss? OnLinkLoss { get; init; }

    /// <summary>When such attempts are stopped, counted like the worker's own time; null, or longer than that: with the worker's.</summary>
    public TimeSpan? LeaseStop { get; init; }

    /// <summary>When such attempts may be handed to another worker; null, or longer than the lease: with the lease.</summary>
    public TimeSpan? ReassignAfter { get; init; }

    /// <summary>Its attempts follow a rule of their own when the link is lost.</summary>
    public bool HasLinkRule => OnLinkLoss is not null || LeaseStop is not null || ReassignAfter is not null;

    /// <summary>The author's own version, shown beside that of the content.</summary>
    public string Version { get; init; } = "";

    /// <summary>One line for lists.</summary>
    public string Description { get; init; } = "";

    /// <summary>Reads a manifest. Fails with the place of what is wrong: an unknown key, a value out of range, a key that does not suit the plugin.</summary>
    /// <param name="path">The manifest's file.</param>
    /// <param name="form">What it describes.</param>
    public static Result<PluginManifest> Read(string path, HandlerForm form)
    {
        var read = ConfigReader.ReadFile(path);
        return read.IsOk ? Of(read.Value, form) : read.Failure;
    }

    private static Result<PluginManifest> Of(SettingMap map, HandlerForm form)
    {
        var manifest = None;
        var problems = new List<SettingsProblem>();
        var seen = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        foreach (var (key, at, value) in map.Entries)
        {
            if (!seen.TryAdd(key, at))
            {
                problems.Add(new(at, key, $"stands here again; first at {seen[key]}"));
                continue;
            }

            if (form == HandlerForm.Lua && Array.IndexOf(OfExecutables, key) >= 0)
            {
                problems.Add(
                    new(
                        at,
                        key,
                        key == StartTimeoutKey
                            ? "is for executables of mode: serve"
                            : "is for executables; a Lua script runs in the worker's own runner (task.max_memory_gb)"
                    )
                );
                continue;
            }

            string? problem = null;
            manifest = key switch
            {
                ModeKey => manifest with { Mode = Take(SettingTypes.Choice<PluginMode>(), value, out problem) },
                IsolationKey => manifest with { Isolation = Take(SettingTypes.Choice<TaskIsolation>(), value, out problem) },
                TimeoutKey => manifest with { Timeout = Take(SettingTypes.Duration, value, out problem) },
                StartTimeoutKey => manifest with { StartTimeout = Take(SettingTypes.Duration, value, out problem) },
                MemoryKey => manifest with { MaxMemoryBytes = Take(SettingTypes.Size, value, out problem) },
                CpuKey => manifest with { MaxCpu = Take(SettingTypes.Duration, value, out problem) },
                ProcessesKey => manifest with { MaxProcesses = TakeInt(value, out problem) },
                OpenFilesKey => manifest with { MaxOpenFiles = Take(SettingTypes.Int, value, out problem) },
                FileSizeKey => manifest with { MaxFileSize = Take(SettingTypes.Size, value, out problem) },
                OutputKey => manifest with { MaxOutput = Take(SettingTypes.Size, value, out problem) },
                OomScoreKey => manifest with { OomScore = TakeInt(value, out problem) },
                VersionKey => manifest with { Version = Take(SettingTypes.Text, value, out problem) ?? "" },
                OnLinkLossKey => manifest with { OnLinkLoss = Take(SettingTypes.Choice<OnLinkLoss>(), value, out problem) },
                LeaseStopKey => manifest with { LeaseStop = Take(SettingTypes.Duration, value, out problem) },
                ReassignKey => manifest with { ReassignAfter = Take(SettingTypes.Duration, value, out problem) },
                DescriptionKey => manifest with { Description = Take(SettingTypes.Text, value, out problem) ?? "" },
                _ => manifest,
            };
            problem ??= Array.IndexOf(Keys, key) < 0 ? Unknown(key) : OutOfRange(key, manifest);
            if (problem is not null)
            {
                problems.Add(new(value is SettingScalar && Array.IndexOf(Keys, key) >= 0 ? value.At : at, key, problem));
            }
        }

        if (seen.TryGetValue(StartTimeoutKey, out var unsuited) && form != HandlerForm.Lua && manifest.Mode != PluginMode.Serve)
        {
            problems.Add(new(unsuited, StartTimeoutKey, "is for mode: serve; a plain program's start counts as its run"));
        }

        if (manifest is { Isolation: TaskIsolation.Pool, Mode: PluginMode.Plain } && form != HandlerForm.Lua)
        {
            problems.Add(
                new(seen[IsolationKey], IsolationKey, "pool is for Lua and mode: serve; a plain program is a process for each task")
            );
        }

        if (
            manifest is { OnLinkLoss: not OpenClaw.Core.Settings.OnLinkLoss.Continue, ReassignAfter: { } reassign }
            && !(manifest.LeaseStop < reassign)
        )
        {
            // What may go to another worker must have stopped here before, or be allowed to overlap.
            problems.Add(new(seen[ReassignKey], ReassignKey, "needs a shorter lease_stop beside it, or on_link_loss: continue"));
        }

        return problems.Count == 0 ? manifest : SettingsProblem.AsFailure(problems);
    }

    private static T Take<T>(SettingType<T> type, SettingNode value, out string? problem)
    {
        var reading = type.Read(value);
        problem = reading.Problem;
        return reading.Value;
    }

    private static int TakeInt(SettingNode value, out string? problem)
    {
        var taken = Take(SettingTypes.Int, value, out problem);
        return (int)Math.Clamp(taken, int.MinValue, int.MaxValue);
    }

    private static string? OutOfRange(string key, PluginManifest manifest) =>
        key switch
        {
            TimeoutKey when manifest.Timeout <= TimeSpan.Zero => "must be longer than nothing",
            StartTimeoutKey when manifest.StartTimeout <= TimeSpan.Zero || manifest.StartTimeout > LongestStart =>
                $"must be longer than nothing and at most {LongestStart.TotalHours:0} h",
            MemoryKey when manifest.MaxMemoryBytes < LeastMemory => "must be at least 1 MiB",
            CpuKey when manifest.MaxCpu <= TimeSpan.Zero => "must be longer than nothing",
            ProcessesKey when manifest.MaxProcesses < 1 => "must be at least 1",
            OpenFilesKey when manifest.MaxOpenFiles < LeastOpenFiles => $"must be at least {LeastOpenFiles}",
            FileSizeKey when manifest.MaxFileSize < 1 => "must be at least 1 byte",
            OutputKey when manifest.MaxOutput < 1 => "must be at least 1 byte",
            OomScoreKey when manifest.OomScore is < -1000 or > 1000 => "must be from -1000 to 1000",
            LeaseStopKey when manifest.LeaseStop < LeastLinkTime || manifest.LeaseStop > LongestLinkTime => LinkTime,
            ReassignKey when manifest.ReassignAfter < LeastLinkTime || manifest.ReassignAfter > LongestLinkTime => LinkTime,
            VersionKey when manifest.Version.Length > LongestText => $"is longer than {LongestText} characters",
            DescriptionKey when manifest.Description.Length > LongestText => $"is longer than {LongestText} characters",
            _ => null,
        };

    private static string LinkTime => $"must be from {LeastLinkTime.TotalSeconds:0} s to {LongestLinkTime.TotalDays:0} day";

    private static string Unknown(string key) =>
        NearestName.Find(key, Keys) is { } near
            ? $"is no key of a manifest; did you mean {near}?"
            : $"is no key of a manifest: there are {string.Join(", ", Keys)}";
}
