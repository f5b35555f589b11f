using System.Diagnostics;

namespace OpenClaw.SystemTests.Harness;

/// <summary>Waits on facts. The bound only ends a wait for something that will never be: it is no expectation about time.</summary>
internal static class Until
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? bound = null, Func<string>? details = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, bound, details);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? bound = null, Func<string>? details = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > (bound ?? Bound))
            {
                Assert.Fail($"waited {clock.Elapsed.TotalSeconds:0.0} s in vain until {what}{(details is null ? "" : "\n" + details())}");
            }

            await Task.Delay(Step);
        }
    }

    /// <summary>The first value that is not null.</summary>
    public static async Task<T> FoundAsync<T>(Func<Task<T?>> look, string what, TimeSpan? bound = null, Func<string>? details = null)
        where T : class
    {
        T? found = null;
        await TrueAsync(async () => (found = await look()) is not null, what, bound, details);
        return found!;
    }
}
