using OpenClaw.Abi.Files;

namespace OpenClaw.Tests.Abi;

public sealed class SearchPathTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-path-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void The_first_program_that_may_be_run_is_found_and_relative_directories_do_not_count()
    {
        var (first, second) = (directory.CreateSubdirectory("a").FullName, directory.CreateSubdirectory("b").FullName);
        foreach (var path in new[] { Path.Join(first, "tool"), Path.Join(second, "tool") })
        {
            File.WriteAllText(path, "");
        }

        File.SetUnixFileMode(Path.Join(second, "tool"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(Path.Join(second, "tool"), SearchPath.Find("tool", $".:{first}::{second}"));
        File.SetUnixFileMode(Path.Join(first, "tool"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(Path.Join(first, "tool"), SearchPath.Find("tool", $".:{first}::{second}"));
        Assert.Null(SearchPath.Find("tool", Path.GetRelativePath(Environment.CurrentDirectory, first)));
        Assert.Null(SearchPath.Find("other", $"{first}:{second}"));
        Assert.Null(SearchPath.Find("tool", null));
        Assert.True(SearchPath.Has("sh"));
    }
}
