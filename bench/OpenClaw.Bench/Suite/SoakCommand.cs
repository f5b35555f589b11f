using System.Globalization;

namespace OpenClaw.Bench.Suite;

/// <summary>
/// <c>bench/run soak [--minutes N]</c>: 100 tasks a second, one in a hundred of which crashes its process, on a cluster of its own; what
/// the programs hold must be the same at the end. Too long to be one of all.
/// </summary>
internal static class SoakCommand
{
    private const int DefaultMinutes = 30;
    private const int MostMinutes = 7 * 24 * 60;

    public static async Task<int> RunAsync(string[] words)
    {
        var given =
            words is ["--minutes", var text] ? text
            : words is [var word] && word.StartsWith("--minutes=", StringComparison.Ordinal) ? word["--minutes=".Length..]
            : null;
        var minutes = DefaultMinutes;
        if (
            words.Length > 0
            && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out minutes) || minutes is < 1 or > MostMinutes)
        )
        {
            await Console.Error.WriteLineAsync(
                $"error: clw-usage: soak takes --minutes N, 1 to {MostMinutes}, and not '{string.Join(' ', words)}'\nnext: bench/run soak --minutes 3"
            );
            return 2;
        }

        var run = new BenchmarkRun("soak", $"--scenario soak --rate 100 --duration {minutes}m");
        var soak = new Benchmark("soak", "100 tasks a second, 1 % of them crash", [run]);
        return await SuiteCommand.MeasureAsync([soak]) ? 0 : 1;
    }
}
