using System.CommandLine;
using Google.Protobuf;
using OpenClaw.Abi.Handlers;
using OpenClaw.Cli.Bench;
using OpenClaw.Cli.Commands.Tasks;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw bench</c>: measures a cluster.</summary>
internal static class BenchCommand
{
    private const int MostTasks = 100_000_000;
    private const int MostInFlight = 1_000_000;

    private static readonly Option<string> Which = new("--scenario", "-s")
    {
        Description =
            "What to measure: " + string.Join(", ", BenchOptions.Names.Select(n => n.Name)) + " [end-to-end; with --rate: latency]",
        HelpName = "NAME",
    };

    private static readonly Option<int?> Count = Options.Int("--tasks", "End after this many tasks", 1, MostTasks);
    private static readonly Option<string> Type = new("--type", "-t")
    {
        Description = "The type of the tasks; noop, sleep, image, cpu and crash-mix need no payload [noop; soak: crash-mix]",
        HelpName = "TYPE",
    };
    private static readonly Option<TimeSpan?> Duration = Options.Duration(
        "--duration",
        "End after this time; with --tasks, whichever comes first"
    );
    private static readonly Option<int?> InFlight = Options.Int(
        "--in-flight",
        "Calls at a time, or the most tasks under way [calls: 64; end-to-end with --duration: noop 50000, else 16 a slot]",
        1,
        MostInFlight
    );
    private static readonly Option<int?> Rate = Options.Int(
        "--rate",
        "Tasks a second, each at its own moment [latency, soak: 100; else as many as go]",
        1,
        10_000
    );
    private static readonly Option<double?> CrashPercent = Options.Percent(
        "--crash-percent",
        "Of the type crash-mix: how many of a hundred tasks crash [1]"
    );
    private static readonly Option<int?> Batch = Options.Int("--batch", "Tasks of one request of a bulk submission [1000]", 1, 10_000);
    private static readonly Option<int?> WarmUp = Options.Int(
        "--warm-up",
        "Tasks that run before the measurement [noop on an own cluster: 20000, calls: 50000, --isolation task: 500; else 0]",
        0,
        MostInFlight
    );
    private static readonly Option<TimeSpan?> Rest = Options.Duration("--rest", "How long the scenario memory rests [60s]");
    private static readonly Option<bool> Own = new("--own") { Description = "Start a cluster for it, even when one runs" };
    private static readonly Option<int?> Slots = Options.Int("--slots", "Slots of the cluster that is started", 1, 1024);

    private static readonly Option<string?> Isolation = new("--isolation")
    {
        Description = "Of the cluster that is started: pool, or task for a fresh process for each task",
        HelpName = "HOW",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "bench",
            "Measure a cluster: throughput, latency, CPU, memory; exit 1 on a crash or a retry rate of 1 %",
            RunAsync,
            [
                Which,
                Count,
                Type,
                SpecOptions.PayloadOption,
                Duration,
                InFlight,
                Rate,
                CrashPercent,
                Batch,
                WarmUp,
                Rest,
                Own,
                Slots,
                Isolation.AcceptOnlyFromAmong("pool", "task"),
                SpecOptions.MaxRetriesOption,
                .. ClusterSession.Options,
            ]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var scenario = ReadScenario(invocation);
        var type = invocation.Get(Type) ?? (scenario == Scenario.Soak ? CrashMix.Type : Builtins.Noop);
        Refuse(invocation, scenario, type);
        var payload = SpecOptions.HasPayload(invocation) ? await SpecOptions.ReadPayloadAsync(invocation) : null;
        var own = invocation.Get(Own) || BenchOptions.NeedsOwnCluster(scenario);
        var terminal = invocation.Terminal;
        await using var target = await BenchTarget.OpenAsync(
            invocation,
            own,
            invocation.Get(Slots),
            type,
            payload is not null,
            invocation.Get(Isolation)
        );
        var options = Read(invocation, scenario, type, payload ?? target.DefaultPayload, target);
        var title = Title(options, target);
        terminal.Note(title);
        var run = new BenchRun(target, options, invocation.Time, invocation.Cancellation);
        BenchResult result;
        using (var over = new CancellationTokenSource())
        {
            var showing = new BenchView(terminal, run).ShowAsync(over.Token);
            try
            {
                result = await run.RunAsync();
            }
            finally
            {
                await over.CancelAsync();
                await showing;
            }
        }

        if (invocation.Json)
        {
            Json.Write(terminal, writer => BenchJson.Write(writer, result));
        }
        else
        {
            foreach (var line in BenchReport.Lines(terminal, result))
            {
                terminal.WriteLine(line);
            }
        }

        terminal.Flush();
        NoteLeftOver(terminal, target, result);
        return (int)(
            result.Interrupted ? ExitCode.Interrupted
            : result.IsGood ? ExitCode.Ok
            : ExitCode.Failed
        );
    }

    private static Scenario ReadScenario(Invocation invocation)
    {
        var name = invocation.Get(Which) ?? (invocation.Get(Rate) is null ? "end-to-end" : "latency");
        var names = BenchOptions.Names;
        return names.Any(n => n.Name == name)
            ? names.Single(n => n.Name == name).Scenario
            : throw Usage(
                    $"There is no scenario '{name}'{(NearestName.Find(name, names.Select(n => n.Name)) is { } near ? $"; did you mean {near}?" : "")}"
                )
                .AsException();
    }

    // What would be taken and then not obeyed is refused.
    private static void Refuse(Invocation invocation, Scenario scenario, string type)
    {
        if (invocation.Get(Rate) is not null && scenario is Scenario.Submit or Scenario.Drain or Scenario.Memory)
        {
            throw Usage($"--rate and the scenario {BenchOptions.NameOf(scenario)} do not go together").AsException();
        }

        if (invocation.Get(CrashPercent) is not null && type != CrashMix.Type)
        {
            throw Usage($"--crash-percent belongs to the type {CrashMix.Type}, and the type is {type}").AsException();
        }
    }

    private static BenchOptions Read(Invocation invocation, Scenario scenario, string type, ByteString payload, BenchTarget target)
    {
        var duration = invocation.Get(Duration);
        if (scenario == Scenario.Soak && duration is null && invocation.Get(Count) is null)
        {
            duration = TimeSpan.FromMinutes(30);
        }

        var tasks = invocation.Get(Count) ?? (duration is null ? DefaultTasks(scenario, type) : (int?)null);
        var bounded = scenario == Scenario.EndToEnd && duration is not null ? MostUnderWay(type, target.Slots) : (int?)null;
        var steady = scenario is Scenario.Latency or Scenario.Soak ? 100 : (int?)null;
        return new()
        {
            Scenario = scenario,
            Type = type,
            Payload = payload,
            Tasks = tasks,
            Duration = duration,
            InFlight = invocation.Get(InFlight) ?? bounded,
            Rate = invocation.Get(Rate) ?? steady,
            CrashPercent = type == CrashMix.Type ? invocation.Get(CrashPercent) ?? CrashMix.DefaultPercent : (double?)null,
            BatchSize = invocation.Get(Batch) ?? 1000,
            WarmUp = invocation.Get(WarmUp) ?? (target.IsOwn ? DefaultWarmUp(scenario, type, invocation.Get(Isolation)) : 0),
            MaxRetries = invocation.Get(SpecOptions.MaxRetriesOption),
            Rest = invocation.Get(Rest) ?? TimeSpan.FromSeconds(60),
        };
    }

    private static int DefaultTasks(Scenario scenario, string type) =>
        scenario switch
        {
            Scenario.Memory => 0,
            Scenario.Latency => 1000,
            _ when type != Builtins.Noop => 1000,
            Scenario.Calls => 50_000,
            _ => 100_000,
        };

    // When the time is up, what is under way still has to end: long tasks must not be many.
    private static int MostUnderWay(string type, int slots) => type == Builtins.Noop ? 50_000 : Math.Max(64, 16 * slots);

    private static int DefaultWarmUp(Scenario scenario, string type, string? isolation) =>
        type != Builtins.Noop ? 0
        // A process for each: a thousand take as long as 20,000 in pooled ones.
        : isolation == "task" ? 500
        : scenario == Scenario.Memory ? 1000
        : scenario == Scenario.Calls ? 50_000
        : 20_000;

    private static string Title(BenchOptions options, BenchTarget target)
    {
        var where = target.IsOwn
            ? "a cluster of its own in a temporary directory"
            : $"the cluster {target.Status.Cluster} at {target.Status.Manager?.Address}";
        var many =
            options.Tasks is > 0 and var tasks ? $"{Figures.Count(tasks)} × {options.Type}"
            : options.Scenario == Scenario.Memory ? Figures.Seconds(options.Rest)
            : $"{options.Type} for {Figures.Seconds(options.Duration!.Value)}";
        return $"bench {BenchOptions.NameOf(options.Scenario)}: {many} on {where}, {target.Slots} slots";
    }

    private static void NoteLeftOver(Terminal terminal, BenchTarget target, BenchResult result)
    {
        if (result.Interrupted && !target.IsOwn && result.Submitted > 0)
        {
            terminal.Note($"note: what was submitted and had not ended goes on: clw task list --project {BenchOptions.Project}");
        }
    }

    private static Failure Usage(string message) => new(Catalogue.Usage, message, "See what it takes: clw bench --help");
}
