using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Demo;

/// <summary>What became of the tasks. Pure: tasks in, figures out.</summary>
internal sealed class DemoTally
{
    private readonly Dictionary<string, List<V1.Task>> byType = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> words = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    /// <summary>The task that was meant to fail, when it did.</summary>
    public V1.Task? OnPurpose { get; private set; }

    /// <summary>Tasks that failed without being meant to.</summary>
    public List<V1.Task> Unexpected { get; } = [];

    public void Add(V1.Task task)
    {
        Count++;
        if (!byType.TryGetValue(task.Type, out var list))
        {
            byType[task.Type] = list = [];
        }

        list.Add(task);
        if (task.State == TaskState.Succeeded)
        {
            CountWords(task);
        }
        else if (task.Labels.TryGetValue("demo", out var label) && label == DemoWork.OnPurpose)
        {
            OnPurpose = task;
        }
        else
        {
            Unexpected.Add(task);
        }
    }

    /// <summary>A row for each type: type, tasks, succeeded, failed, and the median and 99th percentile of the run.</summary>
    public IEnumerable<IReadOnlyList<string>> Rows()
    {
        foreach (var (type, tasks) in byType.OrderBy(t => Rank(t.Key)).ThenBy(t => t.Key, StringComparer.Ordinal))
        {
            var ok = tasks.Count(t => t.State == TaskState.Succeeded);
            var runs = tasks.Select(t => t.RunMicros).Order().ToList();
            yield return
            [
                type,
                $"{tasks.Count}",
                $"{ok}",
                $"{tasks.Count - ok}",
                Times.Took(Percentile(runs, 0.50)),
                Times.Took(Percentile(runs, 0.99)),
            ];
        }
    }

    /// <summary>From the submission to the recorded result, by the manager's clock, in microseconds.</summary>
    public long Latency(double share) =>
        Percentile([.. byType.Values.SelectMany(t => t).Select(t => (t.FinishedAtMs - t.CreatedAtMs) * 1000).Order()], share);

    /// <summary>The most frequent words of five letters and more, over all texts.</summary>
    public IEnumerable<string> FrequentWords(int count) =>
        words.OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal).Take(count).Select(w => $"{w.Key} ({w.Value})");

    /// <summary>The smallest value that is not exceeded by this share of the values (nearest rank).</summary>
    public static long Percentile(IReadOnlyList<long> ascending, double share) =>
        ascending.Count == 0 ? 0 : ascending[Math.Clamp((int)Math.Ceiling(share * ascending.Count) - 1, 0, ascending.Count - 1)];

    private static int Rank(string type) => DemoWork.Types.ToList().IndexOf(type) is >= 0 and var rank ? rank : int.MaxValue;

    private void CountWords(V1.Task task)
    {
        if (task.Type != "wordcount")
        {
            return;
        }

        using var result = JsonDocument.Parse(task.Result.Memory);
        foreach (var entry in result.RootElement.GetProperty("top").EnumerateArray())
        {
            var word = entry.GetProperty("word").GetString()!;
            if (word.Length >= 5)
            {
                words[word] = words.GetValueOrDefault(word) + entry.GetProperty("count").GetInt32();
            }
        }
    }
}
