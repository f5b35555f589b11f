using OpenClaw.Core.Tasks;

namespace OpenClaw.Tests.Core;

public sealed class TasksRetryPolicyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 9)]
    [InlineData(4, 27)]
    [InlineData(6, 243)]
    [InlineData(7, 600)]
    [InlineData(1000, 600)]
    public void Delays_triple_up_to_ten_minutes_spread_by_a_fifth(int retry, double seconds)
    {
        var delays = Enumerable.Range(1, 2000).Select(n => RetryPolicy.Delay(new TaskId(n), retry).TotalSeconds).ToList();
        Assert.All(delays, d => Assert.InRange(d, seconds * 0.8, Math.Min(seconds * 1.2, 600)));
        Assert.InRange(delays.Min(), 0, seconds * 0.81);
        Assert.InRange(delays.Max(), Math.Min(seconds * 1.19, 600), 600);
        Assert.InRange(delays.Average(), seconds * 0.9, seconds * 1.02);
    }

    [Fact]
    public void The_same_task_and_retry_wait_equally_long()
    {
        Assert.Equal(RetryPolicy.Delay(new TaskId(7), 2), RetryPolicy.Delay(new TaskId(7), 2));
        Assert.NotEqual(RetryPolicy.Delay(new TaskId(7), 1), RetryPolicy.Delay(new TaskId(8), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RetryPolicy.Delay(new TaskId(7), 0));
    }

    [Theory]
    [InlineData(true, 0, 3, On.FailedWithRetry)]
    [InlineData(true, 2, 3, On.FailedWithRetry)]
    [InlineData(true, 3, 3, On.RetriesUsedUp)]
    [InlineData(true, 4, 3, On.RetriesUsedUp)]
    [InlineData(true, 0, 0, On.FailedForGood)]
    [InlineData(false, 0, 3, On.FailedForGood)]
    [InlineData(false, 3, 3, On.FailedForGood)]
    public void A_failure_is_repeated_while_there_are_retries_and_hope(bool retryable, int retries, int most, On expected) =>
        Assert.Equal(expected, RetryPolicy.AfterFailure(retryable, retries, most));

    [Theory]
    [InlineData(0, 5, On.WorkerLost)]
    [InlineData(4, 5, On.WorkerLost)]
    [InlineData(5, 5, On.LossesUsedUp)]
    [InlineData(0, 0, On.LossesUsedUp)]
    public void Losses_have_a_bound_of_their_own(int losses, int most, On expected) =>
        Assert.Equal(expected, RetryPolicy.AfterLoss(losses, most));
}
