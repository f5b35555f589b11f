using System.Diagnostics;

namespace OpenClaw.Tests.Rpc;

/// <summary>
/// A Node program under tests/js, run as a child. Its packages are installed once, from the lock file. Without Node its tests are
/// skipped on a laptop and fail in CI.
/// </summary>
internal sealed class JsPeer : IAsyncDisposable
{
    private static readonly SemaphoreSlim Installing = new(1);
    private readonly Process process;
    private readonly Task reading;
    private readonly TaskCompletionSource<int> port = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> errors;

    private JsPeer(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
        reading = ReadAsync();
    }

    /// <summary>Every line that the program has printed, as a fact to wait for.</summary>
    public Signals Lines { get; } = new();

    public List<string> All { get; } = [];

    public static string Proto => Path.Combine(Root, "tests/OpenClaw.Tests/Rpc/Protos/echo.proto");

    private static string Root
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "OpenClaw.slnx")))
            {
                directory = directory.Parent;
            }
            return directory?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }
    }

    private static string Folder => Path.Combine(Root, "tests/js");

    public static async Task<JsPeer> StartAsync(string script, params string[] arguments)
    {
        await InstallAsync();
        return new(Start("node", [script, .. arguments]));
    }

    /// <summary>Where a server of ours-in-JavaScript listens.</summary>
    public async Task<Uri> AddressAsync()
    {
        var first = await Task.WhenAny(port.Task, reading).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(first == port.Task, await (first == reading ? errors : Task.FromResult("")));
        return new($"http://127.0.0.1:{await port.Task}");
    }

    /// <summary>Waits until the program has ended by itself; returns its exit code and what it said on standard error.</summary>
    public async Task<(int Code, string Errors)> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await reading;
        return (process.ExitCode, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static Process Start(string program, string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    private static async Task InstallAsync()
    {
        await Installing.WaitAsync();
        try
        {
            if (!HasNode())
            {
                var ci = Environment.GetEnvironmentVariable("CI") == "true";
                Assert.False(ci, "node and npm are missing, and CI needs them for the tests against other gRPC implementations");
                Assert.Skip("node and npm are not installed: the tests against @grpc/grpc-js are left out");
            }
            var stamp = Path.Combine(Folder, "node_modules/.package-lock.json");
            if (
                !File.Exists(stamp)
                || File.GetLastWriteTimeUtc(stamp) < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"))
            )
            {
                using var npm = Start("npm", ["ci", "--ignore-scripts"]);
                var said = await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
                await npm.WaitForExitAsync();
                Assert.True(npm.ExitCode == 0, string.Join('\n', said));
            }
        }
        finally
        {
            Installing.Release();
        }
    }

    private static bool HasNode() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => File.Exists(Path.Combine(directory, "node")) && File.Exists(Path.Combine(directory, "npm")));

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            All.Add(line);
            Lines.Set(line);
            if (line.StartsWith("port ", StringComparison.Ordinal))
            {
                port.TrySetResult(int.Parse(line[5..]));
            }
        }
    }
}
