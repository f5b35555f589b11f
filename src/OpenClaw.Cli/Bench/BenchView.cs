using System.Globalization;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;

namespace OpenClaw.Cli.Bench;

/// <summary>Shows a measurement while it runs: a block that moves for a person, a line every two seconds for a log. On the error output.</summary>
internal sealed class BenchView(Terminal terminal, BenchRun run)
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(125);
    private const int PlainEvery = 16;
    private const int BarWidth = 40;
    private const int SparkWidth = 60;

    private readonly List<double> rates = [];
    private string phase = "";
    private long last;
    private long lastAt;

    /// <summary>Until the token says that the measurement is over. Takes the block away at the end.</summary>
    public async Task ShowAsync(CancellationToken over)
    {
        var block = terminal.ErrorIsInteractive ? new LiveBlock(terminal, terminal.Error) : null;
        lastAt = run.Time.GetTimestamp();
        try
        {
            for (var tick = 1; ; tick++)
            {
                await Task.Delay(Redraw, run.Time, over);
                var now = run.Progress.Now();
                Note(now);
                if (block is not null)
                {
                    block.Show(Lines(now));
                }
                else if (tick % PlainEvery == 0)
                {
                    terminal.Note(PlainLine(now));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
        finally
        {
            block?.Clear();
        }
    }

    private void Note(BenchMoment now)
    {
        if (now.Phase != phase)
        {
            phase = now.Phase;
            rates.Clear();
        }

        var at = run.Time.GetTimestamp();
        var done = Done(now);
        var seconds = run.Time.GetElapsedTime(lastAt, at).TotalSeconds;
        rates.Add(Math.Max(0, done - last) / Math.Max(seconds, 0.001));
        (last, lastAt) = (done, at);
    }

    private long Done(BenchMoment now) => IsSubmissionAlone(now) ? now.Submitted : now.Ended;

    private bool IsSubmissionAlone(BenchMoment now) => run.Options.Scenario is Scenario.Submit or Scenario.Calls || now.Phase == "filling";

    private IEnumerable<string> Lines(BenchMoment now)
    {
        yield return $"{Bar(now)} {now.Phase}{Share(now)}";
        if (run.Options.Scenario == Scenario.Memory || now.Submitted == 0)
        {
            yield break;
        }

        yield return $"{"tasks/s", -10} {terminal.Green(Sparkline.Of(rates, SparkWidth))} {Figures.Count(Rate())}";
        var flight = IsSubmissionAlone(now) ? "" : $"{Figures.Count(now.Submitted - now.Ended)} in flight, ";
        var failed = now.Failed > 0 ? terminal.Red($", {Figures.Count(now.Failed)} failed") : "";
        yield return $"{"tasks", -10} {flight}{Figures.Count(now.Submitted)} submitted{failed}";
        if (now.P99 is not null)
        {
            yield return $"{"latency", -10} p50 {Figures.Took(now.P50)}, p99 {Figures.Took(now.P99)}";
        }
    }

    private string PlainLine(BenchMoment now) =>
        now.Submitted == 0
            ? $"{now.Phase}{Share(now)}"
            : $"{now.Phase}{Share(now)}: {Figures.Count(Rate())} tasks/s, {Figures.Count(now.Submitted)} submitted, {Figures.Count(now.Ended)} ended, p50 {Figures.Took(now.P50)}, p99 {Figures.Took(now.P99)}";

    // Over the last second: a single step jumps.
    private double Rate() => rates.Count == 0 ? 0 : rates.Skip(Math.Max(0, rates.Count - 8)).Average();

    private double? Fraction(BenchMoment now)
    {
        if (run.BeganAtMs == 0)
        {
            return null;
        }

        var byTime = (run.Options.Scenario == Scenario.Memory ? run.Options.Rest : run.Options.Duration) is { } limit
            ? run.Elapsed() / limit
            : 0;
        var byTasks = run.Options.Tasks is { } tasks and > 0 ? (double)Done(now) / tasks : 0;
        return Math.Clamp(Math.Max(byTime, byTasks), 0, 1);
    }

    private string Share(BenchMoment now)
    {
        if (Fraction(now) is not { } share)
        {
            return "";
        }

        var of = run.Options.Tasks is { } tasks ? $", {Figures.Count(Done(now))} of {Figures.Count(tasks)}" : "";
        var left = share is > 0.02 and < 1 ? $", {Times.Left(run.Elapsed() * ((1 - share) / share))} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $" {share * 100:0} %{of}{left}");
    }

    private string Bar(BenchMoment now)
    {
        var filled = (int)((Fraction(now) ?? 0) * BarWidth);
        return $"[{terminal.Green(new string('#', filled))}{new string('.', BarWidth - filled)}]";
    }
}
