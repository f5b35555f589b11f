using System.Net;
using OpenClaw.Runner.Http;
using OpenClaw.Runner.Pictures;

namespace OpenClaw.Tests.Runner;

/// <summary>What a payload may not reach, however it writes it.</summary>
public sealed class ReachTests
{
    [Theory]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("64:ff9b::10.0.0.1", true)]
    [InlineData("64:ff9b::169.254.169.254", true)]
    [InlineData("64:ff9b::8.8.8.8", false)]
    [InlineData("64:ff9b:1::8.8.8.8", true)]
    [InlineData("2002:7f00:1::", true)]
    [InlineData("2002:808:808::", false)]
    [InlineData("2606:4700::1111", false)]
    public void AnIPv4AddressWithinAnIPv6OneIsJudged(string address, bool isPrivate) =>
        Assert.Equal(isPrivate, HttpHosts.IsPrivate(IPAddress.Parse(address)));

    [Theory]
    [InlineData("link")]
    [InlineData("link/inner")]
    public void ADirectoryThatBecameALinkSinceItWasLookedAtIsNotWrittenTo(string where)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the directory's real path is asked of /proc");
        var root = Directory.CreateTempSubdirectory("openclaw-reach-");
        try
        {
            var outside = root.CreateSubdirectory("outside");
            outside.CreateSubdirectory("inner");
            Directory.CreateSymbolicLink(Path.Combine(root.FullName, "link"), outside.FullName);
            var refusal = PictureFile.Write(Path.Combine(root.FullName, where, "x.png"), [0u], 1, 1);
            Assert.NotNull(refusal);
            Assert.Empty(outside.GetFiles("*", SearchOption.AllDirectories));
            Assert.Null(PictureFile.Write(Path.Combine(outside.FullName, "x.png"), [0u], 1, 1));
            Assert.Equal("x.png", Assert.Single(outside.GetFiles()).Name);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
