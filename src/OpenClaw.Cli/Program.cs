using OpenClaw.Abi.Processes;

namespace OpenClaw.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        StandardStreams.Require();
        var words = ProgramNames.Translate(InvokedAs.Name, args);
        return await CommandLine.RunAsync(words);
    }
}
