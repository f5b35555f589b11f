using System.Text;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Chaos;

/// <summary>Kills what the seed says with SIGKILL, starts it over as its supervisor would, and goes on when work has moved again.</summary>
internal sealed class Killer(Cluster cluster, Ledger ledger, ChaosOptions options)
{
    private readonly Random draw = new(options.Seed);
    private readonly StringBuilder log = new();

    public int Managers { get; private set; }
    public int Workers { get; private set; }
    public int Runners { get; private set; }
    public int Kills => Managers + Workers + Runners;

    /// <summary>Every kill, in order, for a failed test's message.</summary>
    public string Log => log.ToString();

    public async Task RunAsync()
    {
        while (Kills < options.Kills)
        {
            await ProgressAsync();
            await KillAsync();
            if (draw.Next(6) == 0)
            {
                // Two at once, before the first has come back.
                await KillAsync();
            }
        }
    }

    private long Progress => options.WaitForOutcomes ? ledger.Announcements : ledger.Acknowledgements;

    private Task ProgressAsync()
    {
        var goal = Progress + draw.Next(20, 400);
        return Until.TrueAsync(
            () =>
            {
                StillThere(cluster.Manager, "manager");
                StillThere(cluster.Worker, "worker");
                return Progress >= goal;
            },
            $"work has moved on after kill {Kills}",
            TimeSpan.FromSeconds(40),
            () => $"seed {options.Seed}\n{Log}\n{cluster.Manager.Said}\n{cluster.Worker.Said}"
        );
    }

    private async Task KillAsync()
    {
        var number = draw.Next(options.ManagerWeight + options.WorkerWeight + options.RunnerWeight);
        var which = draw.Next(1000);
        if (number < options.ManagerWeight)
        {
            await EndAsync(cluster.Manager, "manager");
            Managers++;
            cluster.LaunchManager(options.ManagerEnvironment);
        }
        else if (number < options.ManagerWeight + options.WorkerWeight)
        {
            await EndAsync(cluster.Worker, "worker");
            Workers++;
            cluster.LaunchWorker();
        }
        else if (cluster.Runners is { Count: > 0 } runners)
        {
            var victim = runners[which % runners.Count];
            Signals.Send(victim.Id, Signals.Kill);
            Runners++;
            log.AppendLine($"{Kills}: runner {victim.Id} after {ledger.Announcements} outcomes");
        }
    }

    // A fault of its own is a failure, although a supervisor would start it over.
    private void StillThere(RealProcess? process, string name) =>
        Assert.False(
            process is { HasExited: true },
            $"seed {options.Seed}: the {name} has ended by itself{(process is { HasExited: true } ? $" with {process.ExitCode}" : "")}\n{Log}\n{process?.Said}"
        );

    private async Task EndAsync(RealProcess process, string name)
    {
        StillThere(process, name);
        process.Kill();
        var code = await process.EndAsync();
        Assert.True(code == 128 + Signals.Kill, $"the {name} ended with {code} and not by the kill\n{process.Said}");
        log.AppendLine($"{Kills + 1}: {name} {process.Id} after {ledger.Announcements} outcomes");
    }
}
