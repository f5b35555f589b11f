using OpenClaw.Worker;

namespace OpenClaw.Tests.Worker;

/// <summary>How a worker divides the time that it has for its stop.</summary>
public sealed class StopPhasesTests
{
    [Theory]
    [InlineData(30, 5, 22)]
    [InlineData(60, 5, 52)]
    [InlineData(8, 0.5, 4.5)]
    [InlineData(5, 5, 0)]
    [InlineData(0, 0, 0)]
    public void What_runs_is_handed_back_early_enough_for_the_process_to_be_gone_in_time(double grace, double killGrace, double draining)
    {
        var phases = WorkerProgram.Phases(TimeSpan.FromSeconds(grace), TimeSpan.FromSeconds(killGrace));
        Assert.Equal(TimeSpan.FromSeconds(draining), phases.Draining);
        Assert.True(phases.Cancelling > TimeSpan.FromSeconds(killGrace));
        if (draining > 0)
        {
            Assert.Equal(TimeSpan.FromSeconds(grace), phases.Draining + phases.Cancelling + phases.Abandoning);
        }
    }
}
