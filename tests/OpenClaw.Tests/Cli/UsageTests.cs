using System.Text.Json;
using OpenClaw.Cli;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Tests.Cli;

/// <summary>A wrong command line gets one sentence, the nearest right word, and exit code 2; nothing is dialled.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("clw has no command 'taks'; did you mean task?", "taks", "list")]
    [InlineData("clw task has no command 'sumbit'; did you mean submit?", "task", "sumbit")]
    [InlineData("clw task list has no option '--statsu'; did you mean --status?", "task", "list", "--statsu", "PENDING")]
    [InlineData("clw task submit has no option '--typ'; did you mean --type?", "task", "submit", "--typ", "noop")]
    [InlineData("clw explain has no option '--lst'; did you mean --list?", "explain", "--lst")]
    [InlineData("there is no state 'PENDNG'; did you mean PENDING?", "task", "list", "--status", "PENDNG")]
    [InlineData("--limit takes a whole number from 1 to 1000000, not '0'", "task", "list", "--limit", "0")]
    [InlineData("--priority takes a whole number from -1000 to 1000, not '1001'", "task", "submit", "--type", "noop", "--priority", "1001")]
    [InlineData("--label takes NAME=VALUE, not 'zone'", "task", "list", "--label", "zone")]
    [InlineData("--label takes NAME=VALUE, not 'zone'", "task", "submit", "--type", "noop", "--label", "zone")]
    [InlineData("clw task submit needs a type, or --file for a batch", "task", "submit")]
    [InlineData(
        "--payload and --key belong to one task; in a batch they stand in the lines",
        "task",
        "submit",
        "--file",
        "x",
        "--key",
        "k"
    )]
    [InlineData("clw task cancel needs the id of a task", "task", "cancel")]
    [InlineData("clw task needs a command: submit, list, show, wait, cancel, retry", "task")]
    [InlineData("There are two types: 'hello' and --type noop", "task", "submit", "hello", "--type", "noop")]
    [InlineData("--timeout 0 leaves a task no time; without --timeout the type's own holds", "task", "submit", "noop", "--timeout", "0")]
    [InlineData(
        "--data-dir /dev/null is a file; the manager's data directory is meant, where its token is",
        "task",
        "list",
        "--data-dir",
        "/dev/null"
    )]
    [InlineData("clw cluster restart-workers needs names, or --all", "cluster", "restart-workers")]
    [InlineData("Name workers or say --all, not both", "cluster", "restart-workers", "w1", "--all")]
    [InlineData(
        "--parallel takes a number from 1, or a share from 1% to 100%, not 'half'",
        "cluster",
        "restart-workers",
        "--all",
        "--parallel",
        "half"
    )]
    [InlineData("--label names zone twice", "task", "submit", "--type", "noop", "--label", "zone=a", "--label", "zone=b")]
    public async Task A_wrong_word_is_named(string sentence, params string[] words)
    {
        var run = await CommandRun.OfAsync(words);
        Assert.Equal((int)ExitCode.Usage, run.Code);
        Assert.StartsWith($"error: clw-usage: {sentence}\nnext: ", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Out);
    }

    [Theory]
    [InlineData("localhost", "localhost:9090")]
    [InlineData("10.0.0.5,10.0.0.6:9190", "10.0.0.5:9090, 10.0.0.6:9190")]
    public async Task A_manager_without_a_port_is_at_the_default_one(string given, string meant)
    {
        var run = await CommandRun.OfAsync("debug", "config", "--manager", given, "--json");
        Assert.Equal(0, run.Code);
        var key = JsonDocument.Parse(run.Out).RootElement.GetProperty("settings").GetProperty("cluster.manager_address");
        Assert.Equal((meant, "--manager"), (key.GetProperty("value").GetString(), key.GetProperty("from").GetString()));
    }

    [Theory]
    [InlineData("--max-retries", "help", "task", "submit")]
    [InlineData("submit", "help", "task")]
    [InlineData("task", "help")]
    public async Task Help_is_a_command_too(string part, params string[] words)
    {
        var run = await CommandRun.OfAsync(words);
        Assert.Equal(("", (int)ExitCode.Ok), (run.Error, run.Code));
        Assert.Contains(part, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_an_unknown_command_is_a_mistake()
    {
        var run = await CommandRun.OfAsync("help", "taks");
        Assert.Equal((int)ExitCode.Usage, run.Code);
        Assert.StartsWith("error: clw-usage: clw has no command 'taks'; did you mean task?", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_payload_is_a_mistake_and_not_null()
    {
        var run = await CommandRun.OfAsync("task", "submit", "noop", "--payload", "");
        Assert.StartsWith("error: clw-payload-invalid: the payload is empty\nnext: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cluster", "status", "--manager", "10.0.0.5:9090")]
    [InlineData("task", "list", "--manager", "manager.example:9090")]
    [InlineData("worker", "--dry-run", "--manager", "127.0.0.1:9090,10.0.0.5:9090")]
    public async Task A_token_is_not_sent_beyond_this_machine_unless_that_was_said(params string[] words)
    {
        var run = await CommandRun.OfAsync(words);
        Assert.Equal((int)ExitCode.Config, run.Code);
        Assert.Contains("error: clw-address-insecure: The manager at ", run.Error, StringComparison.Ordinal);
        Assert.Contains("--insecure-manager", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--insecure-manager", "--manager", "localhost.invalid:1")]
    [InlineData("--manager", "127.0.0.1:1")]
    [InlineData("--manager", "localhost:1")]
    [InlineData("--manager", "[::1]:1")]
    public async Task What_was_said_or_stays_on_this_machine_is_dialled(params string[] words)
    {
        var run = await CommandRun.OfAsync(["cluster", "status", "--data-dir", "/nowhere", .. words]);
        Assert.Equal((int)ExitCode.Unreachable, run.Code);
    }

    [Fact]
    public async Task A_time_that_is_none_says_what_one_looks_like()
    {
        var run = await CommandRun.OfAsync("task", "submit", "--type", "noop", "--delay", "soon");
        Assert.Equal(2, run.Code);
        Assert.Contains("--delay takes a duration like 5s", run.Error, StringComparison.Ordinal);
        Assert.Contains("not 'soon'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_negative_number_is_a_value_and_no_option()
    {
        // It gets as far as the payload, which is wrong on purpose.
        var run = await CommandRun.OfAsync("task", "submit", "--type", "noop", "--priority", "-5", "--payload", "{");
        Assert.StartsWith("error: clw-payload-invalid: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_a_failure_is_one_line_of_json_on_the_error_output()
    {
        var run = await CommandRun.OfAsync("explain", "clw-nothing-like-this", "--json");
        Assert.Equal("", run.Out);
        using var document = JsonDocument.Parse(run.Error);
        var error = document.RootElement.GetProperty("error");
        Assert.Equal("clw-usage", error.GetProperty("code").GetString());
        Assert.Equal(2, error.GetProperty("exit").GetInt32());
        Assert.Equal("List all codes: clw explain --list", error.GetProperty("next").GetString());
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("{", "The payload is not JSON at line 1, byte 2")]
    [InlineData("hello", "The payload is not JSON at line 1, byte 1")]
    public async Task A_payload_is_checked_before_anything_is_dialled(string payload, string sentence)
    {
        var run = await CommandRun.OfAsync("task", "submit", "--type", "noop", "--payload", payload);
        Assert.Equal(2, run.Code);
        Assert.StartsWith($"error: clw-payload-invalid: {sentence}\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_from_a_file_that_is_missing_names_it()
    {
        var run = await CommandRun.OfAsync("task", "submit", "--type", "noop", "--payload", "@/nowhere/p.json");
        Assert.StartsWith("error: clw-file-unreadable: /nowhere/p.json: there is no such file\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.Code);
    }

    [Fact]
    public async Task Nobody_there_is_exit_code_4_with_the_way_out()
    {
        var run = await CommandRun.OfAsync("cluster", "status", "--manager", "127.0.0.1:1", "--data-dir", "/nowhere");
        Assert.Equal((int)ExitCode.Unreachable, run.Code);
        Assert.Equal(
            "error: clw-connection-refused: Nothing listens on 127.0.0.1:1.\nnext: Check that a manager runs here and listens on port 1 (clw doctor), or name the right address: --manager HOST:PORT\n",
            run.Error
        );
    }

    [Fact]
    public async Task A_wrong_setting_names_its_flag_and_every_problem_has_a_line()
    {
        var run = await CommandRun.OfAsync("debug", "config", "--slots", "0", "--oom-score=x");
        Assert.Equal((int)ExitCode.Config, run.Code);
        Assert.Contains(
            "error: clw-config-invalid: --slots: worker.slots: must be from 1 to 10000, not '0'\n",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "error: clw-config-invalid: --oom-score: task.oom_score: expected a whole number, not 'x'\n",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("clw-worker", "worker")]
    [InlineData("openclaw-worker", "worker")]
    [InlineData("clw-cluster", "cluster")]
    [InlineData("clw-diag", "diag")]
    [InlineData("clw-metrics", "metrics")]
    [InlineData("clw-bench", "bench")]
    public void A_name_is_a_verb(string name, string verb) => Assert.Equal([verb, "--x"], ProgramNames.Translate(name, ["--x"]));

    [Theory]
    [InlineData("clw")]
    [InlineData("claw")]
    [InlineData("openclaw")]
    [InlineData("my-own-link")]
    public void Any_other_name_is_the_command_itself(string name) => Assert.Equal(["status"], ProgramNames.Translate(name, ["status"]));

    [Fact]
    public void The_states_in_the_help_are_those_of_the_table() =>
        Assert.Equal(TaskCommands.StateNames, string.Join(", ", Transitions.AllNames));

    /// <summary>Each verb's help has to exist: an option that is added twice throws only when it is parsed or shown.</summary>
    [Theory]
    [InlineData("up")]
    [InlineData("demo")]
    [InlineData("manager")]
    [InlineData("manager", "start")]
    [InlineData("worker")]
    [InlineData("worker", "start")]
    [InlineData("task", "submit")]
    [InlineData("task", "list")]
    [InlineData("task", "show")]
    [InlineData("task", "wait")]
    [InlineData("task", "cancel")]
    [InlineData("task", "retry")]
    [InlineData("cluster", "status")]
    [InlineData("status")]
    [InlineData("plugin", "list")]
    [InlineData("plugin", "check")]
    [InlineData("plugin", "run")]
    [InlineData("explain")]
    [InlineData("debug", "config")]
    [InlineData("validate-config")]
    [InlineData("version")]
    public async Task Every_verb_has_help(params string[] words)
    {
        var run = await CommandRun.OfAsync([.. words, "--help"]);
        Assert.Equal(0, run.Code);
        Assert.Contains("Usage:", run.Out, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }
}
