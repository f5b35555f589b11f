using System.Globalization;
using OpenClaw.Cli.Doctor;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Diag;

/// <summary>What the kernel allows our programs: of this shell, and of the worker and the manager that run here.</summary>
internal static class LimitParts
{
    public static IReadOnlyList<string> Lines(PathsPlan? paths)
    {
        if (!OperatingSystem.IsLinux())
        {
            return ["this system does not tell its limits in files"];
        }

        var lines = new List<string>();
        lines.AddRange(Memory());
        lines.AddRange(Of("this shell", "self"));
        if (paths is not null)
        {
            lines.AddRange(OfProgram("worker", Path.Combine(paths.StateDir, "worker", "health.json"), "address"));
            lines.AddRange(OfProgram("manager", Path.Combine(paths.DataDir, "manager.json"), "web"));
        }

        return lines;
    }

    private static IEnumerable<string> Memory() =>
        Read("/proc/meminfo")
            .Where(l => l.StartsWith("Mem", StringComparison.Ordinal) || l.StartsWith("SwapTotal", StringComparison.Ordinal));

    private static IEnumerable<string> OfProgram(string name, string file, string address) =>
        LocalChecks.Read(file, address) is { Alive: true, Pid: > 0 } program
            ? Of(
                string.Create(CultureInfo.InvariantCulture, $"{name} (pid {program.Pid})"),
                program.Pid.ToString(CultureInfo.InvariantCulture)
            )
            : [$"{name}: none runs here"];

    private static IEnumerable<string> Of(string name, string process) =>
        [
            $"{name}:",
            .. Read($"/proc/{process}/limits").Skip(1).Select(l => "  " + l),
            .. Read($"/proc/{process}/cgroup").Select(l => "  cgroup " + l),
            .. Read($"/proc/{process}/oom_score_adj").Select(l => "  oom_score_adj " + l),
        ];

    private static IReadOnlyList<string> Read(string path)
    {
        try
        {
            return [.. File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.TrimEnd())];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"{path}: {e.Message}"];
        }
    }
}
