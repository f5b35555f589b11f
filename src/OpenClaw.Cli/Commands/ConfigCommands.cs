using System.CommandLine;
using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw debug config</c> and <c>clw validate-config FILE</c>.</summary>
internal static class ConfigCommands
{
    private static readonly SettingsOptions Flags = new("cluster", "manager", "tls", "queue", "task", "worker", "log");

    private static readonly Argument<string[]> Files = new("file")
    {
        Description = "Configuration files: YAML, TOML or JSON5; several are merged as one configuration",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Debug(VerbRunner run)
    {
        var debug = new Command("debug", "Look inside")
        {
            CommandTree.Verb(
                run,
                "config",
                "Print each effective setting with where it came from; secrets are masked",
                DebugAsync,
                [.. Flags.All]
            ),
        };
        return debug;
    }

    public static Command Validate(VerbRunner run) =>
        CommandTree.Verb(run, "validate-config", "Check configuration files; start nothing", ValidateAsync, Files);

    private static Task<int> DebugAsync(Invocation invocation)
    {
        var loaded = Flags.Load(invocation);
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => Write(writer, loaded));
            return Task.FromResult(0);
        }

        foreach (var line in Listing(loaded))
        {
            invocation.Terminal.WriteLine(line);
        }

        return Task.FromResult(0);
    }

    /// <summary>Each effective setting with where it came from, secrets masked; then directories and files.</summary>
    internal static IEnumerable<string> Listing(LoadedSettings loaded)
    {
        var table = new Table("KEY", "VALUE", "FROM");
        foreach (var (key, value) in loaded.Settings.Listing)
        {
            table.Add(key.Path, value?.Shown ?? "(unset)", value?.At.ToString() ?? "");
        }

        return
        [
            .. table.Lines(),
            "",
            .. Directories(loaded.Paths).Lines(),
            "",
            loaded.Files.Count == 0 ? "No configuration file was read." : $"Read: {string.Join(", ", loaded.Files)}",
            .. loaded.Notices.Select(notice => $"Note: {notice}"),
        ];
    }

    private static Table Directories(PathsPlan paths)
    {
        var table = new Table("DIRECTORY", "PATH");
        table.Add("data", paths.DataDir);
        table.Add("state", paths.StateDir);
        table.Add("log", paths.LogDir);
        table.Add("config", paths.ConfigDir);
        table.Add("plugins", paths.PluginDir);
        return table;
    }

    private static void Write(Utf8JsonWriter writer, LoadedSettings loaded)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("settings");
        foreach (var (key, value) in loaded.Settings.Listing)
        {
            writer.WriteStartObject(key.Path);
            if (value is not null)
            {
                writer.WriteString("value", value.Shown);
                writer.WriteString("from", value.At.ToString());
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteStartObject("directories");
        writer.WriteString("data", loaded.Paths.DataDir);
        writer.WriteString("state", loaded.Paths.StateDir);
        writer.WriteString("log", loaded.Paths.LogDir);
        writer.WriteString("config", loaded.Paths.ConfigDir);
        writer.WriteString("plugins", loaded.Paths.PluginDir);
        writer.WriteEndObject();
        writer.WriteStartArray("files");
        foreach (var file in loaded.Files)
        {
            writer.WriteStringValue(file);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notices");
        foreach (var notice in loaded.Notices)
        {
            writer.WriteStringValue(notice);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static Task<int> ValidateAsync(Invocation invocation)
    {
        // The files alone are judged: neither this shell's variables nor the system's files belong to them.
        var files = invocation.Get(Files)!;
        var loaded = SettingsLoader.Load(new SettingsRequest { ConfigFiles = files }, Machine.Here).Value;
        var set = loaded.Settings.Listing.Count(l => l.Value is { At.Kind: SourceKind.File });
        if (invocation.Json)
        {
            Json.Write(
                invocation.Terminal,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteBoolean("valid", true);
                    writer.WriteNumber("settings", set);
                    writer.WriteStartArray("warnings");
                    foreach (var warning in loaded.Settings.Warnings)
                    {
                        writer.WriteStringValue(warning.ToString());
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }
            );
            return Task.FromResult((int)ExitCode.Ok);
        }

        foreach (var warning in loaded.Settings.Warnings)
        {
            invocation.Terminal.Note($"warning: {warning}");
        }

        invocation.Terminal.WriteLine($"{string.Join(", ", files)}: valid, {set} setting{(set == 1 ? "" : "s")}");
        return Task.FromResult((int)ExitCode.Ok);
    }
}
