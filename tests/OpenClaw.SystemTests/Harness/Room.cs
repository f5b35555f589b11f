using System.Net;
using System.Net.Sockets;

namespace OpenClaw.SystemTests.Harness;

/// <summary>
/// A directory of its own for one test, with everything in it that a user's machine would have: home, data, plugins, temporary files.
/// At the end no process that was started from it may be left, and nothing may have been written to the places where OpenClaw keeps
/// its files on a real machine.
/// </summary>
internal sealed class Room : IAsyncDisposable
{
    private static readonly string[] RealPlaces =
    [
        "/var/lib/openclaw",
        "/var/log/openclaw",
        "/etc/openclaw",
        "/etc/claw",
        System.IO.Path.Combine(RealHome, ".local/state/openclaw"),
        System.IO.Path.Combine(RealHome, ".config/openclaw"),
    ];

    private readonly Dictionary<string, DateTime> before = RealPlaces.ToDictionary(p => p, LastWrite);
    private readonly List<RealProcess> processes = [];

    public Room()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("clw-room-").FullName;
        foreach (var name in new[] { "home", "tmp", "plugins" })
        {
            System.IO.Directory.CreateDirectory(System.IO.Path.Combine(Directory, name));
        }

        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
            ["HOME"] = Path("home"),
            ["TMPDIR"] = Path("tmp"),
            ["LANG"] = "C.UTF-8",
            ["TERM"] = "xterm",
            ["OPENCLAW_MANAGER_DATA_DIR"] = Path("data"),
            ["OPENCLAW_WORKER_STATE_DIR"] = Path("state"),
            ["OPENCLAW_LOG_DIRECTORY"] = Path("log"),
            ["OPENCLAW_TASK_PLUGIN_DIR"] = Path("plugins"),
        };
        if (System.Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } dotnet)
        {
            Environment["DOTNET_ROOT"] = dotnet;
        }
    }

    public string Directory { get; }

    /// <summary>The environment of every program that starts here.</summary>
    public Dictionary<string, string> Environment { get; }

    private static string RealHome => System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);

    public string Path(params string[] parts) => System.IO.Path.Combine([Directory, .. parts]);

    /// <summary>Starts a program; <paramref name="more"/> is added to the environment, an empty value removes.</summary>
    public RealProcess Start(string program, IEnumerable<string> arguments, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string>(Environment, StringComparer.Ordinal);
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        var started = RealProcess.Start(program, arguments, environment, Directory);
        lock (processes)
        {
            processes.Add(started);
        }

        return started;
    }

    public RealProcess Clw(params string[] arguments) => Start(Checkout.Program("clw"), arguments);

    /// <summary>Runs <c>clw</c> to its end.</summary>
    public async Task<RealProcess> RunAsync(params string[] arguments)
    {
        var clw = Clw(arguments);
        clw.CloseInput();
        await clw.EndWithOutputAsync(TimeSpan.FromSeconds(60));
        return clw;
    }

    /// <summary>A plugin: a script with mode 0755, or Lua.</summary>
    public void Plugin(string name, string text)
    {
        var path = Path("plugins", name);
        File.WriteAllText(path + ".new", text.ReplaceLineEndings("\n"));
        File.SetUnixFileMode(
            path + ".new",
            UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | (name.EndsWith(".lua", StringComparison.Ordinal) ? 0 : UnixFileMode.UserExecute)
        );
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>A port that nobody has, below those that the system gives to outgoing connections.</summary>
    public static int FreePort()
    {
        var random = new Random(
            HashCode.Combine(System.Environment.ProcessId, System.Environment.TickCount64, Interlocked.Increment(ref drawn))
        );
        while (true)
        {
            var port = random.Next(12_000, 30_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }

    private static int drawn;

    /// <summary>No process from here is left; those that are just ending get the time to.</summary>
    public async Task NothingRunsAsync(string when, TimeSpan? bound = null) =>
        await Until.TrueAsync(
            () => ProcessTable.Marked(Directory).Count == 0,
            $"no process is left {when}",
            bound ?? TimeSpan.FromSeconds(10),
            () => string.Join('\n', ProcessTable.Marked(Directory))
        );

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }

        try
        {
            await NothingRunsAsync("after the test");
        }
        finally
        {
            foreach (var left in ProcessTable.Marked(Directory))
            {
                Signals.Send(left.Id, Signals.Kill);
            }

            System.IO.Directory.Delete(Directory, recursive: true);
        }

        foreach (var (place, at) in before)
        {
            var now = LastWrite(place);
            Assert.True(now == at || now == DateTime.MinValue, $"{place} was touched by a program of the test");
        }
    }

    private static DateTime LastWrite(string place) =>
        System.IO.Directory.Exists(place) ? System.IO.Directory.GetLastWriteTimeUtc(place) : DateTime.MinValue;
}
