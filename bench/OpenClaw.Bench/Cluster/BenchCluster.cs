using System.Diagnostics;
using System.Runtime.InteropServices;
using OpenClaw.Client.Wire;

namespace OpenClaw.Bench.Cluster;

/// <summary>A cluster of its own for a benchmark: <c>clw up</c> in a temporary directory, on ports that the system chooses.</summary>
internal sealed partial class BenchCluster : IAsyncDisposable
{
    private readonly Process up;
    private readonly string directory;

    private BenchCluster(Process up, string directory, WireClient client)
    {
        this.up = up;
        this.directory = directory;
        Client = client;
    }

    public WireClient Client { get; }

    public string DataDirectory => Path.Combine(directory, "data");

    public static async Task<BenchCluster> StartAsync(string clw, int slots)
    {
        var root = Directory.CreateTempSubdirectory("clw-bench-").FullName;
        var start = new ProcessStartInfo(clw) { RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments =
        [
            "up",
            "--data-dir",
            Path.Combine(root, "data"),
            "--state-dir",
            Path.Combine(root, "state"),
            "--log-dir",
            Path.Combine(root, "log"),
            "--listen",
            "127.0.0.1:0",
            "--web",
            "127.0.0.1:0",
            "--slots",
            slots.ToString(),
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var started = Process.Start(start) ?? throw new InvalidOperationException($"{clw} did not start");
        _ = started.StandardOutput.ReadToEndAsync();
        var data = Path.Combine(root, "data");
        for (var i = 0; i < 300 && !started.HasExited; i++)
        {
            if (LocalCluster.FindAddress(data) is { } address)
            {
                var client = WireClient.Connect(new WireOptions { Addresses = [address], Token = () => LocalCluster.ReadToken(data) });
                var status = await client.StatusAsync();
                if (status.IsOk && status.Value.Workers.Any(w => w.State == "healthy"))
                {
                    return new BenchCluster(started, root, client);
                }

                client.Dispose();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        throw new InvalidOperationException($"the cluster did not come up; see {root}");
    }

    /// <summary>CPU seconds used so far by each program of the cluster, by name, from /proc.</summary>
    public Dictionary<string, double> CpuSeconds()
    {
        var used = new Dictionary<string, double>();
        foreach (var process in Descendants(up.Id))
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{process}/stat");
                var name = stat[(stat.IndexOf('(') + 1)..stat.LastIndexOf(')')];
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                var ticks = long.Parse(fields[11]) + long.Parse(fields[12]);
                used[name] = used.GetValueOrDefault(name) + (ticks / 100.0);
            }
            catch (IOException)
            {
                // It ended between the listing and the look.
            }
        }

        return used;
    }

    private static IEnumerable<int> Descendants(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), out var pid) && ParentOf(pid) is { } parent)
            {
                (children.TryGetValue(parent, out var list) ? list : children[parent] = []).Add(pid);
            }
        }

        var open = new Stack<int>([root]);
        while (open.TryPop(out var next))
        {
            yield return next;
            foreach (var child in children.GetValueOrDefault(next, []))
            {
                open.Push(child);
            }
        }
    }

    private static int? ParentOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _ = kill(up.Id, 15);
        await up.WaitForExitAsync();
        up.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
