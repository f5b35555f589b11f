using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary>What a worker would find, without starting one: settings, plugins, the way to the manager.</summary>
internal static class WorkerDryRun
{
    public static async Task<int> RunAsync(Invocation invocation, LoadedSettings loaded)
    {
        var terminal = invocation.Terminal;
        foreach (var notice in loaded.Notices)
        {
            terminal.WriteLine($"note      {notice}");
        }

        terminal.WriteLine($"settings  valid{(loaded.Files.Count > 0 ? $" ({string.Join(", ", loaded.Files)})" : "")}");
        var first = await CheckPluginsAsync(invocation, loaded);
        using var client = ClusterSession.Open(invocation, loaded);
        var status = await client.StatusAsync(invocation.Cancellation);
        if (status.IsOk)
        {
            terminal.WriteLine($"manager   reached: cluster {status.Value.Cluster} at {ClusterSession.Addresses(loaded)[0]}");
        }
        else
        {
            terminal.WriteLine($"manager   not reached: {status.Failure}");
            first ??= status.Failure;
        }

        return first is null ? 0 : throw first.AsException();
    }

    private static async Task<Failure?> CheckPluginsAsync(Invocation invocation, LoadedSettings loaded)
    {
        var plugins = await PluginCommands.ReadAsync(loaded.Paths.PluginDir, invocation.Cancellation);
        invocation.Terminal.WriteLine(
            $"plugins   {string.Join(", ", plugins.Handlers.Keys.Order(StringComparer.Ordinal))} (from {loaded.Paths.PluginDir})"
        );
        foreach (var problem in plugins.Problems)
        {
            invocation.Terminal.WriteLine($"plugins   {problem.Path}: {problem.Problem}");
        }

        return plugins.Problems.Count == 0
            ? null
            : new Failure(Catalogue.PluginInvalid, $"{plugins.Problems[0].Path}: {plugins.Problems[0].Problem}");
    }
}
