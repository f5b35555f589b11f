using OpenClaw.Bench.Store;

// dotnet run -c Release --project bench/OpenClaw.Bench.Store -- [DIRECTORY] [TASKS] [backlog N]
// Measures the SQLite engine on the disk of DIRECTORY (default: the system's temporary directory).
var directory = Path.Combine(args.Length > 0 ? args[0] : Path.GetTempPath(), "openclaw-bench-" + Environment.ProcessId);
var tasks = args.Length > 1 ? int.Parse(args[1]) : 400_000;
try
{
    if (args.Length > 3 && args[2] == "backlog")
    {
        await Backlog.RunAsync(directory, int.Parse(args[3]));
        return;
    }

    DiskBench.Run(directory);
    foreach (var batch in new[] { 200, 1000 })
    {
        await PhaseBench.RunAsync(directory, tasks, batch, unsafeNoSync: false);
    }

    await PhaseBench.RunAsync(directory, tasks, 200, unsafeNoSync: true);
    await LifeBench.RunAsync(directory, tasks, 200);
    await SingleBench.RunAsync(directory, waiting: 64, TimeSpan.FromSeconds(3));
}
finally
{
    if (Directory.Exists(directory))
    {
        Directory.Delete(directory, recursive: true);
    }
}
