using System.Runtime.Versioning;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Abi;

/// <summary>The kernel's list of orphans: a number that lost digits would be the number of somebody else.</summary>
[SupportedOSPlatform("linux")]
public sealed class AdoptedTests
{
    [Fact]
    public void AWholeListGivesAllNumbers()
    {
        Assert.Equal([17, 1234], Adopted.Parse("17 1234 "u8, isWhole: true));
        Assert.Equal([17, 1234], Adopted.Parse("17 1234"u8, isWhole: true));
        Assert.Empty(Adopted.Parse(""u8, isWhole: true));
    }

    [Fact]
    public void ANumberThatWasCutOffIsNobodys()
    {
        Assert.Equal([17], Adopted.Parse("17 12"u8, isWhole: false));
        Assert.Equal([17, 12], Adopted.Parse("17 12 "u8, isWhole: false));
        Assert.Empty(Adopted.Parse("17"u8, isWhole: false));
    }
}
