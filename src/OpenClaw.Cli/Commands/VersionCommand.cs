using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;

namespace OpenClaw.Cli.Commands;

internal static class VersionCommand
{
    public static Option<bool> Flag { get; } = new("--version") { Description = "Print the version" };

    /// <summary>The version of this build: <c>0.1.0</c>, without the commit.</summary>
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static Command Create(VerbRunner run) => CommandTree.Verb(run, "version", "Print the version", RunAsync);

    /// <summary>Bare <c>clw</c> shows the help, <c>clw --version</c> the version.</summary>
    public static Task<int> RootAsync(RootCommand root, Invocation invocation)
    {
        if (invocation.Get(Flag))
        {
            return RunAsync(invocation);
        }

        return root.Parse(["--help"]).InvokeAsync(new() { Output = invocation.Terminal.Out, Error = invocation.Terminal.Error });
    }

    private static Task<int> RunAsync(Invocation invocation)
    {
        if (invocation.Json)
        {
            Json.Write(
                invocation.Terminal,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("version", Version);
                    writer.WriteString("runtime", RuntimeInformation.FrameworkDescription);
                    writer.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
                    writer.WriteString("runner", Programs.KindOf(Programs.Runner));
                    writer.WriteString("supervisor", Programs.KindOf(Programs.Supervisor));
                    writer.WriteEndObject();
                }
            );
        }
        else
        {
            invocation.Terminal.WriteLine(
                $"clw {Version} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})"
            );
        }

        return Task.FromResult(0);
    }
}
