using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenClaw.Client;

namespace OpenClaw.Bench.Limits;

/// <summary>
/// How soon a task that goes over its memory limit has its failure, at two speeds of growing: bench/run limits. The program
/// itself says when it was within 2 MiB of its limit (nearer, it may be ended before it can say so); the failure's time is the manager's.
/// </summary>
internal static class LimitsBench
{
    private const int LimitMiB = 128;
    private const int Runs = 20;
    private const string DataVariable = "OPENCLAW_MANAGER_DATA_DIR";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0)
        {
            await Console.Error.WriteLineAsync("error: clw-usage: bench/run limits takes nothing more");
            return 2;
        }

        var directory = Directory.CreateTempSubdirectory("openclaw-limits-");
        using var up = Start(directory.FullName);
        try
        {
            await using var client = await ConnectAsync(directory.FullName, up);
            foreach (var (what, pause) in new[] { ("as fast as it can", "0"), ("a MiB every 10 ms", "0.01") })
            {
                await MeasureAsync(client, what, pause);
            }

            return 0;
        }
        finally
        {
            using var kill = Process.Start("kill", ["-TERM", up.Id.ToString(CultureInfo.InvariantCulture)]);
            await up.WaitForExitAsync();
            directory.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(OpenClawClient client, string what, string pause)
    {
        var took = new List<double>();
        var beyond = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            var task = await client.SubmitAsync(
                new TaskRequest("grower")
                {
                    MaxRetries = 0,
                    Payload = Encoding.UTF8.GetBytes($"{{\"limit\":{LimitMiB},\"pause\":{pause}}}"),
                }
            );
            var ended = await client.WaitAsync(task.Id);
            if (ended.Failure is not { Code: "clw-memory-exhaust", Used: { } used } failure)
            {
                throw new InvalidOperationException($"The task did not end at its limit: {ended.State} {ended.Failure}");
            }

            var crossed = failure.LastLines.Single(l => l.Contains("crossed ", StringComparison.Ordinal)).Split(' ')[^1];
            var at = DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(crossed, CultureInfo.InvariantCulture));
            took.Add((ended.FinishedAt!.Value - at).TotalMilliseconds);
            beyond.Add((used / (double)(1 << 20)) - LimitMiB);

            // A type that only ever crashes is held back; one that works in between is not.
            await client.WaitAsync(
                (await client.SubmitAsync(new TaskRequest("grower") { Payload = "{\"limit\":0,\"pause\":0}"u8.ToArray() })).Id
            );
        }

        took.Sort();
        beyond.Sort();
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"limit reached to failure recorded, {what, -18} {took[Runs / 2], 6:0} ms in the middle, {took[^1]:0} at most; beyond the limit {beyond[Runs / 2]:0} MiB, {beyond[^1]:0} at most"
            )
        );
    }

    private static Process Start(string directory)
    {
        var start = new ProcessStartInfo(".clw/bin/clw", ["up"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment =
            {
                [DataVariable] = Path.Combine(directory, "data"),
                ["OPENCLAW_WORKER_STATE_DIR"] = Path.Combine(directory, "state"),
                ["OPENCLAW_LOG_DIRECTORY"] = Path.Combine(directory, "log"),
                ["OPENCLAW_TASK_PLUGIN_DIR"] = Path.GetFullPath("bench/OpenClaw.Bench/Limits/plugins"),
                ["OPENCLAW_TASK_MAX_MEMORY_GB"] = (LimitMiB / 1024.0).ToString(CultureInfo.InvariantCulture),
                ["OPENCLAW_MANAGER_LISTEN"] = "127.0.0.1:0",
                ["OPENCLAW_MANAGER_WEB"] = "127.0.0.1:0",
                ["OPENCLAW_WORKER_HEALTH_PORT"] = "0",
            },
        };
        return Process.Start(start)!;
    }

    private static async Task<OpenClawClient> ConnectAsync(string directory, Process up)
    {
        while (await up.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("is up.", StringComparison.Ordinal))
            {
                Environment.SetEnvironmentVariable(DataVariable, Path.Combine(directory, "data"));
                return await OpenClawClient.ConnectAsync();
            }
        }

        throw new InvalidOperationException($"clw up ended: {await up.StandardError.ReadToEndAsync()}");
    }
}
