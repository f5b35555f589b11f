using System.Diagnostics;

namespace OpenClaw.Bench.Store;

/// <summary>How long the disk takes to make 4 KiB and 64 KiB durable: the floor under every commit.</summary>
internal static class DiskBench
{
    public static void Run(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var size in new[] { 4096, 65536 })
        {
            var block = new byte[size];
            var micros = new List<double>();
            using var file = new FileStream(Path.Combine(directory, "sync"), FileMode.Create, FileAccess.Write, FileShare.Read, 0);
            file.SetLength(64 << 20);
            file.Flush(flushToDisk: true);
            file.Position = 0;
            for (var i = 0; i < 500; i++)
            {
                var start = Stopwatch.GetTimestamp();
                file.Write(block);
                file.Flush(flushToDisk: true);
                micros.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }

            Bench.Percentiles($"write of {size / 1024} KiB and fsync", micros);
        }
    }
}
