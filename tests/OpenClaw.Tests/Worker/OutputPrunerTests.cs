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

    private int Prune(long maxBytes = 1000, params string[] held) =>
        new OutputPruner(directory.FullName, TimeSpan.FromHours(10), maxBytes, time, logger).Prune(held.ToHashSet());

    [Fact]
    public void WhatIsOldGoesAndWhatIsHeldStays()
    {
        Make("task-a", 10, 11);
        Make("task-b", 10, 11);
        Make("task-c", 10, 9);
        Make("task-d", 10, 30);

        // An old directory in which a file was written lately.
        Make("task-d", 10, 1, "late.txt");
        Directory.SetLastWriteTimeUtc(Path.Combine(directory.FullName, "task-d"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(1, Prune(held: "task-b"));
        Assert.Equal(["task-b", "task-c", "task-d"], Left);
    }

    [Fact]
    public void BeyondTheSizeTheOldestGoFirst()
    {
        Make("task-a", 400, 3);
        Make("task-b", 400, 5);
        Make("task-c", 400, 4);
        Assert.Equal(1, Prune());
        Assert.Equal(["task-a", "task-c"], Left);
        Assert.Equal(0, Prune(800));
        Assert.Equal(1, Prune(799));
        Assert.Equal(["task-a"], Left);
    }

    [Fact]
    public void ALinkIsRemovedAndNotFollowed()
    {
        var outside = Directory.CreateTempSubdirectory("openclaw-outside-");
        try
        {
            File.WriteAllText(Path.Combine(outside.FullName, "precious"), "x");
            Make("task-a", 1, 30);
            var link = Path.Combine(directory.FullName, "task-a", "link");
            Directory.CreateSymbolicLink(link, outside.FullName);
            Directory.SetLastWriteTimeUtc(Path.Combine(directory.FullName, "task-a"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            Assert.Equal(1, Prune());
            Assert.True(File.Exists(Path.Combine(outside.FullName, "precious")));
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Fact]
    public void WhereNothingWasWrittenThereIsNothingToDo() =>
        Assert.Equal(0, new OutputPruner("/nowhere/at/all", TimeSpan.Zero, 0, time, logger).Prune(new HashSet<string>()));
}
