using OpenClaw.Hosting.Logs;

namespace OpenClaw.Tests.Logs;

/// <summary>Workers of one machine that have one log directory.</summary>
public sealed class LogShareTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("clw-share-");

    public void Dispose() => directory.Delete(recursive: true);

    private string Owner(string name) => directory.CreateSubdirectory(name).FullName;

    private string Suffix(string owner) => LogShare.Suffix(Path.Combine(directory.FullName, "log"), "worker", owner);

    [Fact]
    public void Each_has_files_of_its_own_and_the_same_at_every_start()
    {
        var (first, second) = (Owner("a"), Owner("b"));
        Assert.Equal(["", "-2", "", "-2"], new[] { first, second, first, second }.Select(Suffix));
    }

    [Fact]
    public void What_a_worker_had_that_is_gone_for_good_goes_to_the_next()
    {
        var (first, second) = (Owner("a"), Owner("b"));
        Assert.Equal(["", "-2"], new[] { first, second }.Select(Suffix));
        Directory.Delete(first);
        Assert.Equal("", Suffix(Owner("c")));
        Assert.Equal("-2", Suffix(second));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_changes_no_name()
    {
        File.WriteAllText(Path.Combine(directory.FullName, "log"), "a file where a directory should be");
        Assert.Equal("", Suffix(Owner("a")));
    }
}
