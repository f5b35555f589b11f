using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Stopping;

/// <summary>
/// Proves: Ctrl-C at any moment, typed on a real terminal so that the whole foreground group gets it, leaves no process and no temporary
/// file behind. The moments are drawn by a seed; how long they are is no expectation. A demo that has said what it is at is at work,
/// and ends by the key: it would need seconds to end by itself.
/// </summary>
public sealed class CtrlCTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("up", 10)]
    [InlineData("demo", 10)]
    [InlineData("demo", 2, "Starting a private cluster")]
    [InlineData("demo", 2, " slots: texts and pictures")]
    public async Task Ctrl_C_leaves_nothing_behind(string verb, int times, string? atWork = null)
    {
        await using var up = new Up();
        Checkout.Compile("pty.c", up.Room.Path("pty"), "-lutil");
        var draw = new Random(20_240_115);
        var codes = new List<int>();
        for (var i = 0; i < times; i++)
        {
            var moment = TimeSpan.FromMilliseconds(draw.Next(40, 2500));
            var terminal = up.Room.Start(up.Room.Path("pty"), [Checkout.Program("clw"), verb]);
            if (atWork is null)
            {
                await Task.Delay(moment);
            }
            else
            {
                await terminal.SaidAsync(atWork);
            }

            if (!terminal.HasExited)
            {
                await terminal.TypeAsync("\x03");
            }

            codes.Add(await terminal.EndAsync());
            await up.Room.NothingRunsAsync($"after Ctrl-C at {moment.TotalMilliseconds:0} ms\n{terminal.Said}");
            Assert.DoesNotContain(
                Directory.EnumerateFileSystemEntries(up.Room.Path("tmp")).Select(f => Path.GetFileName(f)!),
                f => f.Contains("clw", StringComparison.Ordinal) || f.Contains("claw", StringComparison.Ordinal)
            );
            Assert.DoesNotContain("   at ", terminal.Output, StringComparison.Ordinal);
        }

        output.WriteLine($"exit codes: {string.Join(' ', codes)}");
        Assert.All(codes, c => Assert.True(c == 130 || (c == 0 && atWork is null), $"ended with {c}"));
    }
}
