using System.Runtime.InteropServices;
using OpenClaw.Abi.Supervision;
using OpenClaw.Hosting.Settings;
using OpenClaw.Worker;

namespace OpenClaw.Cli.Supervision;

/// <summary>
/// What is kept of crashes of our own programs. They run on .NET, whose runtime writes a core by itself (createdump) when its variables
/// say so: it knows its threads, and takes a hundredth of what the kernel would write.
/// </summary>
internal static class CrashPlans
{
    /// <summary>1: stacks and what they point to; gdb and dotnet-dump read it. The heap would make every crash slow.</summary>
    private const string DumpType = "1";

    private static readonly string Dumper = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "createdump");

    public static CrashPlan Of(LoadedSettings loaded, string child)
    {
        var settings = loaded.Settings.Task;
        return new()
        {
            Directory = WorkerProgram.CrashesIn(loaded.Paths.StateDir),
            DumpDirectory = IsOn(loaded) ? DumpsOf(loaded, child) : null,
            WhyNoCore =
                !settings.EnableCoreDumps ? "core dumps are off (task.enable_core_dumps, --core-dump)"
                : !IsOn(loaded) ? $"off, because the runtime's {Dumper} is not there"
                : null,
            CoreTemplate = settings.CorePath,
            CoreMaxBytes = settings.CoreMaxBytes,
            CoreKeep = settings.CoreKeep,
            CoreKeepBytes = settings.CoreKeepBytes,
            Worker = child == "worker" ? loaded.Settings.Cluster.WorkerId : null,
        };
    }

    /// <summary>The variables of a child's runtime, as its documentation has them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Environment(LoadedSettings loaded, string child) =>
        IsOn(loaded)
            ?
            [
                new("DOTNET_DbgEnableMiniDump", "1"),
                new("DOTNET_DbgMiniDumpType", DumpType),
                new("DOTNET_DbgMiniDumpName", Path.Combine(DumpsOf(loaded, child), "core.%p")),
            ]
            : [];

    private static bool IsOn(LoadedSettings loaded) =>
        loaded.Settings.Task.EnableCoreDumps && OperatingSystem.IsLinux() && File.Exists(Dumper);

    // Private to us, so that nobody can put a link where the runtime writes; of one child alone, so that another's is not cleared away.
    private static string DumpsOf(LoadedSettings loaded, string child) =>
        Path.Combine(WorkerProgram.CrashesIn(loaded.Paths.StateDir), "dumps-" + child);
}
