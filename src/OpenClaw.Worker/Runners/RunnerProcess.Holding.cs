namespace OpenClaw.Worker.Runners;

// How much a runner may say ahead of who listens, and how much it holds.
internal sealed partial class RunnerProcess
{
    /// <summary>What is read of one pipe before its reader waits until it was taken: small beside what it becomes as objects.</summary>
    private const int MostBytesAhead = 64 * 1024;

    /// <summary>What pipes may still hold when a process has ended: some pipes, each of at most 1 MiB.</summary>
    private const int MostBytesOfTheDead = 4 * 1024 * 1024;

    private int heldBack;
    private long bytesRead;

    /// <summary>Counts what a reader reads and lets it wait after every <see cref="MostBytesAhead"/>: the process feels it as a full pipe.</summary>
    private sealed class Brake(RunnerProcess runner)
    {
        private int since;

        public async ValueTask AfterAsync(int bytes)
        {
            since += bytes;
            Interlocked.Add(ref runner.bytesRead, bytes);
            if (since < MostBytesAhead)
            {
                return;
            }

            since = 0;
            Interlocked.Increment(ref runner.heldBack);
            try
            {
                await runner.events.TakenAsync();
            }
            finally
            {
                Interlocked.Decrement(ref runner.heldBack);
            }
        }
    }

    // The process has ended. What it wrote is read out, as long as reading gets on or is held back by us; somebody who left its session
    // may hold the pipes open for ever, and is not waited for, nor is one that goes on writing: more than pipes hold is not its word.
    private async Task ReadOutAsync(Task reading)
    {
        var atEnd = Interlocked.Read(ref bytesRead);
        long before;
        do
        {
            before = Interlocked.Read(ref bytesRead);
            await Task.WhenAny(reading, Task.Delay(LeftoverGrace, time));
        } while (
            !reading.IsCompleted
            && (Volatile.Read(ref heldBack) > 0 || Interlocked.Read(ref bytesRead) > before)
            && Interlocked.Read(ref bytesRead) - atEnd <= MostBytesOfTheDead
        );
    }
}
