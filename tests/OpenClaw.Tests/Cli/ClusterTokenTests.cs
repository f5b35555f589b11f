using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;

namespace OpenClaw.Tests.Cli;

public sealed class ClusterTokenTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-token-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void A_token_that_is_drawn_later_or_anew_is_taken_up()
    {
        var token = ClusterSession.Token(directory.FullName);
        Assert.Null(token());
        var file = Path.Combine(directory.FullName, LocalCluster.TokenFile);
        File.WriteAllText(file, "first\n");
        Assert.Equal("first", token());
        File.WriteAllText(file, "second\n");
        Assert.Equal("second", token());
    }
}
