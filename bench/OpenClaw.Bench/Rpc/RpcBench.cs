using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OpenClaw.Rpc;

namespace OpenClaw.Bench.Rpc;

/// <summary>
/// Unary calls with a fixed number in flight over one connection, then one duplex stream with batches. The server is a child
/// process, so that the figures are of two programs as in production.
/// </summary>
internal static class RpcBench
{
    private const int Batch = 64;
    private const int Window = 4096;

    public static async Task<int> RunAsync(string[] args)
    {
        var seconds = Option(args, "--seconds", 5);
        var inFlight = Option(args, "--in-flight", 64);
        var payload = new BytesValue { Value = ByteString.CopyFrom(new byte[Option(args, "--payload", 100)]) };
        using var server = args.Contains("--one-process") ? null : StartChild();
        await using var app = server is null ? await RpcBenchServer.StartAsync() : null;
        var address = server is null ? RpcBenchServer.AddressOf(app!) : new Uri((await server.StandardOutput.ReadLineAsync())!);
        using var channel = new RpcChannel(address);

        await UnaryAsync(channel, payload, inFlight, TimeSpan.FromSeconds(2), new());
        await MeasureAsync(
            $"unary, {inFlight} in flight",
            seconds,
            server,
            times => UnaryAsync(channel, payload, inFlight, TimeSpan.FromSeconds(seconds), times)
        );
        await EchoAsync(channel, payload, TimeSpan.FromSeconds(1));
        await MeasureAsync($"duplex, batches of {Batch}", seconds, server, _ => EchoAsync(channel, payload, TimeSpan.FromSeconds(seconds)));
        server?.StandardInput.Close();
        return 0;
    }

    private static async Task<long> UnaryAsync(RpcChannel channel, BytesValue payload, int inFlight, TimeSpan time, List<double> times)
    {
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var counts = await Task.WhenAll(
            Enumerable
                .Range(0, inFlight)
                .Select(async _ =>
                {
                    var own = new List<double>();
                    for (var began = Stopwatch.GetTimestamp(); began < end; began = Stopwatch.GetTimestamp())
                    {
                        (await channel.UnaryAsync(RpcBenchServer.Unary, payload)).Value.CalculateSize();
                        own.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    }
                    lock (times)
                    {
                        times.AddRange(own);
                    }
                    return (long)own.Count;
                })
        );
        return counts.Sum();
    }

    private static async Task<long> EchoAsync(RpcChannel channel, BytesValue payload, TimeSpan time)
    {
        await using var call = channel.Duplex(RpcBenchServer.Duplex);
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        using var room = new SemaphoreSlim(Window / Batch);
        var writing = Task.Run(async () =>
        {
            while (Stopwatch.GetTimestamp() < end)
            {
                await room.WaitAsync();
                for (var i = 0; i < Batch; i++)
                {
                    call.Write(payload);
                }
                await call.FlushAsync();
            }
            await call.CompleteAsync();
        });
        long count = 0;
        while (await call.ReadAsync() is not null)
        {
            if (++count % Batch == 0)
            {
                room.Release();
            }
        }
        await writing;
        return count;
    }

    private static async Task MeasureAsync(string name, int seconds, Process? server, Func<List<double>, Task<long>> run)
    {
        using var self = Process.GetCurrentProcess();
        var times = new List<double>();
        var allocated = GC.GetTotalAllocatedBytes();
        var (own, others) = (self.TotalProcessorTime, server?.TotalProcessorTime ?? default);
        var began = Stopwatch.GetTimestamp();
        var count = await run(times);
        var elapsed = Stopwatch.GetElapsedTime(began);
        self.Refresh();
        server?.Refresh();
        var cpu = (self.TotalProcessorTime - own, (server?.TotalProcessorTime ?? default) - others);
        times.Sort();
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{name, -24} {count / elapsed.TotalSeconds, 10:n0}/s  client {cpu.Item1.TotalMicroseconds / count, 5:n1} us, server {cpu.Item2.TotalMicroseconds / count, 5:n1} us of CPU each, {(GC.GetTotalAllocatedBytes() - allocated) / count:n0} B allocated in the client each"
        );
        if (times.Count > 0)
        {
            line += string.Create(
                CultureInfo.InvariantCulture,
                $"  p50 {times[times.Count / 2]:n2} ms  p99 {times[times.Count * 99 / 100]:n2} ms"
            );
        }
        Console.Out.WriteLine(line);
    }

    private static Process StartChild() =>
        Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, ["rpc-server"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;

    private static int Option(string[] args, string name, int fallback) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length
            ? int.Parse(args[at + 1], CultureInfo.InvariantCulture)
            : fallback;
}
