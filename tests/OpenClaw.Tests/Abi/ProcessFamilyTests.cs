using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Abi;

/// <summary>Families are found once each, also when numbers were given anew while they were looked up.</summary>
public sealed class ProcessFamilyTests
{
    private static ProcessStat Of(int id, int parent) => new(id, 'S', parent, id, id, 0, 1, id, 0);

    [Fact]
    public void AllThatDescendsIsFoundAndNobodyElse()
    {
        ProcessStat[] all = [Of(10, 1), Of(11, 10), Of(12, 11), Of(20, 1)];
        Assert.Equal([10, 11, 12], ProcessFamily.With([all[0]], all).Select(p => p.Id).Order());
        Assert.Empty(ProcessFamily.With([], all));
    }

    [Fact]
    public void ACircleOfNumbersEnds()
    {
        ProcessStat[] all = [Of(10, 12), Of(11, 10), Of(12, 11)];
        Assert.Equal([10, 11, 12], ProcessFamily.With([all[0], all[1]], all).Select(p => p.Id).Order());
    }

    [Fact]
    public void WhoseNumberIsSomebodyElsesIsSpared()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var another = ProcessStat.Of(Environment.ProcessId)!.Value with { Started = 1 };
        Assert.False(ProcessFamily.Kill(another));
        Assert.False(ProcessFamily.Kill(Of(int.MaxValue, 1)));
    }
}
