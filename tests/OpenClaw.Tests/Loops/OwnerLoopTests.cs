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

    [Fact]
    public async Task ManyPostersRunOneAtATimeAndEachInItsOrder()
    {
        var inside = 0;
        var overlaps = 0;
        var runs = 0;
        var last = new int[4];
        var disorder = 0;
        var loop = new OwnerLoop(() => runs++, _ => { }, NullLogger<OwnerLoop>.Instance, most: 16);
        var running = loop.RunAsync();
        await Task.WhenAll(
            Enumerable
                .Range(0, last.Length)
                .Select(poster =>
                    Task.Run(async () =>
                    {
                        for (var i = 1; i <= 5000; i++)
                        {
                            var number = i;
                            void Work()
                            {
                                overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
                                disorder += last[poster] == number - 1 ? 0 : 1;
                                last[poster] = number;
                                Interlocked.Decrement(ref inside);
                            }

                            switch (i % 3)
                            {
                                case 0:
                                    loop.Post(Work);
                                    break;
                                case 1:
                                    loop.RunOrPost(Work);
                                    break;
                                default:
                                    await loop.AskAsync(() =>
                                    {
                                        Work();
                                        return 0;
                                    });
                                    break;
                            }
                        }
                    })
                )
        );
        loop.Complete();
        await running.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (overlaps, disorder));
        Assert.All(last, l => Assert.Equal(5000, l));
        Assert.True(runs > 0);
    }

    [Fact]
    public async Task AnIdleLoopRunsOnTheThreadThatAsks()
    {
        var loop = new OwnerLoop(() => { }, _ => { }, NullLogger<OwnerLoop>.Instance);
        var running = loop.RunAsync();
        await loop.AskAsync(() => 0);
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    // The run before may just be ending on another thread.
                    var here = loop.AskAsync(() => Environment.CurrentManagedThreadId);
                    return here.GetAwaiter().GetResult() == Environment.CurrentManagedThreadId;
                },
                Patience
            )
        );
        loop.Complete();
        await running.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }
}
