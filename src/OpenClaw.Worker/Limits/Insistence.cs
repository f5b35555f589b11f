namespace OpenClaw.Worker.Limits;

/// <summary>Ends what a task left, again and again until nothing is left: who is ended may have started another a moment before.</summary>
internal static class Insistence
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>A process that cannot be ended (it waits for a broken disk) must not keep an outcome back for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="endOrGone">Ends what is there; true: nothing is.</param>
    /// <param name="time">Between two times.</param>
    /// <returns>False: something is there still.</returns>
    public static async ValueTask<bool> UntilGoneAsync(Func<bool> endOrGone, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        for (var pause = FirstPause; !endOrGone(); pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            if (time.GetElapsedTime(begun) > Patience)
            {
                return false;
            }

            await Task.Delay(pause, time);
        }

        return true;
    }
}
