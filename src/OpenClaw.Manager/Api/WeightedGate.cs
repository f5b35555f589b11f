namespace OpenClaw.Manager.Api;

/// <summary>
/// Lets work in up to a total weight; more waits in the order of its coming. Something heavier than the whole gate passes alone.
/// Thread-safe.
/// </summary>
internal sealed class WeightedGate(int capacity)
{
    private readonly Lock sync = new();
    private readonly Queue<(int Weight, TaskCompletionSource Entered)> waiting = new();
    private int used;

    public ValueTask EnterAsync(int weight)
    {
        weight = Math.Min(weight, capacity);
        lock (sync)
        {
            if (waiting.Count == 0 && used + weight <= capacity)
            {
                used += weight;
                return ValueTask.CompletedTask;
            }

            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue((weight, entered));
            return new ValueTask(entered.Task);
        }
    }

    public void Leave(int weight)
    {
        weight = Math.Min(weight, capacity);
        lock (sync)
        {
            used -= weight;
            while (waiting.TryPeek(out var next) && used + next.Weight <= capacity)
            {
                waiting.Dequeue();
                used += next.Weight;
                next.Entered.SetResult();
            }
        }
    }
}
