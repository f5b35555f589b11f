using OpenClaw.Abi.Processes;
using OpenClaw.Tests.Support;
using OpenClaw.Worker.Limits;

namespace OpenClaw.Tests.Worker.Limits;

/// <summary>Whose an orphan is, and when it has outlived that: what still serves a task must live, what a task left must not.</summary>
public sealed class OrphanClaimsTests
{
    private const int Runner = 7;
    private readonly VirtualTime time = new();
    private readonly OrphanClaims claims;

    public OrphanClaimsTests() => claims = new OrphanClaims(time);

    [Fact]
    public void WhatATaskLeftEndsWithIt()
    {
        Assert.False(IsOver(5));
        Assert.False(IsOver(5));
        Assert.True(IsOver(6));
        Assert.True(IsOver(null));
    }

    [Fact]
    public void WhoCameBeforeItWasSaidWhatRunsBelongsToThatTask()
    {
        Assert.False(IsOver(null));
        Assert.False(IsOver(5));
        time.Advance(TimeSpan.FromHours(1));
        Assert.False(IsOver(5));
        Assert.True(IsOver(6));
    }

    [Fact]
    public void WhereNothingIsSaidToRunItIsALeftoverAfterASecond()
    {
        Assert.False(IsOver(null));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(IsOver(null));
    }

    [Fact]
    public void TheHelperOfAProgramThatServesLivesAsLongAsThat()
    {
        Assert.False(IsOver(0));
        Assert.False(IsOver(5));
        Assert.False(IsOver(0));
        Assert.False(IsOver(6));
        Assert.True(claims.IsOver(Orphan, [], IsOf, _ => false));
    }

    [Fact]
    public void WhoIsNobodysEndsWithTheLastOfThoseThatRanWhenItCame()
    {
        Assert.False(Over((7, 5), (8, 6), (9, 0)));
        Assert.False(Over((7, 5), (8, 1), (9, 1)));
        // That a program which serves lives is no reason: the orphan may have come of any task.
        Assert.True(Over((7, 1), (8, 1), (9, 1)));
        Assert.True(claims.IsOver(Orphan with { Id = 4 }, [(7, "", 5)], (_, _, _) => false, _ => false));

        bool Over(params (int Runner, int Handle)[] current) =>
            claims.IsOver(Orphan, [.. current.Select(c => (c.Runner, "", (ulong?)c.Handle))], (_, _, _) => false, _ => true);
    }

    private static ProcessStat Orphan { get; } = new(3, 'S', 1, 3, 3, 0, 1, 100, 0);

    private static bool IsOf(ProcessStat process, int runner, string mark) => runner == Runner;

    private bool IsOver(ulong? handle) => claims.IsOver(Orphan, [(8, "", 77), (Runner, "", handle)], IsOf, _ => true);
}
