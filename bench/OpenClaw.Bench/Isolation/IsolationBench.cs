using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Bench.Isolation;

/// <summary>
/// What a process for each task costs, and what crashes cost: bench/run isolation. Each figure is <c>clw bench</c> on a cluster of its
/// own, the one in the middle of three.
/// </summary>
internal static class IsolationBench
{
    private const string Clw = ".clw/bin/clw";
    private const string Plugins = "bench/OpenClaw.Bench/Isolation/plugins";
    private const int Runs = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0)
        {
            await Console.Error.WriteLineAsync("error: clw-usage: bench/run isolation takes nothing more");
            return 2;
        }

        var version = JsonNode.Parse(await OutputAsync(["version", "--json"]))!;
        Console.WriteLine($"clw-runner is {version["runner"]}, clw-supervisor {version["supervisor"]}");
        Say("a fresh process for each no-op task", await RateAsync("--isolation", "task", "--tasks", "4000"));
        Say("a pooled process, Lua, no crash", await FragileAsync("0", "--tasks", "40000"));
        Say("the same, 1 % of the tasks crash", await FragileAsync("0.01", "--tasks", "40000"));
        var each = await FragileAsync("1", "--tasks", "200", "--slots", "1");
        Say("one slot, each task crashes", each);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  from one start to the next, a crash between them: {1000 / each[Runs / 2]:0.0} ms"
            )
        );
        return 0;
    }

    private static Task<List<double>> FragileAsync(string crash, params string[] words) =>
        RateAsync(["--type", "fragile", "--payload", $"{{\"crash\":{crash}}}", "--max-retries", "0", .. words]);

    private static async Task<List<double>> RateAsync(params string[] words)
    {
        var rates = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            // Exit code 1 says that tasks crashed, which some of them are to do.
            rates.Add((double)JsonNode.Parse(await OutputAsync(["bench", "--own", "--json", .. words]))!["tasks_per_second"]!);
        }

        rates.Sort();
        return rates;
    }

    private static void Say(string what, List<double> rates) =>
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what, -42} {rates[Runs / 2], 9:#,0}/s   ({string.Join("; ", rates.Select(r => r.ToString("#,0", CultureInfo.InvariantCulture)))})"
            )
        );

    private static async Task<string> OutputAsync(string[] words)
    {
        var start = new ProcessStartInfo(Clw, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment = { ["OPENCLAW_TASK_PLUGIN_DIR"] = Path.GetFullPath(Plugins) },
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        try
        {
            _ = JsonNode.Parse(output);
            return output;
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException($"clw {string.Join(' ', words)} ended with {process.ExitCode}:\n{await errors}{output}", e);
        }
    }
}
