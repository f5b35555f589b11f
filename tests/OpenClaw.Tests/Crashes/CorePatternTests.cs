using OpenClaw.Abi.Crashes;

namespace OpenClaw.Tests.Crashes;

/// <summary>Where the kernel puts cores (core(5)), and which of them could be a process's (W13).</summary>
public sealed class CorePatternTests
{
    [Theory]
    [InlineData("core\n", false, "/work", "core", true)]
    [InlineData("core\n", false, "/work", "core.12", false)]
    [InlineData("core\n", true, "/work", "core.12", true)]
    [InlineData("core\n", true, "/work", "core.13", false)]
    [InlineData("core.%p\n", true, "/work", "core.12", true)]
    [InlineData("core.%p\n", true, "/work", "core.12.12", false)]
    [InlineData("/var/cores/%e.%p.%t.%s\n", false, "/var/cores", "image.lua.12.1700000000.11", true)]
    [InlineData("/var/cores/%e.%p.%t.%s\n", false, "/var/cores", "image.lua.12.1700000000.6", false)]
    [InlineData("100%%-%p\n", false, "/work", "100%-12", true)]
    [InlineData("sub/core\n", false, "/work/sub", "core", true)]
    public void NamesAndDirectoriesAreThoseOfThePattern(string pattern, bool usesPid, string directory, string name, bool fits)
    {
        var parsed = CorePattern.Parse(pattern, usesPid);
        Assert.Null(parsed.WhyNot);
        Assert.Equal(directory, parsed.DirectoryFor("/work"));
        Assert.Equal(fits, parsed.NameFor(12, 11).IsMatch(name));
    }

    [Theory]
    [InlineData("|/usr/lib/systemd/systemd-coredump %P %u", "systemd-coredump")]
    [InlineData("@/run/cores.socket", "socket /run/cores.socket")]
    [InlineData("\n", "empty")]
    public void WhereTheKernelGivesThemAwayItIsSaidWhy(string pattern, string why) =>
        Assert.Contains(why, CorePattern.Parse(pattern, usesPid: false).WhyNot, StringComparison.Ordinal);

    [Fact]
    public void ADirectoryWithPlaceholdersCannotBeKnown() => Assert.Null(CorePattern.Parse("/cores/%h/core", false).DirectoryFor("/"));

    [Theory]
    [InlineData("/tmp/clw-core.%p", null)]
    [InlineData("tmp/clw-core.%p", "absolute")]
    [InlineData("/tmp/clw-core", "%p")]
    [InlineData("/tmp/%p/clw-core.%p", "once")]
    [InlineData("/tmp/%p/core", "last part")]
    [InlineData("/tmp/%p", "name of its own")]
    public void APathForCoresNamesTheProcessInItsLastPart(string template, string? why)
    {
        var said = CoreShelf.WhyNot(template);
        Assert.True(why is null ? said is null : said?.Contains(why, StringComparison.Ordinal) == true, said);
    }
}
