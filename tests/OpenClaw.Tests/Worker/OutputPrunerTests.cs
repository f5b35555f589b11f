using OpenClaw.Tests.Support;
using OpenClaw.Worker.Core;

namespace OpenClaw.Tests.Worker;

public sealed class OutputPrunerTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-output-");
    private readonly VirtualTime time = new();
    private readonly RecordingLogger<OutputPruner> logger = new();

    public void Dispose() => directory.Delete(recursive: true);

    private string[] Left =>
        [.. Directory.GetDirectories(directory.FullName).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    private void Make(string task, int bytes, int hoursOld, string file = "sub/out.png")
    {
        var path = Path.Combine(directory.FullName, task, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[bytes]);
        var changed = (time.GetUtcNow() - TimeSpan.FromHours(hoursOld)).UtcDateTime;
        File.SetLastWriteTimeUtc(path, changed);
        for (var up = Path.GetDirectoryName(path)!; up != directory.FullName; up = Path.GetDirectoryName(up)!)
        {
            Directory.SetLastWriteTimeUtc(up, changed);
        }
    }

    private async Task<int> PruneAsync(long maxBytes = 1000, params string[] held) =>
        await Pruner(maxBytes)
            .PruneAsync((name, move) => Task.FromResult(!held.Contains(name) && move()), TestContext.Current.CancellationToken);

    private OutputPruner Pruner(long maxBytes) => new(directory.FullName, TimeSpan.FromHours(10), maxBytes, time, logger);

    [Fact]
    public async Task WhatIsOldGoesAndWhatIsHeldStays()
    {
        Make("task-a", 10, 11);
        Make("task-b", 10, 11);
        Make("task-c", 10, 9);
        Make("task-d", 10, 30);

        // An old directory in which a file was written lately.
        Make("task-d", 10, 1, "late.txt");
        Directory.SetLastWriteTimeUtc(Path.Combine(directory.FullName, "task-d"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(1, await PruneAsync(held: "task-b"));
        Assert.Equal(["task-b", "task-c", "task-d"], Left);
    }

    [Fact]
    public async Task BeyondTheSizeTheOldestGoFirst()
    {
        Make("task-a", 400, 3);
        Make("task-b", 400, 5);
        Make("task-c", 400, 4);
        Assert.Equal(1, await PruneAsync());
        Assert.Equal(["task-a", "task-c"], Left);
        Assert.Equal(0, await PruneAsync(800));
        Assert.Equal(1, await PruneAsync(799));
        Assert.Equal(["task-a"], Left);
    }

    [Fact]
    public async Task ALinkIsRemovedAndNotFollowed()
    {
        var outside = Directory.CreateTempSubdirectory("openclaw-outside-");
        try
        {
            File.WriteAllText(Path.Combine(outside.FullName, "precious"), "x");
            Make("task-a", 1, 30);
            var link = Path.Combine(directory.FullName, "task-a", "link");
            Directory.CreateSymbolicLink(link, outside.FullName);
            Directory.SetLastWriteTimeUtc(Path.Combine(directory.FullName, "task-a"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            Assert.Equal(1, await PruneAsync());
            Assert.True(File.Exists(Path.Combine(outside.FullName, "precious")));
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task WhereNothingWasWrittenThereIsNothingToDo() =>
        Assert.Equal(
            0,
            await new OutputPruner("/nowhere/at/all", TimeSpan.Zero, 0, time, logger).PruneAsync(
                (_, _) => throw new InvalidOperationException("asked"),
                TestContext.Current.CancellationToken
            )
        );

    [Fact]
    public async Task ATaskThatIsTakenUpDuringThePassKeepsItsDirectory()
    {
        // Both old: the second attempt of b begins while a is removed.
        Make("task-a", 10, 12);
        Make("task-b", 10, 11);
        var begun = false;
        var removed = await Pruner(1000)
            .PruneAsync(
                (name, move) =>
                {
                    var free = name != "task-b" || !begun;
                    begun = true;
                    return Task.FromResult(free && move());
                },
                TestContext.Current.CancellationToken
            );
        Assert.Equal(1, removed);
        Assert.Equal(["task-b"], Left);
    }

    [Fact]
    public async Task AStopLeavesTheRestAndTheNextPassEndsWhatWasBegun()
    {
        Make("task-a", 10, 12);
        Make("task-b", 10, 11);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAsync<OperationCanceledException>(() =>
            Pruner(1000)
                .PruneAsync(
                    (_, move) =>
                    {
                        stop.Cancel();
                        return Task.FromResult(move());
                    },
                    stop.Token
                )
        );
        Assert.Equal([".removing-task-a", "task-b"], Left);
        Assert.Equal(1, await PruneAsync(held: "task-a"));
        Assert.Empty(Left);
    }
}
