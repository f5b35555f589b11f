using System.Text.Json;
using Google.Protobuf;
using OpenClaw.Abi.Handlers;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Settings;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;

namespace OpenClaw.Cli.Bench;

/// <summary>
/// What a type needs so that it can be measured without another word: a plugin for a cluster of our own, a payload, and for <c>image</c>
/// a picture that workers may read. What was written for it is removed with it.
/// </summary>
internal sealed class BenchSupplies : IDisposable
{
    private const string Image = "image";
    private const string Cpu = "cpu";
    private const string PictureName = "clw-bench.png";

    private DirectoryInfo? directory;
    private string? picture;

    private BenchSupplies(string pluginDirectory, string type)
    {
        PluginDirectory = pluginDirectory;
        Payload = ByteString.CopyFromUtf8(
            type switch
            {
                Builtins.Noop => $$"""{"padding":"{{new string('x', 86)}}"}""",
                Builtins.Sleep => """{"ms":0}""",
                Cpu => """{"ms":10}""",
                _ => "{}",
            }
        );
    }

    /// <summary>The plugin directory for a cluster of our own: the user's, unless the type is one that comes along and is not there.</summary>
    public string PluginDirectory { get; private set; }

    /// <summary>Directories in which that cluster's workers may read.</summary>
    public IReadOnlyList<string> ReadRoots => directory is null ? [] : [directory.FullName];

    /// <summary>One JSON value: the payload when none was given.</summary>
    public ByteString Payload { get; private set; }

    /// <summary>For a cluster that will be started.</summary>
    /// <param name="type">The type that is measured.</param>
    /// <param name="userPlugins">The plugin directory of this machine's settings.</param>
    public static BenchSupplies ForOwn(string type, string userPlugins)
    {
        var supplies = new BenchSupplies(userPlugins, type);
        try
        {
            supplies.AddPlugin(type);
            if (type == Image)
            {
                supplies.AddPicture(supplies.Home().FullName);
            }

            return supplies;
        }
        catch
        {
            supplies.Dispose();
            throw;
        }
    }

    /// <summary>For a cluster that runs; a failure when it cannot do what is asked.</summary>
    /// <param name="type">The type that is measured.</param>
    /// <param name="loaded">This machine's settings: a worker of this machine has them too.</param>
    /// <param name="status">What runs.</param>
    /// <param name="hasPayload">Whether the user gave the payload.</param>
    public static BenchSupplies ForRunning(string type, LoadedSettings loaded, StatusResponse status, bool hasPayload)
    {
        if (status.Workers.Count > 0 && !status.Workers.Any(w => status.TypesOf(w).Any(t => t.Name == type)))
        {
            throw Unserved(type).AsException();
        }

        var supplies = new BenchSupplies(loaded.Paths.PluginDir, type);
        if (type == Image && !hasPayload)
        {
            supplies.AddPicture([.. loaded.Settings.Task.ReadRoots, loaded.Paths.PluginDir], status);
        }

        return supplies;
    }

    public void Dispose()
    {
        if (picture is not null)
        {
            File.Delete(picture);
        }

        directory?.Delete(recursive: true);
    }

    private static Failure Unserved(string type) =>
        new(
            Catalogue.TypeUnserved,
            $"No worker of this cluster serves '{type}'; nothing was submitted",
            type switch
            {
                CrashMix.Type => "clw bench --type crash-mix --own starts a cluster that does: no other offers to be crashed",
                Image or Cpu =>
                    $"Copy {Path.Combine(AppContext.BaseDirectory, "plugins", type + ".lua")} into task.plugin_dir, or measure with --own",
                _ => "See what is served: clw plugin list",
            }
        );

    private DirectoryInfo Home() => directory ??= Directory.CreateTempSubdirectory("clw-bench-supplies-");

    private void AddPlugin(string type)
    {
        var isOurs = type is Image or Cpu or CrashMix.Type;
        if (!isOurs || (Directory.Exists(PluginDirectory) && Directory.EnumerateFiles(PluginDirectory, type + ".lua").Any()))
        {
            return;
        }

        PluginDirectory = Home().CreateSubdirectory("plugins").FullName;
        var file = Path.Combine(PluginDirectory, type + ".lua");
        if (type == CrashMix.Type)
        {
            File.WriteAllText(file, CrashMix.Script);
        }
        else
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "plugins", type + ".lua"), file);
        }
    }

    // On a cluster that runs: where its workers read, as far as this machine can know and write.
    private void AddPicture(IReadOnlyList<string> roots, StatusResponse status)
    {
        if (status.Workers.All(w => w.Host == Environment.MachineName))
        {
            foreach (var root in roots.Where(Directory.Exists))
            {
                try
                {
                    AddPicture(root);
                    return;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Somebody else's directory: the next one may do.
                }
            }
        }

        throw new Failure(
            Catalogue.Usage,
            "There is no directory in which this command may write a sample picture and all workers may read it",
            """Name one that they have: clw bench --type image --payload '{"path": "FILE"}' (a file below task.read_roots), or measure with --own"""
        ).AsException();
    }

    private void AddPicture(string into)
    {
        var sample = Path.Combine(AppContext.BaseDirectory, "samples", "pictures", "emotes-face-smile.png");
        var file = Path.Combine(into, $"{Environment.ProcessId}-{PictureName}");
        File.Copy(sample, file, overwrite: true);
        picture = file;
        Payload = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["path"] = file }));
    }
}
