using OpenClaw.Abi.Processes;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Supervision;

/// <summary>
/// A private cluster in a temporary directory: ports that the system chooses, nothing of this machine's configuration, nothing left
/// behind when it is disposed.
/// </summary>
internal sealed class TemporaryCluster : IAsyncDisposable
{
    private readonly DirectoryInfo directory;
    private readonly LoadedSettings loaded;
    private readonly LocalRun run;

    private TemporaryCluster(DirectoryInfo directory, LoadedSettings loaded, LocalRun run)
    {
        this.directory = directory;
        this.loaded = loaded;
        this.run = run;
    }

    /// <param name="name">What the cluster is called, and what its directory's name tells: <c>demo</c>.</param>
    /// <param name="plugins">The plugin directory.</param>
    /// <param name="slots">Null: as many as the machine has processors.</param>
    /// <param name="cancellation">Ends the start; nothing is left of it then.</param>
    /// <param name="readRoots">Directories in which tasks may read; null: none but the usual.</param>
    /// <param name="isolation">Its <c>task.isolation</c>; null: the default.</param>
    public static async Task<TemporaryCluster> StartAsync(
        string name,
        string plugins,
        int? slots,
        CancellationToken cancellation,
        IReadOnlyList<string>? readRoots = null,
        string? isolation = null
    )
    {
        var home = Directory.CreateTempSubdirectory($"clw-{name}-");
        LocalRun? running = null;
        try
        {
            var config = Path.Combine(home.FullName, $"{name}.toml");
            await File.WriteAllTextAsync(config, Settings(name, home.FullName, plugins, slots, readRoots ?? [], isolation), cancellation);
            var settings = SettingsLoader.Load(new SettingsRequest { ConfigFiles = [config] }, Machine.Here).Value;
            running = LocalRun.Start(name, RunDirectory.Take(home.FullName), Plans.Cluster(settings, [], [config]), Environment());
            await running.ReadyAsync(cancellation);
            return new(home, settings, running);
        }
        catch
        {
            await RemoveAsync(home, running);
            throw;
        }
    }

    public string DataDirectory => loaded.Paths.DataDir;

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

    private static string Settings(
        string name,
        string directory,
        string plugins,
        int? slots,
        IReadOnlyList<string> readRoots,
        string? isolation
    ) =>
        $"""
            [manager]
            cluster_name = {Quote(name)}
            data_dir = {Quote(Path.Combine(directory, "data"))}
            listen = "127.0.0.1:0"
            web = "127.0.0.1:0"

            [worker]
            {(slots is { } count ? $"slots = {count}" : "")}
            state_dir = {Quote(Path.Combine(directory, "state"))}
            health_port = 0
            shutdown_grace = "1s"

            [task]
            plugin_dir = {Quote(plugins)}
            read_roots = [{string.Join(", ", readRoots.Select(Quote))}]
            kill_grace = "1s"
            {(isolation is null ? "" : $"isolation = {Quote(isolation)}")}

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
