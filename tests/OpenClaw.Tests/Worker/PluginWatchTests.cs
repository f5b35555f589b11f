using OpenClaw.Tests.Support;
using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker;

public sealed class PluginWatchTests : IDisposable
{
    private static readonly TimeSpan Anyway = TimeSpan.FromSeconds(5.5);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly string parent = Directory.CreateTempSubdirectory("clw-watch-").FullName;

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public async Task A_directory_that_comes_later_is_found_and_heard_from_then_on()
    {
        var time = new VirtualTime();
        var directory = Path.Combine(parent, "plugins");
        using var looks = new SemaphoreSlim(0);
        Task LookedAsync() => looks.WaitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20));
        await using var watch = new PluginWatch(
            directory,
            _ =>
            {
                looks.Release();
                return ValueTask.CompletedTask;
            },
            time,
            new RecordingLogger()
        );
        await LookedAsync();
        Directory.CreateDirectory(directory);
        time.Advance(Anyway);
        await LookedAsync();

        File.WriteAllText(Path.Combine(directory, "late.lua"), "");
        await time.WhenArmedAsync(left => left <= Quiet).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        time.Advance(Quiet);
        await LookedAsync();
    }
}
