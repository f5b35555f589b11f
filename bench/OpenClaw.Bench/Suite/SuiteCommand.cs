using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace OpenClaw.Bench.Suite;

/// <summary>
/// Runs benchmarks through <c>clw bench</c>, each with a cluster of its own, and keeps their figures: bench/results.json, and the
/// generated part of bench/RESULTS.md.
/// </summary>
internal static class SuiteCommand
{
    private const string Clw = ".clw/bin/clw";
    private const string ResultsFile = "bench/results.json";

    public static async Task<int> RunAsync(string[] words)
    {
        if (words.Contains("--list"))
        {
            foreach (var benchmark in Benchmarks.All)
            {
                Console.WriteLine($"{benchmark.Name, -12} {benchmark.What}");
            }

            return 0;
        }

        var chosen = Benchmarks.All.Where(b => words.Length == 0 || words.Contains(b.Name)).ToList();
        if (words.FirstOrDefault(w => w != "--table" && Benchmarks.All.All(b => b.Name != w)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"error: clw-usage: there is no benchmark '{unknown}'\nnext: bench/run --list");
            return 2;
        }

        return await MeasureAsync(chosen) ? 0 : 1;
    }

    /// <summary>Runs these, keeps their figures beside the others', and prints the table. False when one of them failed.</summary>
    public static async Task<bool> MeasureAsync(IReadOnlyList<Benchmark> chosen)
    {
        var results = File.Exists(ResultsFile) ? JsonNode.Parse(await File.ReadAllTextAsync(ResultsFile))!.AsObject() : [];
        if (chosen.Count > 0)
        {
            results["machine"] = Machine.Describe();
        }

        var figures = results["figures"]?.AsObject() ?? [];
        results["figures"] = figures;
        foreach (var benchmark in chosen)
        {
            foreach (var run in benchmark.Runs)
            {
                if (await MedianAsync(run, benchmark) is not { } figure)
                {
                    return false;
                }

                figures[run.Label] = figure;
                await File.WriteAllTextAsync(ResultsFile, results.ToJsonString(new() { WriteIndented = true }) + "\n");
            }
        }

        var table = ResultsPage.Generate(results);
        ResultsPage.Write(table);
        Console.Write(table);
        return true;
    }

    // The run in the middle, whole: figures of different runs are not mixed. The others stand below "each".
    private static async Task<JsonObject?> MedianAsync(BenchmarkRun run, Benchmark benchmark)
    {
        var figures = new List<JsonObject>();
        for (var i = 0; i < benchmark.Repeat; i++)
        {
            if (await OnceAsync(run.Words) is not { } figure)
            {
                return null;
            }

            figures.Add(figure);
        }

        var names = benchmark.By.Split('.');
        var median = figures.OrderBy(f => (double)names.Aggregate((JsonNode)f, (node, name) => node[name]!)).ElementAt(figures.Count / 2);
        var each = new JsonArray([.. figures.Select(f => f.DeepClone())]);
        median["command"] = $"clw bench {run.Words} --own";
        median["each"] = each;
        median["measured"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return median;
    }

    private static async Task<JsonObject?> OnceAsync(string words)
    {
        await Console.Error.WriteLineAsync($"bench: clw bench {words}");
        var start = new ProcessStartInfo(Clw, ["bench", .. words.Split(' '), "--own", "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync($"{await errors}bench: that ended with {process.ExitCode}; nothing of it is kept\n{output}");
            return null;
        }

        return JsonNode.Parse(output)!.AsObject();
    }
}
