using OpenClaw.Simulation.World;

namespace OpenClaw.Simulation.Proofs;

public sealed class SimulationTests(ITestOutputHelper output)
{
    private static bool IsLong => Environment.GetEnvironmentVariable("OPENCLAW_TEST_LONG") == "1";

    /// <summary>
    /// The real cores of a manager and twenty workers, with everything going wrong that can: crashes, partitions, cut and slow
    /// connections, clocks, a store that refuses. A failure prints the seed, the command that runs it again, and the last events.
    /// </summary>
    [Fact]
    public void No_promise_is_broken_in_a_thousand_hours_of_clusters_in_which_everything_fails()
    {
        var result = Campaign.Run(IsLong ? 20_000 : 1_000, new SimOptions { Seed = 1 });
        output.WriteLine(result.ToString());

        // Things did go wrong, and work was done all the same.
        Assert.True(result.Hours >= 1_000 && result.Handovers > 1_000 && result.Tasks > 100_000, result.ToString());
    }

    [Theory]
    [InlineData(nameof(Plant.NoFence))]
    [InlineData(nameof(Plant.NoLeaseStop))]
    [InlineData(nameof(Plant.AckBeforeCommit))]
    [InlineData(nameof(Plant.LongKillGrace))]
    public void A_planted_bug_is_found_within_the_hours_that_every_change_runs(string plant)
    {
        var found = Campaign.Hunt(Enum.Parse<Plant>(plant), 1_000);
        Assert.True(found is not null, $"{plant} was not found in 1,000 cluster-hours.");
        output.WriteLine($"{plant} was found after {found.Value.Hours:0.0} cluster-hours: {found.Value.Found.Message.Split('\n')[0]}");
        Assert.Contains(
            plant switch
            {
                nameof(Plant.NoFence) => "outcome",
                nameof(Plant.NoLeaseStop) or nameof(Plant.LongKillGrace) => "runs twice",
                _ => "was acknowledged and is not in the store",
            },
            found.Value.Found.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("--seed", found.Value.Found.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// The check of a file refuses such a grace (system test C7), but a worker's file is not the manager's: what counts there is what the
    /// manager said.
    /// </summary>
    [Fact]
    public void A_worker_whose_kill_grace_is_longer_than_the_fence_runs_nothing_twice_all_the_same()
    {
        output.WriteLine(Campaign.Run(200, new SimOptions { Seed = 1, KillGrace = SimOptions.BeyondTheFence }).ToString());
    }

    [Fact]
    public void A_seed_is_a_run()
    {
        var once = SimRun.Run(new SimOptions { Seed = 4711, Hours = 5 });
        Assert.Equal(once, SimRun.Run(new SimOptions { Seed = 4711, Hours = 5 }));
        Assert.NotEqual(once.Hash, SimRun.Run(new SimOptions { Seed = 4712, Hours = 5 }).Hash);
    }

    [Fact]
    public void Where_nothing_fails_nothing_is_handed_over_or_comes_back()
    {
        var result = SimRun.Run(
            new SimOptions
            {
                Seed = 1,
                Hours = 5,
                Workers = 2,
                WithFaults = false,
            }
        );
        Assert.Equal(0, result.Handovers);
        Assert.True(result.Outcomes > 1000, $"{result.Outcomes} outcomes");
    }

    /// <summary>With the default settings, whenever between two heartbeats the manager ends.</summary>
    [Fact]
    public void A_manager_that_is_away_for_five_minutes_costs_no_running_task_its_attempt()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var result = SimRun.WithoutManager(seed, TimeSpan.FromMinutes(5));
            Assert.Equal((40, 1), (result.Tasks, result.MostAttempts));
        }

        // It can fail: longer than the lease, and every attempt is stopped and begun again.
        Assert.Equal(2, SimRun.WithoutManager(1, TimeSpan.FromMinutes(5.5)).MostAttempts);
    }
}
