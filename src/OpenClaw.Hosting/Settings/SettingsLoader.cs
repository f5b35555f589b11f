using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>What a program was started with.</summary>
public sealed record SettingsRequest
{
    /// <summary>Files named by <c>--config</c>; they replace the default files. Each must exist.</summary>
    public IReadOnlyList<string> ConfigFiles { get; init; } = [];

    /// <summary>Flags that set keys.</summary>
    public IReadOnlyList<SettingFlag> Flags { get; init; } = [];

    /// <summary>The variables to read.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The request of this process: its variables, with <c>OPENCLAW_CONFIG</c> standing in for <c>--config</c>.</summary>
    public static SettingsRequest OfProcess(IReadOnlyList<string> configFiles, IReadOnlyList<SettingFlag> flags)
    {
        ArgumentNullException.ThrowIfNull(configFiles);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        }
        var named =
            configFiles.Count == 0 && environment.GetValueOrDefault("OPENCLAW_CONFIG") is { Length: > 0 } file ? [file] : configFiles;
        return new()
        {
            ConfigFiles = named,
            Flags = flags,
            Environment = environment,
        };
    }
}

/// <summary>Effective settings with what belongs to them.</summary>
/// <param name="Settings">The values.</param>
/// <param name="Paths">The directories.</param>
/// <param name="Files">The files that were read.</param>
/// <param name="Notices">Lines to show once: warnings and fallbacks. They name no secret.</param>
public sealed record LoadedSettings(OpenClawSettings Settings, PathsPlan Paths, IReadOnlyList<string> Files, IReadOnlyList<string> Notices)
{
    /// <summary>What they were read with: to read them again.</summary>
    public required SettingsRequest Request { get; init; }
}

/// <summary>Finds the files, reads them, and builds the settings. Creates nothing.</summary>
public static class SettingsLoader
{
    /// <summary>The system's files: one model in two formats, merged.</summary>
    public static IReadOnlyList<string> SystemFiles { get; } = ["/etc/openclaw/worker.yaml", "/etc/claw/worker.toml"];

    /// <summary>Failures: <c>clw-config-invalid</c> with all problems, <c>clw-file-unreadable</c> for a named file.</summary>
    public static Result<LoadedSettings> Load(SettingsRequest request, IMachine machine)
    {
        var read = Read(request, machine);
        return !read.IsOk ? read.Failure
            : read.Value.Trouble is { } trouble ? trouble
            : read.Value.Loaded!;
    }

    /// <summary>
    /// As <see cref="Load"/>, for who only looks: what is wrong in a file or a variable is left out, and told beside what holds without
    /// it. A flag that is wrong, and a named file that cannot be read, stay failures: whoever typed them is there.
    /// </summary>
    public static Result<(LoadedSettings Loaded, Failure? Trouble)> LoadWhatHolds(SettingsRequest request, IMachine machine)
    {
        var read = Read(request, machine);
        return !read.IsOk ? read.Failure
            : read.Value.Loaded is { } loaded ? (loaded, read.Value.Trouble)
            : read.Value.Trouble!;
    }

    // No settings: a flag is wrong. Trouble: something else is.
    private static Result<(LoadedSettings? Loaded, Failure? Trouble)> Read(SettingsRequest request, IMachine machine)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(machine);
        var notices = new List<string>();
        var documents = new List<SettingMap>();
        var read = new List<string>();
        var failures = new List<Failure>();
        var named = request.ConfigFiles.Count > 0;
        foreach (var file in named ? request.ConfigFiles : DefaultFiles(machine, request.Environment))
        {
            var document = ConfigReader.ReadFile(file);
            if (document.IsOk)
            {
                documents.Add(document.Value);
                read.Add(file);
            }
            else if (document.Failure.Entry == Catalogue.ConfigInvalid)
            {
                failures.Add(document.Failure);
            }
            else if (named)
            {
                return document.Failure;
            }
            else
            {
                // A command of a user who may not read the system's files still has flags, variables and defaults.
                notices.Add($"{document.Failure.Message}; going on without it");
            }
        }
        var (environment, warnings) = EnvironmentLayer.Read(request.Environment);
        var (settings, problems) = SettingsBuilder.BuildWhatHolds(
            [SettingsLayer.Files(documents), environment, SettingsLayer.Flags(request.Flags)],
            warnings
        );
        if (problems.Count > 0)
        {
            failures.Add(SettingsProblem.AsFailure(problems));
        }
        var trouble = failures.Count > 0 ? SettingsProblem.Join(failures) : null;
        if (problems.Any(p => p.At.Kind == SourceKind.Flag))
        {
            return (null, trouble);
        }
        var paths = PathsPlan.Resolve(settings, machine, request.Environment);
        notices.AddRange(settings.Warnings.Select(w => w.ToString()));
        if (paths.Notice is not null)
        {
            notices.Add(paths.Notice);
        }
        return (new LoadedSettings(settings, paths, read, notices) { Request = request }, trouble);
    }

    /// <summary>The user's own files when there are any and the user is not root, else the system's.</summary>
    private static IEnumerable<string> DefaultFiles(IMachine machine, IReadOnlyDictionary<string, string> environment)
    {
        var own = new HomeDirectories(machine.Home, environment).Config;
        string[] mine = machine.IsRoot || own is null ? [] : [Path.Combine(own, "worker.yaml"), Path.Combine(own, "worker.toml")];
        var present = mine.Where(machine.FileExists).ToArray();
        return present.Length > 0 ? present : SystemFiles.Where(machine.FileExists);
    }
}
