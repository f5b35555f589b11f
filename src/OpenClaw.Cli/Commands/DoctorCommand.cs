using System.CommandLine;
using OpenClaw.Cli.Doctor;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw doctor</c>: looks at this machine and at the way to the manager. Exit 1 when something fails; changes nothing.</summary>
internal static class DoctorCommand
{
    // For tests: a directory with copies of /proc and /sys.
    private static readonly Option<string?> HostRoot = new("--host-root") { Hidden = true };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "doctor",
            "Look at this machine and the way to the manager; say what is wrong and what to do",
            RunAsync,
            [HostRoot, .. ClusterSession.Options]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var request = SettingsRequest.OfProcess(invocation.Get(Options.Config) ?? [], ClusterSession.Flags(invocation));
        var run = new DoctorRun(new HostFiles(invocation.Get(HostRoot) ?? ""), invocation);
        var found = await run.RunAsync(request);
        if (invocation.Json)
        {
            Write(invocation.Terminal, found);
        }
        else
        {
            Print(invocation.Terminal, found);
        }

        return (int)(found.Any(f => f.Level == Level.Fail) ? ExitCode.Failed : ExitCode.Ok);
    }

    private static void Print(Terminal terminal, IReadOnlyList<Finding> found)
    {
        var width = found.Max(f => f.Check.Length);
        foreach (var finding in found)
        {
            var word = finding.Level.ToString().ToUpperInvariant().PadRight(4);
            var shown = finding.Level switch
            {
                Level.Ok => terminal.Green(word),
                Level.Warn => terminal.Yellow(word),
                Level.Fail => terminal.Red(word),
                _ => terminal.Dim(word),
            };
            var code = finding.Code is null ? "" : $"{finding.Code}: ";
            terminal.WriteLine($"{shown}  {finding.Check.PadRight(width)}  {code}{finding.Text.ReplaceLineEndings(" ")}");
            if (finding.Next is not null)
            {
                terminal.WriteLine($"{new string(' ', width + 8)}next: {finding.Next}");
            }
        }

        int Count(Level level) => found.Count(f => f.Level == level);
        terminal.WriteLine();
        terminal.WriteLine(
            $"{Count(Level.Ok)} ok, {Count(Level.Warn)} to look at, {Count(Level.Fail)} failed, {Count(Level.Skip)} skipped"
        );
    }

    private static void Write(Terminal terminal, IReadOnlyList<Finding> found) =>
        Json.Write(
            terminal,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteBoolean("ok", found.All(f => f.Level != Level.Fail));
                writer.WriteStartArray("checks");
                foreach (var finding in found)
                {
                    writer.WriteStartObject();
                    writer.WriteString("check", finding.Check);
                    writer.WriteString("level", finding.Level.ToString().ToLowerInvariant());
                    writer.WriteString("text", finding.Text);
                    writer.WriteText("next", finding.Next);
                    writer.WriteText("code", finding.Code);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }
        );
}
