using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Tests.Core;

public sealed class TasksIdTests
{
    /// <summary>Ids are printed, bookmarked and written into keys: these never change.</summary>
    [Theory]
    [InlineData(1L, "task-0d3v5g")]
    [InlineData(2L, "task-kce6hq")]
    [InlineData(3L, "task-1m2rmh")]
    [InlineData(1000L, "task-kn2vch")]
    [InlineData((1L << 30) - 1, "task-mb4fq4")]
    [InlineData(1L << 30, "task-zwt476g")]
    [InlineData(1L << 40, "task-4gwt2w76g")]
    [InlineData(long.MaxValue, "task-6rvgqtgeeab43")]
    public void An_id_never_changes(long number, string id)
    {
        Assert.Equal(id, new TaskId(number).ToString());
        Assert.True(TaskId.TryParse(id, out var parsed));
        Assert.Equal(number, parsed.Number);
    }

    [Fact]
    public void Every_number_has_one_id_that_leads_back_to_it() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20_000),
            Prop.ForAll(
                Numbers(),
                number =>
                {
                    var text = new TaskId(number).ToString();
                    return TaskId.TryParse(text, out var id)
                        && id.Number == number
                        && TaskId.TryParse(text.ToUpperInvariant().AsSpan(5), out id)
                        && id.Number == number;
                }
            )
        );

    [Fact]
    public void Whatever_can_be_read_is_what_is_printed() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20_000),
            Prop.ForAll(
                Gen.Elements("0123456789abcdefghjkmnpqrstvwxyz".ToCharArray())
                    .ArrayOf()
                    .Where(c => c.Length is >= 4 and <= 14)
                    .ToArbitrary(),
                letters =>
                {
                    var text = new string(letters);
                    return !TaskId.TryParse(text, out var id) || (id.Number > 0 && id.ToString() == TaskId.Prefix + text);
                }
            )
        );

    [Fact]
    public void Neighbours_have_different_ids_and_do_not_look_alike()
    {
        var ids = Enumerable.Range(1, 200_000).Select(n => new TaskId(n).ToString()).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        var alike = ids.Zip(ids.Skip(1)).Count(pair => pair.First[..^2] == pair.Second[..^2]);
        Assert.InRange(alike, 0, ids.Count / 1000);
    }

    [Theory]
    [InlineData(1L, 6)]
    [InlineData((1L << 30) - 1, 6)]
    [InlineData(1L << 30, 7)]
    [InlineData((1L << 35) - 1, 7)]
    [InlineData(1L << 35, 8)]
    [InlineData(1L << 60, 13)]
    [InlineData(long.MaxValue, 13)]
    public void An_id_is_as_short_as_its_number_allows(long number, int letters) =>
        Assert.Equal(letters, new TaskId(number).ToString().Length - TaskId.Prefix.Length);

    [Theory]
    [InlineData("")]
    [InlineData("task-")]
    [InlineData("task-12345")]
    [InlineData("task-000000")]
    [InlineData("task-12345678901234")]
    [InlineData("task-12345u")]
    [InlineData("task-12 456")]
    [InlineData("job-123456")]
    [InlineData("task-zzzzzzzzzzzzz")]
    public void Anything_else_is_no_id(string text) => Assert.False(TaskId.TryParse(text, out _));

    private static Arbitrary<long> Numbers() =>
        Gen.OneOf(
                Gen.Choose(1, int.MaxValue).Select(n => (long)n),
                Gen.Choose(1, int.MaxValue).Two().Select(p => ((long)p.Item1 << 32) | (uint)p.Item2),
                Gen.Choose(0, 62).Select(bit => 1L << bit),
                Gen.Choose(1, 62).Select(bit => (1L << bit) - 1)
            )
            .Where(n => n > 0)
            .ToArbitrary();
}
