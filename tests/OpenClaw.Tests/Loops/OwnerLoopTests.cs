using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Hosting.Loops;

namespace OpenClaw.Tests.Loops;

public sealed class OwnerLoopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task AFaultIsToldOnceAndNobodyAsksForEver()
    {
        var faults = new List<Exception>();
        var loop = new OwnerLoop(() => { }, faults.Add, NullLogger<OwnerLoop>.Instance);
        loop.Post(() => throw new InvalidOperationException("broken"));
        var behind = loop.AskAsync(() => 1);
        await loop.RunAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("broken", Assert.Single(faults).Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behind.WaitAsync(Patience, TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            loop.AskAsync(() => 2).WaitAsync(Patience, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task WhatWasPostedBeforeTheEndStillRuns()
    {
        var loop = new OwnerLoop(() => { }, _ => { }, NullLogger<OwnerLoop>.Instance);
        var asked = loop.AskAsync(() => 7);
        loop.Complete();
        await loop.RunAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(7, await asked);
    }
}
