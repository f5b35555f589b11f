using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Comfort;

/// <summary>Proves: the scripts of <c>clw completion</c> complete in the shells that they are for.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("clw task su", "submit")]
    [InlineData("clw task submit --type=n", "noop")]
    [InlineData("clw task submit --type mine", "mine")]
    [InlineData("clw task submit --type=", "mine noop ping sleep")]
    [InlineData("clw task list --status D", "DEAD")]
    [InlineData("clw-bench --scenario dr", "drain")]
    [InlineData("clw validate-config wor", "worker.yaml")]
    [InlineData("clw up --data-dir=hom", "home")]
    [InlineData("clw no-such-verb --x", "")]
    public async Task Bash(string line, string expected)
    {
        await using var room = Prepare();
        // What bash itself does with a line at Tab: it takes it apart at spaces and at '='.
        const string script = """
            source <(clw completion bash)
            COMP_LINE=$1 COMP_POINT=${#1}
            spaced=${1//=/ = }
            [[ $1 != *= ]] || spaced=${spaced% }
            read -ra COMP_WORDS <<<"$spaced"
            [[ $1 != *' ' ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            $(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \([^ ]*\).*/\1/')
            echo "${COMPREPLY[@]}"
            """;
        Assert.Equal(expected, await AnswerAsync(room, "bash", "-c", script, "bash", line));
    }

    [Theory]
    [InlineData("clw task su", "submit")]
    [InlineData("clw task submit --type=n", "--type=noop")]
    [InlineData("clw task list --status D", "DEAD")]
    [InlineData("clw-bench --scenario dr", "drain")]
    [InlineData("clw validate-config wor", "worker.yaml")]
    public async Task Fish(string line, string expected)
    {
        await using var room = Prepare();
        Assert.Equal(
            expected,
            (await AnswerAsync(room, "fish", "--no-config", "-c", "clw completion fish | source; complete -C $argv[1]", line)).Split('\t')[
                0
            ]
        );
    }

    [Theory]
    [InlineData("clw task su", "submit:Submit a task, or a batch of them; prints the id")]
    [InlineData("clw task submit --type=n", "--type=noop")]
    [InlineData("clw task list --status D", "DEAD")]
    [InlineData("clw-bench --scenario dr", "drain:tasks that wait already are worked off")]
    public async Task Zsh(string line, string expected)
    {
        await using var room = Prepare();
        // The function as zsh calls it, with what it offers written out in place of shown.
        const string script = """
            compdef() { }
            compset() { }
            _describe() { print -rl -- "${(@P)4}" }
            source <(clw completion zsh)
            words=("${(@s: :)1}")
            CURRENT=$#words
            _clw
            """;
        Assert.Equal(expected, await AnswerAsync(room, "zsh", "-f", "-c", script, "zsh", line));
    }

    private static Room Prepare()
    {
        var room = new Room();
        room.Environment["PATH"] = $"{Checkout.Bin}:{room.Environment["PATH"]}";
        room.Plugin("mine.lua", "function process_mine(data) return 1 end");
        File.WriteAllText(room.Path("worker.yaml"), "");
        return room;
    }

    private static async Task<string> AnswerAsync(Room room, string shell, params string[] words)
    {
        var started = room.Start(Checkout.Need(shell), words);
        started.CloseInput();
        await started.EndWithOutputAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("", started.Errors);
        return started.Output.Trim();
    }
}
