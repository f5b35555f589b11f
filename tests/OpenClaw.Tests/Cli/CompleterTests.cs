using OpenClaw.Cli;
using OpenClaw.Cli.Completion;

namespace OpenClaw.Tests.Cli;

public sealed class CompleterTests
{
    private static Completions Complete(params string[] words) =>
        Completer.Complete(CommandTree.Build((_, _) => Task.FromResult(0)), words);

    private static IEnumerable<string> Words(params string[] words) => Complete(words).Words.Select(c => c.Word);

    [Fact]
    public void Verbs_come_first_and_hidden_ones_never()
    {
        Assert.Contains("task", Words(""));
        Assert.Contains("completion", Words(""));
        Assert.DoesNotContain("internal", Words(""));
        Assert.Equal(["submit"], Words("task", "su"));
    }

    [Fact]
    public void An_option_that_was_given_is_not_offered_again_unless_it_may_be()
    {
        Assert.DoesNotContain("--type", Words("task", "submit", "--type", "noop", "--"));
        Assert.Contains("--label", Words("task", "submit", "--label", "a=b", "--"));
        Assert.Contains("--json", Words("task", "submit", "--"));
    }

    [Fact]
    public void Values_stand_where_values_are_taken()
    {
        Assert.Equal(["PENDING"], Words("task", "list", "--status", "p"));
        Assert.Equal(["--scenario=drain"], Words("bench", "--scenario=d"));
        Assert.Contains("clw-worker-crash", Words("explain", "clw-worker-"));
        Assert.Equal(["bash", "zsh", "fish"], Words("completion", ""));
        Assert.Equal(PathKind.Files, Complete("validate-config", "").Paths);
        Assert.Equal(PathKind.Directories, Complete("up", "--data-dir", "").Paths);
        Assert.Equal(["--core-dump=true", "--core-dump=false"], Words("up", "--core-dump="));
    }

    [Fact]
    public void Types_are_those_of_the_plugin_directory_that_the_line_names()
    {
        var directory = Directory.CreateTempSubdirectory("completer-");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "mine.lua"), "function process_mine(data) return 1 end");
            Assert.Equal(["mine"], Words("plugin", "run", "--plugin-dir", directory.FullName, "m"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void What_makes_no_sense_offers_nothing()
    {
        Assert.Empty(Words("no-such-verb", "--t=x"));
        Assert.Empty(Words("task", "submit", "--no-such=", "--typ=e"));
        Assert.Empty(Words("task", "list", "--", "--ty"));
    }
}
