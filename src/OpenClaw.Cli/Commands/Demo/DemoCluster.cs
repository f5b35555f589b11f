using OpenClaw.Abi.Processes;
using OpenClaw.Cli.Supervision;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands.Demo;

/// <summary>
/// A private cluster in a temporary directory: ports that the system chooses, nothing of this machine's configuration, nothing left
/// behind when it is disposed.
/// </summary>
internal sealed class DemoCluster : IAsyncDisposable
{
    private readonly DirectoryInfo directory;
    private readonly LoadedSettings loaded;
    private readonly LocalRun run;

    private DemoCluster(DirectoryInfo directory, LoadedSettings loaded, LocalRun run)
    {
        this.directory = directory;
        this.loaded = loaded;
        this.run = run;
    }

    public static async Task<DemoCluster> StartAsync(string plugins, CancellationToken cancellation)
    {
        var home = Directory.CreateTempSubdirectory("clw-demo-");
        LocalRun? running = null;
        try
        {
            var config = Path.Combine(home.FullName, "demo.toml");
            await File.WriteAllTextAsync(config, Settings(home.FullName, plugins), cancellation);
            var settings = SettingsLoader.Load(new SettingsRequest { ConfigFiles = [config] }, Machine.Here).Value;
            running = LocalRun.Start("demo", RunDirectory.Take(home.FullName), Plans.Cluster(settings, [], [config]), Environment());
            await running.ReadyAsync(cancellation);
            return new(home, settings, running);
        }
        catch
        {
            await RemoveAsync(home, running);
            throw;
        }
    }

    public int Slots => loaded.Settings.Worker.Slots;

    public WireClient Connect()
    {
        var address = LocalCluster.FindAddress(loaded.Paths.DataDir);
        var token = LocalCluster.ReadToken(loaded.Paths.DataDir);
        return address is { } found
            ? WireClient.Connect(new WireOptions { Addresses = [found], Token = () => token })
            : throw new Failure(Catalogue.InitFail, "The manager did not say where it listens").AsException();
    }

    public async ValueTask DisposeAsync() => await RemoveAsync(directory, run);

    private static async Task RemoveAsync(DirectoryInfo directory, LocalRun? run)
    {
        if (run is not null)
        {
            await run.DisposeAsync();
        }

        directory.Delete(recursive: true);
    }

    private static string Settings(string directory, string plugins) =>
        $"""
            [manager]
            cluster_name = "demo"
            data_dir = {Quote(Path.Combine(directory, "data"))}
            listen = "127.0.0.1:0"
            web = "127.0.0.1:0"

            [worker]
            state_dir = {Quote(Path.Combine(directory, "state"))}
            health_port = 0
            shutdown_grace = "1s"

            [task]
            plugin_dir = {Quote(plugins)}
            kill_grace = "1s"

            [log]
            directory = {Quote(Path.Combine(directory, "log"))}

            """;

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    // Settings of this shell are meant for another cluster.
    private static IReadOnlyList<string> Environment()
    {
        var foreign = System
            .Environment.GetEnvironmentVariables()
            .Keys.Cast<string>()
            .Where(name => name.StartsWith("OPENCLAW_", StringComparison.Ordinal) || name is "CLW_MAX_MEM")
            .Select(name => (name, (string?)null));
        return ChildStart.InheritedEnvironment([.. foreign]);
    }
}
