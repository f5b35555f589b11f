using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Tests.Logs;

public sealed class LogFilterTests
{
    private static readonly DateTimeOffset At = new(2024, 1, 15, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("w1 is gone", "w1", true)]
    [InlineData("w12 is gone", "w1", false)]
    [InlineData("a-w1 is gone", "w1", false)]
    [InlineData("w1-b is gone", "w1", false)]
    [InlineData("w1.local is gone", "w1", false)]
    [InlineData("gone: w1.", "w1", true)]
    [InlineData("'w1' and w12", "w1", true)]
    [InlineData("Starting task 'sleep-task-abc123'", "task-abc123", true)]
    [InlineData("task-abc1234: x", "task-abc123", false)]
    [InlineData("task-abc123: x", "task-abc123", true)]
    public void A_name_counts_as_a_whole(string text, string name, bool found) => Assert.Equal(found, LogFilter.HasWord(text, name));

    [Theory]
    [InlineData("a(b", 3, "Not enough )'s")]
    [InlineData("[z", 2, "Unterminated [] set")]
    [InlineData("*x", 1, "Quantifier")]
    public void A_wrong_pattern_is_told_with_its_place(string pattern, int offset, string why)
    {
        var failure = LogFilter.Create([], pattern: pattern).Failure;
        Assert.Same(Catalogue.Usage, failure?.Entry);
        Assert.Contains($"at character {offset}", failure!.Message, StringComparison.Ordinal);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"(a)\1")]
    [InlineData("a(?=b)")]
    [InlineData("(?<!a)b")]
    public void What_could_take_for_ever_is_refused(string pattern) =>
        Assert.Contains("looks back or around", LogFilter.Create([], pattern: pattern).Failure?.Message, StringComparison.Ordinal);

    [Fact]
    public void A_long_pattern_is_refused() =>
        Assert.NotNull(LogFilter.Create([], pattern: new string('a', LogFilter.MostPatternChars + 1)).Failure);

    [Fact]
    public void All_that_is_given_has_to_hold()
    {
        var filter = LogFilter.Create(["worker", "task"], "task-abc123", "WARN.*slow", At).Value;
        Assert.True(Takes(filter));
        Assert.False(Takes(filter, component: "manager"));
        Assert.False(Takes(filter, at: At.AddMilliseconds(-1)));
        Assert.False(Takes(filter, text: "task-abc124 is slow"));
        Assert.False(Takes(filter, text: "task-abc123 is quick"));
        Assert.True(Takes(filter.With(about: ["w1", "task-abc123"])));
        Assert.False(Takes(filter.With(about: ["w1", "w2"])));
        Assert.False(Takes(filter.With(since: At.AddDays(1))));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("abc:12", true)]
    [InlineData("", false)]
    [InlineData("abc", false)]
    [InlineData(":1", false)]
    [InlineData("abc:-1", false)]
    [InlineData("abc:1x", false)]
    public void A_place_is_read_as_it_was_written(string text, bool isPlace)
    {
        Assert.Equal(isPlace, LogPlace.TryParse(text, out var place));
        Assert.True(!isPlace || place.ToString() == text);
    }

    private static bool Takes(
        LogFilter filter,
        string component = "worker",
        DateTimeOffset? at = null,
        string text = "task-abc123 is slow"
    ) => filter.Takes(component, at ?? At, text, $"[WARN] [2024-01-15T10:00:00.000Z] {text}");
}
