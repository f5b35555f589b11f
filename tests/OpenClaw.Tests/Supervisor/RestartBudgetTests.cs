using OpenClaw.Abi.Supervision;
using OpenClaw.Supervisor;

namespace OpenClaw.Tests.Supervisor;

public sealed class RestartBudgetTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_respawn_is_almost_at_once_and_each_next_waits_twice_as_long()
    {
        var budget = new RestartBudget(new RestartPolicy());
        var delays = Enumerable.Range(0, 10).Select(i => budget.Next(Begin)!.Value).ToList();
        Assert.Equal(Enumerable.Range(1, 10), delays.Select(d => d.Attempt));
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000], delays.Select(d => d.Delay.TotalMilliseconds));
        Assert.Null(budget.Next(Begin));
    }

    [Fact]
    public void What_lies_before_the_window_is_forgiven()
    {
        var budget = new RestartBudget(new RestartPolicy { Max = 2, WindowSeconds = 60 });
        Assert.Equal(1, budget.Next(Begin)!.Value.Attempt);
        Assert.Equal(2, budget.Next(Begin.AddSeconds(30))!.Value.Attempt);
        Assert.Null(budget.Next(Begin.AddSeconds(59)));
        Assert.Equal(2, budget.Next(Begin.AddSeconds(60))!.Value.Attempt);
        Assert.Equal(1, budget.Next(Begin.AddSeconds(600))!.Value.Attempt);
        Assert.Null(new RestartBudget(new RestartPolicy { Max = 0 }).Next(Begin));
    }
}
