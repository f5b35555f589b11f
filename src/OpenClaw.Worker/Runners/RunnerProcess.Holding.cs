namespace OpenClaw.Worker.Runners;

// How much a runner may say ahead of who listens, and how much it holds.
internal sealed partial class RunnerProcess
{
    /// <summary>What is read of one pipe before its reader waits until it was taken: small beside what it becomes as objects.</summary>
    private const int MostBytesAhead = 64 * 1024;

    private int heldBack;

    /// <summary>Counts what a reader reads and lets it wait after every <see cref="MostBytesAhead"/>: the process feels it as a full pipe.</summary>
    private sealed class Brake(RunnerProcess runner)
    {
        private int since;

        public async ValueTask AfterAsync(int bytes)
        {
            since += bytes;
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

    // The process has ended. What it wrote is read out; somebody who left its session may hold the pipes open for ever, and is not waited
    // for. A reader that is held back by us is.
    private async Task ReadOutAsync(Task reading)
    {
        do
        {
            await Task.WhenAny(reading, Task.Delay(LeftoverGrace, time));
        } while (!reading.IsCompleted && Volatile.Read(ref heldBack) > 0);
    }

    public bool HoldsMoreThan(long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        if (ProcessTable.ResidentBytes(ProcessId) > bytes)
        {
            return true;
        }

        var family = processes.MembersOf(ProcessId);
        return family.Count > 1
            && family.Sum(ProcessTable.ResidentBytes) > bytes
            // A fork shares its parent's pages: counted whole they may be over the limit many times. Asked only now, for what it costs.
            && family.Where(p => ProcessTable.SessionOf(p) == ProcessId).Sum(ProcessTable.ProportionalBytes) > bytes;
    }
}
