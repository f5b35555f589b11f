using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Comfort;

/// <summary>Proves: <c>--watch</c> redraws in one place on a terminal, repeats blocks in a pipe, and Ctrl-C is a good end of it.</summary>
public sealed class WatchTests
{
    [Theory]
    [InlineData("task", "list")]
    [InlineData("cluster", "status")]
    public async Task On_a_terminal_it_redraws_in_place_and_Ctrl_C_ends_it_with_0(string noun, string verb)
    {
        await using var up = new Up();
        await up.StartAsync();
        Checkout.Compile("pty.c", up.Room.Path("pty"), "-lutil");
        var terminal = up.Room.Start(up.Room.Path("pty"), [Checkout.Program("clw"), noun, verb, "--watch"]);

        // Up again by the lines of the first look: the second is drawn over it.
        await terminal.SaidAsync(noun == "task" ? "\x1b[1A" : "\x1b[5A");
        await terminal.TypeAsync("\x03");
        Assert.Equal(0, await terminal.EndAsync());
        Assert.EndsWith("\x1b[?25h", terminal.Output.TrimEnd(), StringComparison.Ordinal);
        await up.StopAsync();
    }

    [Fact]
    public async Task In_a_pipe_blocks_follow_each_other_without_a_colour()
    {
        await using var up = new Up();
        await up.StartAsync();
        var watch = up.Room.Clw("cluster", "status", "--watch");
        await watch.SaidAsync("\n\nCLUSTER:");
        watch.Signal(Signals.Interrupt);
        Assert.Equal(0, await watch.EndAsync());
        Assert.DoesNotContain('\x1b', watch.Output);
        await up.StopAsync();
    }

    [Fact]
    public async Task A_task_is_followed_to_its_end()
    {
        await using var up = new Up();
        up.Room.Plugin("steps.lua", "function process_steps(data) progress(0.5, 'half way') log('a line') return 1 end");
        await up.StartAsync();
        using var client = up.Client();
        var id = await client.SubmitAsync("steps", "{}");
        var watch = await up.Room.RunAsync("task", "show", id, "--watch");
        Assert.Equal(0, watch.ExitCode);
        Assert.Contains("SUCCEEDED", watch.Output, StringComparison.Ordinal);
        await up.StopAsync();
    }
}
