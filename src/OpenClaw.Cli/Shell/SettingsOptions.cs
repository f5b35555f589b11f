using System.CommandLine;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Shell;

/// <summary>The flags that set keys of the configuration, made from the schema: a key's row names its flags, and no flag is written twice.</summary>
public sealed class SettingsOptions
{
    private readonly List<(Option<string?> Option, SettingKey Key)> flags = [];

    /// <param name="sections">First parts of the paths of the keys to offer: <c>cluster</c>, <c>task</c>…</param>
    public SettingsOptions(params ReadOnlySpan<string> sections)
    {
        foreach (var key in SettingsSchema.All)
        {
            if (key.Flags.Count == 0 || !sections.Contains(key.Path[..key.Path.IndexOf('.', StringComparison.Ordinal)]))
            {
                continue;
            }

            // A switch may stand alone (--insecure) or carry its value (--core-dump=true).
            var isSwitch = key is SettingKey<bool>;
            flags.Add(
                (
                    new(key.Flags[0], [.. key.Flags.Skip(1)])
                    {
                        Description = key.Default is { Length: > 0 } standard ? $"{key.Description} [{standard}]" : key.Description,
                        HelpName = isSwitch ? "true|false" : key.TypeName.ToUpperInvariant(),
                        Arity = isSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
                    },
                    key
                )
            );
        }
    }

    public IEnumerable<Option> All => flags.Select(f => f.Option).Append<Option>(Options.Config);

    /// <summary>Whether one of the flags sets this key.</summary>
    public bool Takes(SettingFlag flag) => flags.Exists(f => f.Key.Path == flag.Path);

    /// <summary>The flags that were given.</summary>
    public IReadOnlyList<SettingFlag> Read(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        var given = new List<SettingFlag>();
        foreach (var (option, key) in flags)
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                given.Add(new(result.IdentifierToken?.Value ?? option.Name, key.Path, parsed.GetValue(option) ?? "true"));
            }
        }

        return given;
    }

    /// <summary>The effective settings. Throws the failure to the one place that prints it.</summary>
    public LoadedSettings Load(Invocation invocation, params IEnumerable<SettingFlag> more) =>
        SettingsLoader.Load(Request(invocation, more), Machine.Here).Value;

    /// <summary>As <see cref="Load"/>, for a verb that only looks: what is wrong in a file is said, and left out.</summary>
    public LoadedSettings LoadToLook(Invocation invocation, params IEnumerable<SettingFlag> more) =>
        ClusterSession.WhatHolds(invocation, Request(invocation, more));

    private SettingsRequest Request(Invocation invocation, IEnumerable<SettingFlag> more)
    {
        ArgumentNullException.ThrowIfNull(invocation);
        return SettingsRequest.OfProcess(invocation.Get(Options.Config) ?? [], [.. Read(invocation.Parsed), .. more]);
    }
}
