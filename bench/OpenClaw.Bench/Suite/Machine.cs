using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace OpenClaw.Bench.Suite;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    private const int Probes = 500;

    public static JsonObject Describe()
    {
        var (p50, p99) = SyncedWrite();
        return new JsonObject
        {
            ["processor"] = CpuInfo("model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            ["cores"] = Environment.ProcessorCount,
            ["memory_gib"] = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
            ["system"] = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
            ["fdatasync_p50_us"] = p50,
            ["fdatasync_p99_us"] = p99,
            ["load_average"] = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown",
        };
    }

    /// <summary>How long the disk of the temporary directory, where the clusters' data is, takes to make 4 KiB durable, in µs.</summary>
    private static (double P50, double P99) SyncedWrite()
    {
        var path = Path.Combine(Path.GetTempPath(), $"openclaw-sync-{Environment.ProcessId}");
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            var block = new byte[4096];
            // Room that exists already: otherwise the file's growth is measured.
            RandomAccess.Write(file, new byte[Probes * block.Length], 0);
            RandomAccess.FlushToDisk(file);
            var micros = new List<double>();
            for (var i = 0; i < Probes; i++)
            {
                var began = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, i * block.Length);
                if (fdatasync(file) != 0)
                {
                    throw new IOException($"fdatasync of {path}: {Marshal.GetLastPInvokeErrorMessage()}");
                }

                micros.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }

            micros.Sort();
            return (Math.Round(micros[Probes / 2]), Math.Round(micros[Probes * 99 / 100]));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string? CpuInfo(string key) =>
        File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))
                ?.Split(':', 2)[1]
                .Trim()
                .ToString(CultureInfo.InvariantCulture)
            : null;

    [DllImport("libc", SetLastError = true)]
    private static extern int fdatasync(SafeHandle file);
}
