using System.Globalization;
using OpenClaw.Abi.Protocol;
using OpenClaw.Worker.Core;

namespace OpenClaw.Worker.Runners;

/// <summary>The environment of a runner: what a plugin may see as well, and its limits. None of our settings, none of our credentials.</summary>
internal static class RunnerEnvironment
{
    private static readonly string[] Passed = ["PATH", "HOME", "LANG", "TZ", "LD_LIBRARY_PATH", "DOTNET_ROOT", "TMPDIR"];

    public static IReadOnlyList<string> For(WorkerOptions options)
    {
        var environment = Passing();
        environment.Add(string.Create(CultureInfo.InvariantCulture, $"{PluginEnvironment.Incarnation}={options.Incarnation}"));
        if (WorkerCore.LimitsOf(options).ToText() is { Length: > 0 } limits)
        {
            environment.Add($"{ProcessLimits.Variable}={limits}");
        }

        if (options.HostRights.ToText() is { Length: > 0 } rights)
        {
            environment.Add($"{HostRights.Variable}={rights}");
        }

        // Small heaps: there are many runners, and each runs one task at a time.
        environment.Add("DOTNET_gcServer=0");
        environment.Add("DOTNET_TieredPGO=0");
        return environment;
    }

    /// <summary>What is passed on of our own environment.</summary>
    public static List<string> Passing()
    {
        var environment = new List<string>();
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                environment.Add($"{name}={value}");
            }
        }

        return environment;
    }
}
