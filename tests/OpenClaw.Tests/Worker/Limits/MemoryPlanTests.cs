using OpenClaw.Worker.Limits;

namespace OpenClaw.Tests.Worker.Limits;

/// <summary>What the worker may hold is never a silent default: who sets it is told, and the smaller of two holds.</summary>
public sealed class MemoryPlanTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public void TheSettingHolds()
    {
        var plan = MemoryPlan.Of(2 * GiB, "--max-mem", null, 8 * GiB, GiB);
        Assert.Equal((2 * GiB, null), (plan.Bound, plan.Warning));
        Assert.Equal(
            "Memory: 2048 MiB for the worker with all its tasks, by --max-mem (the machine has 8192 MiB), 1024 MiB for each task",
            plan.Sentence
        );
    }

    [Fact]
    public void WithoutASettingTheContainersLimitHolds()
    {
        var plan = MemoryPlan.Of(null, null, (GiB, "/sys/fs/cgroup/memory.max"), 8 * GiB, null);
        Assert.Equal(GiB, plan.Bound);
        Assert.Contains("by its control group (/sys/fs/cgroup/memory.max)", plan.Sentence, StringComparison.Ordinal);
        Assert.EndsWith("no limit for a single task", plan.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void ASmallerContainerWinsWithAWarning()
    {
        var plan = MemoryPlan.Of(4 * GiB, "CLW_MAX_MEM", (GiB, "/f"), 8 * GiB, null);
        Assert.Equal(GiB, plan.Bound);
        Assert.Equal("worker.max_memory allows 4096 MiB, and the control group 1024 MiB: the smaller one holds", plan.Warning);
    }

    [Fact]
    public void MoreThanTheMachineHasDrawsAWarning()
    {
        var plan = MemoryPlan.Of(16 * GiB, "--max-mem", (32 * GiB, "/f"), 8 * GiB, null);
        Assert.Equal(16 * GiB, plan.Bound);
        Assert.NotNull(plan.Warning);
    }

    [Fact]
    public void WithoutAnyNothingIsHeldAndThatIsSaid()
    {
        var plan = MemoryPlan.Of(null, null, (32 * GiB, "/f"), 8 * GiB, null);
        Assert.Null(plan.Bound);
        Assert.StartsWith("Memory: no limit is set (worker.max_memory, --max-mem)", plan.Sentence, StringComparison.Ordinal);
        Assert.Null(MemoryPlan.Of(null, null, null, null, null).Bound);
    }
}
