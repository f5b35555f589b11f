using System.Text.RegularExpressions;
using OpenClaw.Cli.Supervision;

namespace OpenClaw.Cli.Commands;

/// <summary>The plugins of samples/plugins, from which new ones are made.</summary>
internal static partial class PluginSamples
{
    /// <summary>What they are all called.</summary>
    public const string Name = "greet";

    private const string Reference = "    <ProjectReference Include=\"../../../../src/OpenClaw.Client/OpenClaw.Client.csproj\" />";

    /// <summary>A sample's text as another plugin's.</summary>
    public static string Adapt(string text, string name) =>
        text.Replace(
                Reference,
                $"""
                    <!-- The library stands beside clw; -p:OpenClaw=DIR names another place, and the package OpenClaw.Client does as well. -->
                    <Reference Include="OpenClaw.Client" HintPath="$(OpenClaw)/OpenClaw.Client.dll" />
                """,
                StringComparison.Ordinal
            )
            .Replace(
                "    <OutputType>Exe</OutputType>",
                $"    <OpenClaw Condition=\"'$(OpenClaw)' == ''\">{Library()}</OpenClaw>\n    <!-- The library beside clw is compiled ahead for Linux, which the compiler takes for another processor. -->\n    <NoWarn>$(NoWarn);CS8012</NoWarn>\n    <OutputType>Exe</OutputType>",
                StringComparison.Ordinal
            )
            .Replace("Greets whom the payload names", "Greets whom the payload names, to begin with", StringComparison.Ordinal)
            .ReplaceWhole(name);

    // The name stands in words that mean something else too: greets, greeting. A function's name has it after process_.
    private static string ReplaceWhole(this string text, string name) => WholeName().Replace(text, _ => name);

    [GeneratedRegex($"(?<![A-Za-z0-9]){Name}(?![A-Za-z0-9_])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WholeName();

    // In a checkout each build has a directory of its own, and a link leads to the newest: the project must outlive the build.
    private static string Library()
    {
        var own = Path.GetDirectoryName(Programs.Clw)!;
        var builds = Path.GetDirectoryName(own);
        return
            Path.GetFileName(builds) == "builds"
            && Path.Combine(Path.GetDirectoryName(builds)!, "bin") is var link
            && Directory.Exists(link)
            ? link
            : own;
    }
}
