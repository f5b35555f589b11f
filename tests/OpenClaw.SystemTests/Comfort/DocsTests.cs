using System.Text.RegularExpressions;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Comfort;

/// <summary>Proves: the commands of the pages work as they are printed.</summary>
public sealed partial class DocsTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_durability_page_kills_a_manager_and_loses_nothing()
    {
        await using var room = Prepare(new Room());
        var block = Blocks("docs/durability.md").Single(b => b.IsTested);
        var text = block.Text.Replace("9190", $"{Room.FreePort()}", StringComparison.Ordinal);
        var bash = await BashAsync(room, text, TimeSpan.FromSeconds(120));
        Assert.Equal("1000\n1000\n", bash.Output);
        await room.NothingRunsAsync("after the page's commands");
    }

    [Theory]
    [InlineData("README.md", 2)]
    [InlineData("docs/quickstart.md", 9)]
    public async Task Commands_for_a_running_cluster_work(string page, int least)
    {
        await using var up = new Up();
        await up.StartAsync();
        var room = Prepare(up.Room);
        Directory.CreateSymbolicLink(room.Path("clw"), Checkout.Program("clw"));
        var lastId = "";
        var tried = 0;
        foreach (var block in Blocks(page))
        {
            if (block.Language == "lua")
            {
                var name = LuaName().Match(block.Text).Groups[1].Value;
                room.Plugin(name, block.Text);
                File.Copy(room.Path("plugins", name), room.Path(name));
            }
            else if (block.Text.StartsWith('{'))
            {
                await File.WriteAllTextAsync(room.Path("batch.jsonl"), block.Text);
            }

            var lines = block.Text.Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                var command = lines[i].Split("  #")[0].TrimStart('$', ' ');
                if (!ForARunningCluster().IsMatch(command))
                {
                    continue;
                }

                // An id in a page stands for the one that was printed before.
                command = PrintedId().Replace(command, lastId);
                var bash = await BashAsync(room, command, TimeSpan.FromSeconds(30));
                var fails = i + 1 < lines.Length && lines[i + 1].StartsWith("error: ", StringComparison.Ordinal);
                Assert.True(bash.ExitCode != 0 == fails, $"{page}: {command}\n{bash.Said}");
                if (fails)
                {
                    Assert.Contains(lines[i + 1], bash.Errors, StringComparison.Ordinal);
                    Assert.Contains(lines[i + 2], bash.Errors, StringComparison.Ordinal);
                }

                lastId = PrintedId().Match(bash.Output) is { Success: true } id ? id.Value : lastId;
                output.WriteLine(command);
                tried++;
            }
        }

        Assert.True(tried >= least, $"only {tried} commands of {page} were tried");
        await up.StopAsync();
    }

    private static Room Prepare(Room room)
    {
        Checkout.Need("jq");
        room.Environment["PATH"] = $"{Checkout.Bin}:{room.Environment["PATH"]}";
        return room;
    }

    private static async Task<RealProcess> BashAsync(Room room, string script, TimeSpan bound)
    {
        var bash = room.Start(Checkout.Need("bash"), ["-c", script]);
        bash.CloseInput();
        await bash.EndWithOutputAsync(bound);
        return bash;
    }

    private static IEnumerable<Block> Blocks(string page) =>
        Fence()
            .Matches(File.ReadAllText(Path.Combine(Checkout.Root, page)))
            .Select(m => new Block(m.Groups["language"].Value, m.Groups["text"].Value, m.Groups["tested"].Success));

    private sealed record Block(string Language, string Text, bool IsTested);

    [GeneratedRegex(
        @"(?<tested><!-- tested -->\n)?^```(?<language>\w*)\n(?<text>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline,
        1000
    )]
    private static partial Regex Fence();

    [GeneratedRegex(@"-- (\w+\.lua)", RegexOptions.None, 1000)]
    private static partial Regex LuaName();

    // Not those that start a cluster, and not those that write into the home directory of whoever reads.
    [GeneratedRegex(@"^(\./)?clw (task|cluster|plugin|explain|debug) ", RegexOptions.None, 1000)]
    private static partial Regex ForARunningCluster();

    [GeneratedRegex("task-[0-9a-z]{6,}", RegexOptions.None, 1000)]
    private static partial Regex PrintedId();
}
