using System.Text.RegularExpressions;
using OpenClaw.Cli;

namespace OpenClaw.Tests.Cli;

/// <summary>What <c>plugin new</c> says to type next is what the command line takes.</summary>
public sealed partial class PluginNewTests
{
    [Fact]
    public async Task The_lines_that_it_prints_are_no_usage_errors()
    {
        var directory = Directory.CreateTempSubdirectory("clw-new");
        try
        {
            var run = await CommandRun.OfAsync("plugin", "new", "hello", "--lang", "python", "--dir", directory.FullName);
            Assert.Equal(("", 0), (run.Error, run.Code));
            var lines = run.Out.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal)).ToList();
            Assert.Contains(lines, line => line.Contains("task submit hello -p", StringComparison.Ordinal));
            foreach (var line in lines)
            {
                var words = Words().Matches(line.Split('#')[0]).Select(match => match.Value.Trim('\''));
                var parsed = CommandTree.Build((_, _) => throw new InvalidOperationException("nothing is run")).Parse([.. words.Skip(1)]);
                Assert.Empty(parsed.Errors);
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [GeneratedRegex("'[^']*'|[^\\s']+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();
}
