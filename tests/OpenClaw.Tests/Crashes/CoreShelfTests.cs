using OpenClaw.Abi.Crashes;

namespace OpenClaw.Tests.Crashes;

/// <summary>Cores are kept in a place where others write too: bounded, and nothing of theirs is touched (W13).</summary>
public sealed class CoreShelfTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("clw-shelf-");

    public void Dispose() => directory.Delete(recursive: true);

    private string At(string name) => Path.Combine(directory.FullName, name);

    private CoreShelf Shelf(long max = 1 << 20, int files = 10, long bytes = 1 << 20) =>
        new(Path.Combine(directory.CreateSubdirectory("cores").FullName, "clw-core.%p"), max, files, bytes);

    private string Core(string text = "core")
    {
        var path = At("core");
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void ACoreMovesThereAndIsItsOwnersAlone()
    {
        var shelf = Shelf();
        var source = Core();
        File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var kept = shelf.Keep(source, 12);
        Assert.Equal((shelf.PathFor(12), 4L, (string?)null), (kept.Path, kept.Bytes, kept.Note));
        Assert.False(File.Exists(source));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kept.Path!));
    }

    [Fact]
    public void AnOlderCoreOfTheSameNumberMakesRoomAndALinkDoesNot()
    {
        var shelf = Shelf();
        File.WriteAllText(shelf.PathFor(12), "older");
        Assert.Equal(shelf.PathFor(12), shelf.Keep(Core(), 12).Path);
        Assert.Equal("core", File.ReadAllText(shelf.PathFor(12)));

        File.WriteAllText(At("victim"), "theirs");
        File.CreateSymbolicLink(shelf.PathFor(13), At("victim"));
        var kept = shelf.Keep(Core(), 13);
        Assert.Equal(shelf.PathFor(13) + ".1", kept.Path);
        Assert.Contains("somebody else", kept.Note, StringComparison.Ordinal);
        Assert.Equal("theirs", File.ReadAllText(At("victim")));

        // A link to nothing would let a careless writer make the file that it names.
        File.CreateSymbolicLink(shelf.PathFor(14), At("not there"));
        Assert.Equal(shelf.PathFor(14) + ".1", shelf.Keep(Core(), 14).Path);
        Assert.False(File.Exists(At("not there")));
    }

    [Fact]
    public void TooLargeIsNotKeptAndTheOldestGo()
    {
        var big = Shelf(max: 3).Keep(Core(), 1);
        Assert.Null(big.Path);
        Assert.Contains("larger than task.core_max_bytes", big.Note, StringComparison.Ordinal);
        Assert.False(File.Exists(At("core")));

        var shelf = Shelf(files: 2);
        File.WriteAllText(Path.Combine(shelf.DirectoryPath, "clw-core.notes"), "not a core");
        for (var pid = 1; pid <= 4; pid++)
        {
            var path = shelf.Keep(Core(), pid).Path!;
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddDays(pid));
        }

        Assert.Equal(
            ["clw-core.3", "clw-core.4", "clw-core.notes"],
            Directory.GetFiles(shelf.DirectoryPath).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)
        );

        // By what they take on the disk.
        Shelf(bytes: 4096 + 4).Keep(Core(), 5);
        Assert.Equal(2, Directory.GetFiles(shelf.DirectoryPath, "clw-core.?").Length);
    }
}
