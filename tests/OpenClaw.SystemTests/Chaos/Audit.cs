using OpenClaw.Core.Tasks;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Chaos;

/// <summary>Compares what was promised with what the database holds, read without the product. One line for each broken promise.</summary>
internal static class Audit
{
    /// <summary>Acknowledged submissions that the store does not have, or has under another number.</summary>
    public static List<string> Lost(Database store, Ledger ledger)
    {
        var kept = store
            .Rows("SELECT k.task_key, k.seq FROM keys k JOIN tasks t USING (seq)")
            .ToDictionary(r => (string)r[0]!, r => new TaskId((long)r[1]!).ToString());
        return
        [
            .. ledger
                .Acknowledged.Where(a => kept.GetValueOrDefault(a.Key) != a.Value)
                .Select(a => $"{a.Key} was acknowledged as {a.Value}; the store has {kept.GetValueOrDefault(a.Key) ?? "nothing"}"),
        ];
    }

    /// <summary>Everything that has to hold once every task has ended.</summary>
    public static List<string> Broken(Database store, Ledger ledger)
    {
        var broken = Lost(store, ledger);
        broken.AddRange(ledger.Contradictions);

        // Each submission is one task: neither lost nor doubled.
        Equal(broken, "tasks kept and submissions acknowledged", store.Number("SELECT count(*) FROM tasks"), ledger.Acknowledged.Count);
        Equal(broken, "bodies and tasks", store.Number("SELECT count(*) FROM bodies"), ledger.Acknowledged.Count);

        // Each has ended well, with one outcome, that of its last attempt, and it is the one that was announced.
        var ends = store
            .Rows(
                """
                SELECT t.seq, t.state, t.attempt, t.recorded, t.finished, r.result, l.type, b.payload
                FROM tasks t JOIN lanes l ON l.id = t.lane JOIN bodies b USING (seq) LEFT JOIN results r USING (seq)
                """
            )
            .ToDictionary(r => new TaskId((long)r[0]!).ToString());
        foreach (var id in ledger.Acknowledged.Values)
        {
            if (!ends.TryGetValue(id, out var row))
            {
                continue; // Told above.
            }

            var (state, attempt, recorded, finished) = ((TaskState)(long)row[1]!, (long)row[2]!, (long)row[3]!, (long)row[4]!);
            var result = (string?)row[5] ?? "";
            if (state != TaskState.Succeeded || recorded != attempt)
            {
                broken.Add($"{id} is {state}, attempt {attempt}, recorded outcome of attempt {recorded}");
            }

            if (!ledger.Ended.TryGetValue(id, out var announced))
            {
                broken.Add($"{id} has ended and nobody who waited was told");
            }
            else if (
                ((int)announced.State - 1, announced.Attempt, announced.FinishedAt, announced.Result)
                != ((int)state, attempt, finished, result)
            )
            {
                broken.Add($"{id} was announced as {announced}; the store has {state}, attempt {attempt}, at {finished}: {result}");
            }

            if (!ResultFits((string)row[6]!, (string)row[7]!, result))
            {
                broken.Add($"{id} ({row[6]} {row[7]}) has the result of another task: {result}");
            }
        }

        // The counters are the counts.
        foreach (var state in Enum.GetValues<TaskState>())
        {
            var name = state.ToString().ToLowerInvariant();
            Equal(
                broken,
                $"counter and count of {name}",
                store.Number($"SELECT {name} FROM meta"),
                store.Number($"SELECT count(*) FROM tasks WHERE state = {(int)state}")
            );
        }

        Equal(broken, "waiting tasks by the lanes' counters", store.Number("SELECT coalesce(sum(ready + delayed), 0) FROM lanes"), 0);
        return broken;
    }

    private static bool ResultFits(string type, string payload, string result) =>
        type switch
        {
            "noop" => result == "null",
            "sleep" => result == payload.Replace("ms", "slept_ms", StringComparison.Ordinal),
            _ => result == payload[(payload.IndexOf("\"n\":", StringComparison.Ordinal) + 4)..^1],
        };

    private static void Equal(List<string> broken, string what, long one, long other)
    {
        if (one != other)
        {
            broken.Add($"{what} differ: {one} and {other}");
        }
    }
}
