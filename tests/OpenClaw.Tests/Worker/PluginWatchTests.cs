using OpenClaw.Tests.Support;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker;

public sealed class PluginWatchTests : IDisposable
{
    private static readonly TimeSpan Anyway = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly string parent = Directory.CreateTempSubdirectory("clw-watch-").FullName;

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public async Task A_directory_that_comes_later_is_found_and_heard_from_then_on()
    {
        var time = new VirtualTime();
        var directory = Path.Combine(parent, "plugins");
        var looks = 0;
        using var watch = new PluginWatch(
            directory,
            _ =>
            {
                looks++;
                return Task.CompletedTask;
            },
            time
        );
        Directory.CreateDirectory(directory);
        time.Advance(Anyway);
        Assert.Equal(1, looks);

        File.WriteAllText(Path.Combine(directory, "late.lua"), "");
        await time.WhenArmedAsync(left => left <= Quiet).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        time.Advance(Quiet);
        Assert.Equal(2, looks);
    }
}
