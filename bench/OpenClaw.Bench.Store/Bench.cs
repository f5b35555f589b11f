using System.Diagnostics;
using OpenClaw.Store;
using OpenClaw.Store.Sqlite;

namespace OpenClaw.Bench.Store;

/// <summary>What the benchmarks share: an empty store, typical tasks, and lines of figures.</summary>
internal static class Bench
{
    public static WorkerRef Worker { get; } = new("worker-abc123", 1_700_000_000_000);

    public static NewTask Task { get; } =
        new()
        {
            Type = "image",
            Payload = "{\"path\":\"/srv/pictures/2024/01/15/IMG_20240115_102345.png\",\"width\":640,\"height\":480}"u8.ToArray(),
            SubmittedBy = "local",
            MaxRetries = 3,
        };

    public static async Task<SqliteTaskStore> OpenAsync(string directory, bool unsafeNoSync = false)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        var store = (await SqliteTaskStore.OpenAsync(directory, new SqliteOptions { UnsafeNoSync = unsafeNoSync }, default)).Value;
        await store.ExecuteAsync(
            [
                new LeaseOperation([
                    new Lease
                    {
                        Worker = Worker,
                        Manager = "m",
                        Until = long.MaxValue,
                    },
                ]),
            ],
            default
        );
        return store;
    }

    public static SubmitOperation Submit(int count) => new([.. Enumerable.Repeat(Task, count)]);

    public static Outcome Success(ClaimedTask task) =>
        new()
        {
            Attempt = new(task.Number, task.Attempt),
            By = Worker,
            Succeeded = true,
            Result = "{\"bytes\":123456,\"path\":\"/srv/out/IMG.png\"}"u8.ToArray(),
            RunMicros = 1234,
            StartedAt = 1_700_000_000_000,
        };

    private static (long Bytes, long Calls) lastWritten = Written();

    /// <summary>A line of throughput, with what the process wrote since the line before.</summary>
    public static void Line(string name, int count, long start)
    {
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var now = Written();
        var (bytes, calls) = (now.Bytes - lastWritten.Bytes, now.Calls - lastWritten.Calls);
        lastWritten = now;
        Console.WriteLine(
            $"{name, -30} {count / seconds, 10:N0} /s {seconds * 1e6 / count, 7:N2} us each, written {(double)bytes / count, 6:N0} B each in {1000.0 * calls / count, 5:N0} writes per 1000"
        );
    }

    private static (long Bytes, long Calls) Written()
    {
        if (!File.Exists("/proc/self/io"))
        {
            return default;
        }

        var values = File.ReadLines("/proc/self/io").Select(line => line.Split(": ")).ToDictionary(p => p[0], p => long.Parse(p[1]));
        return (values["wchar"], values["syscw"]);
    }

    public static void Percentiles(string name, List<double> micros)
    {
        micros.Sort();
        double At(double q) => micros[(int)Math.Min(micros.Count - 1, q * micros.Count)];
        Console.WriteLine($"{name, -44} p50 {At(.5), 8:N0} us   p99 {At(.99), 8:N0} us   max {micros[^1], 8:N0} us");
    }
}
