using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Settings;

namespace OpenClaw.Bench.Scale;

/// <summary>A manager of its own in a directory of its own, that can be killed and started again at the same address.</summary>
internal sealed class ManagerProcess(string directory) : IDisposable
{
    private Process? process;

    public HostPort Address { get; } = new("127.0.0.1", FreePort());

    public string DataDirectory => Path.Combine(directory, "data");

    public TimeSpan Cpu
    {
        get
        {
            process!.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Bytes, shared ones by their share.</summary>
    public long Pss =>
        File.ReadLines($"/proc/{process!.Id}/smaps_rollup")
            .Where(l => l.StartsWith("Pss:", StringComparison.Ordinal))
            .Select(l => long.Parse(l[4..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024)
            .First();

    public void Start()
    {
        var start = new ProcessStartInfo(Path.GetFullPath(".clw/bin/clw"), ["manager"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["OPENCLAW_SUPERVISED"] = "1";
        start.Environment["OPENCLAW_CONFIG"] = "";
        start.Environment["OPENCLAW_MANAGER_LISTEN"] = Address.ToString();
        start.Environment["OPENCLAW_MANAGER_WEB"] = "127.0.0.1:0";
        start.Environment["OPENCLAW_MANAGER_DATA_DIR"] = DataDirectory;
        start.Environment["OPENCLAW_LOG_DIRECTORY"] = Path.Combine(directory, "log");
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public void Kill()
    {
        if (process is { HasExited: false } running)
        {
            running.Kill();
            running.WaitForExit();
        }

        process?.Dispose();
        process = null;
    }

    public WireClient Connect() =>
        WireClient.Connect(
            new WireOptions
            {
                Addresses = [Address],
                Token = () => LocalCluster.ReadToken(DataDirectory),
                Patience = TimeSpan.Zero,
            }
        );

    public void Dispose() => Kill();

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
