using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.Manager.Logs;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Logs;

/// <summary>One call that reads the cluster's logs, over workers that answer when the test says.</summary>
public sealed class LogGatheringTests
{
    [Fact(Timeout = 60_000)]
    public async Task LinesOfAllWorkersComeInTheOrderOfTheirTimes()
    {
        await using var rig = new GatheringRig("w1", "w2");
        rig.Start(new LogsRequest());
        (await rig.AskedAsync("w1")).Answer(end: false, (1, "a"), (4, "d"));
        (await rig.AskedAsync("w2")).Answer(end: true, (2, "b"), (3, "c"), (6, "f"));

        // The fourth line is not the last of its worker: what follows may be older than the sixth.
        (await rig.AskedAsync("w1")).Answer(end: true, (5, "e"));
        await rig.EndAsync();
        Assert.Equal(["a", "b", "c", "d", "e", "f"], rig.Texts);
    }

    [Fact(Timeout = 60_000)]
    public async Task AWorkerThatCameBackWhileTheReaderStoodStillIsReadOn()
    {
        await using var rig = new GatheringRig("w1", "w2");
        rig.Start(new LogsRequest { Follow = true });
        (await rig.AskedAsync("w1")).Answer(end: true);
        (await rig.AskedAsync("w2")).Answer(end: true);
        var waiting = await rig.AskedAsync("w1");
        var other = await rig.AskedAsync("w2");
        var stopped = rig.StopReading();
        other.Answer(end: true, (1, "before"));
        await stopped;

        // All that will ever be heard of it is heard while nobody listens.
        rig.Away("w1");
        waiting.NoAnswer();
        rig.Back("w1");
        rig.ReadOn();

        (await rig.AskedAsync("w1")).Answer(end: true, (2, "after"));
        await rig.ToldAsync("after");
        Assert.Equal(["before", "after"], rig.Texts);
    }

    [Fact(Timeout = 60_000)]
    public async Task AnAnswerThatIsLostAfterTheReturnWasToldIsAskedAgain()
    {
        await using var rig = new GatheringRig("w1");
        rig.Start(new LogsRequest { Follow = true });
        (await rig.AskedAsync("w1")).Answer(end: true, (1, "before"));
        var waiting = await rig.AskedAsync("w1");
        var looked = rig.LookedAsync();
        rig.Back("w1");
        await looked;

        // The end of the old session comes behind the beginning of the new one.
        waiting.NoAnswer();
        var again = await rig.AskedAsync("w1");
        Assert.Equal("w1:1", again.Question.Place);
        again.Answer(end: true, (2, "after"));
        await rig.ToldAsync("after");
    }

    [Fact(Timeout = 60_000)]
    public async Task AWorkerThatStaysAwayIsNamedAndNotAskedUntilItIsBack()
    {
        await using var rig = new GatheringRig("w1");
        rig.Start(new LogsRequest { Follow = true });
        var first = await rig.AskedAsync("w1");
        rig.Away("w1");
        first.NoAnswer();
        await rig.NotedAsync("w1 is unreachable: its lines follow when it is back");
        Assert.Equal(0, rig.Unanswered);
        rig.Back("w1");
        (await rig.AskedAsync("w1")).Answer(end: true, (1, "a"));
        await rig.ToldAsync("a");
    }

    [Fact(Timeout = 60_000)]
    public async Task WithoutFollowingAWorkerThatGoesAwayIsMissingAndTheRestIsTold()
    {
        await using var rig = new GatheringRig("w1", "w2");
        rig.Start(new LogsRequest());
        (await rig.AskedAsync("w1")).NoAnswer();
        (await rig.AskedAsync("w2")).Answer(end: true, (1, "a"));
        await rig.EndAsync();
        Assert.Equal(["a"], rig.Texts);
        Assert.Equal(["w1 went away: its lines are missing here"], rig.Notes);
    }

    [Fact(Timeout = 60_000)]
    public async Task WhileTheReaderStandsStillNobodyIsAsked()
    {
        await using var rig = new GatheringRig("w1");
        rig.Start(new LogsRequest { Follow = true });
        var stopped = rig.StopReading();
        (await rig.AskedAsync("w1")).Answer(end: false, (1, "a"));
        await stopped;
        Assert.Equal(0, rig.Unanswered);
        rig.ReadOn();
        Assert.Equal("w1:1", (await rig.AskedAsync("w1")).Question.Place);
    }

    [Fact(Timeout = 60_000)]
    public async Task WhoAsksAgainAfterAStallIsToldTheRestAndNothingTwice()
    {
        await using var rig = new GatheringRig("w1", "w2");
        rig.Start(new LogsRequest { Follow = true });
        (await rig.AskedAsync("w1")).Answer(end: false, (1, "a"));
        (await rig.AskedAsync("w2")).Answer(end: true, (2, "b"));
        await rig.ToldAsync("a");
        var stopped = rig.StopReading();
        (await rig.AskedAsync("w1")).Answer(end: true, (3, "c"));
        await stopped;

        // The call ends with two lines under way that the reader has not seen.
        rig.Stall();
        await Assert.ThrowsAsync<FailureException>(rig.EndAsync);
        Assert.Equal(["a"], rig.Texts);

        await using var again = new GatheringRig("w1", "w2");
        again.Start(new LogsRequest { Follow = true, Places = { rig.Places } });
        var asked = await again.AskedAsync("w1");
        Assert.Equal("w1:1", asked.Question.Place);
        asked.Answer(end: true, (3, "c"));
        var other = await again.AskedAsync("w2");
        Assert.Equal("", other.Question.Place);
        other.Answer(end: true, (2, "b"));
        await again.ToldAsync("c");
        Assert.Equal(["b", "c"], again.Texts);
    }

    [Fact(Timeout = 60_000)]
    public async Task APageThatIsLargerThanAskedForIsCutAndTheRestAskedForAgain()
    {
        await using var rig = new GatheringRig("w1");
        rig.Start(new LogsRequest());
        var asked = await rig.AskedAsync("w1");
        Assert.Equal(LogPage.MostChars, asked.Question.MostChars);
        var text = new string('x', 10_000);
        asked.Answer(end: true, (1, text), (2, text), (3, text), (4, text), (5, text));
        var rest = await rig.AskedAsync("w1");
        Assert.Equal("w1:4", rest.Question.Place);
        rest.Answer(end: true, (5, text));
        await rig.EndAsync();
        Assert.Equal(5, rig.Texts.Count);
        Assert.Equal(LogBudget.PoolChars, rig.Budget.Left);
    }

    [Fact(Timeout = 60_000)]
    public async Task ManyLogsShareTheCallsMemoryAndKeepTheOrderOfTimes()
    {
        string[] workers = [.. Enumerable.Range(0, 2000).Select(i => $"w{i}")];
        await using var rig = new GatheringRig(workers);
        rig.Start(new LogsRequest());
        var chars = 0;
        for (var i = 0; i < workers.Length; i++)
        {
            var asked = await rig.AskedAsync(workers[i]);
            chars += asked.Question.MostChars;
            asked.Answer(end: true, (1 + ((i * 7L) % 2000), $"{(i * 7L) % 2000:d4}"));
        }

        await rig.EndAsync();
        Assert.InRange(chars, 1, LogBudget.CallChars);
        Assert.Equal(2000, rig.Texts.Count);
        Assert.Equal(rig.Texts.Order(StringComparer.Ordinal), rig.Texts);
    }

    [Fact(Timeout = 60_000)]
    public async Task TheLastLinesTakeFromThePoolAndGiveItBackHoweverTheCallEnds()
    {
        await using var rig = new GatheringRig("w1", "w2");
        rig.Start(new LogsRequest { Last = 10_000 });
        var text = new string('x', 16_000);
        (await rig.AskedAsync("w2")).Answer(end: true, (1000, "last"));
        var stopped = rig.StopReading();
        for (var i = 1L; i <= 100; i += 2)
        {
            (await rig.AskedAsync("w1")).Answer(end: i > 98, (i, text), (i + 1, text));
        }

        await stopped;
        Assert.InRange(rig.Budget.Left, 1, LogBudget.PoolChars - 1_000_000);
        rig.Stall();
        await Assert.ThrowsAsync<FailureException>(rig.EndAsync);
        Assert.Equal(LogBudget.PoolChars, rig.Budget.Left);
    }

    [Fact(Timeout = 60_000)]
    public async Task AWorkerThatSendsNoPageOfALogIsNamedAndAskedNoMore()
    {
        await using var rig = new GatheringRig("w1", "w2");
        rig.Start(new LogsRequest { Follow = true });
        var place = new string('p', 100_000);
        (await rig.AskedAsync("w1")).Answer(
            new LogPart
            {
                Lines =
                {
                    new LogPartLine { Text = "a", Place = place },
                },
                Place = "p",
            }
        );
        (await rig.AskedAsync("w2")).Answer(end: true, (1, "b"));
        await rig.ToldAsync("b");
        await rig.NotedAsync("w1 sends what is no page of a log: lines of worker are missing here");
        rig.Back("w1");
        (await rig.AskedAsync("w2")).Answer(end: true, (2, "c"));
        await rig.ToldAsync("c");
        Assert.Equal(["b", "c"], rig.Texts);
        Assert.Equal(0, rig.UnansweredBy("w1"));
    }

    [Fact]
    public void WithoutAPoolALongLineIsCutAndSaysSo()
    {
        var budget = new LogBudget(pool: 0);
        var part = new LogPart
        {
            Lines =
            {
                new LogPartLine { Text = new string('x', 900), Place = "p:1" },
            },
            End = true,
        };
        Assert.True(budget.TryFit(part, 500, out var taken));
        Assert.Equal(0, taken);
        Assert.True(part.End);
        Assert.Equal(new string('x', 500) + "… (400 more)", Assert.Single(part.Lines).Text);
    }
}
