using System.Text;
using OpenClaw.Cli;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Tests.Cli;

/// <summary>A command line that was run inside the test: what it wrote, and its exit code.</summary>
internal sealed record CommandRun(int Code, string Out, string Error)
{
    public static async Task<CommandRun> OfAsync(params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var terminal = new Terminal
        {
            Out = output,
            Error = error,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes("")),
        };
        var code = await CommandLine.RunAsync(words, terminal, TimeProvider.System, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }
}
