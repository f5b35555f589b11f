using OpenClaw.Abi.Files;

namespace OpenClaw.Tests.Abi;

public sealed class FilesTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("clw-files-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private string At(string name) => Path.Combine(directory, name);

    [Fact]
    public void A_directory_has_one_owner_who_is_named_and_lets_go()
    {
        using (var first = DirectoryLock.Take(directory, out var nobody))
        {
            Assert.NotNull(first);
            Assert.Null(nobody);
            Assert.Null(DirectoryLock.Take(directory, out var owner));
            Assert.Equal(Environment.ProcessId, owner);
        }

        using var second = DirectoryLock.Take(directory, out _);
        Assert.NotNull(second);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At(DirectoryLock.FileName)));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_no_lock_of_others()
    {
        var thrown = Assert.Throws<IOException>(() => DirectoryLock.Take(At("nowhere"), out _));
        Assert.Contains(At("nowhere"), thrown.Message, StringComparison.Ordinal);
        Assert.Equal(2, thrown.HResult);
    }

    [Fact]
    public void A_file_is_its_owners_alone_and_replaced_whole()
    {
        File.WriteAllText(At("token"), "an old and longer one");
        File.SetUnixFileMode(At("token"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        OwnFile.Write(At("token"), "new"u8);
        Assert.Equal("new", File.ReadAllText(At("token")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("token")));
        Assert.Equal([At("token")], Directory.EnumerateFileSystemEntries(directory));
    }

    [Fact]
    public void A_write_that_fails_leaves_what_was_there_and_nothing_beside()
    {
        Directory.CreateDirectory(At("token"));
        Assert.ThrowsAny<Exception>(() => OwnFile.Write(At("token"), "new"u8));
        Assert.Equal([At("token")], Directory.EnumerateFileSystemEntries(directory));
    }

    [Theory]
    [InlineData("0644", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead)]
    [InlineData("0640", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead)]
    [InlineData("0604", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead)]
    [InlineData("0660", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    [InlineData("0440", UnixFileMode.UserRead | UnixFileMode.GroupRead)]
    [InlineData("0601", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherExecute)]
    [InlineData("0620", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite)]
    [InlineData(null, UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(null, UnixFileMode.UserRead)]
    public void Rights_of_others_are_taken_away_and_told(string? told, UnixFileMode mode)
    {
        File.WriteAllText(At("token"), "");
        File.SetUnixFileMode(At("token"), mode);
        Assert.Equal(told, OwnFile.Narrow(At("token")));
        Assert.Equal(mode & (UnixFileMode.UserRead | UnixFileMode.UserWrite), File.GetUnixFileMode(At("token")));
    }

    [Fact]
    public void A_file_that_is_not_there_needs_no_narrowing() => Assert.Null(OwnFile.Narrow(At("token")));
}
