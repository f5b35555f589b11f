using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Tests.Runner;

/// <summary>A report, kept.</summary>
public sealed record Said(
    FrameKind Kind,
    ulong Handle,
    string Text,
    string Code,
    string Result,
    bool Retryable,
    double Fraction,
    TaskLogLevel Level
);

/// <summary>A worker's side of one real clw-runner.</summary>
public sealed class RunnerProcess : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static string Program => Path.Combine(AppContext.BaseDirectory, "clw-runner");

    private readonly FrameReader reader = new();
    private readonly ArrayBufferWriter<byte> pending = new();
    private readonly StringBuilder errors = new();
    private readonly Task errorPump;
    private ulong lastHandle;

    private RunnerProcess(ChildProcess child, SafeFileHandle commands, SafeFileHandle reports, SafeFileHandle log, SafeFileHandle progress)
    {
        Child = child;
        Commands = Pipes.OpenWrite(commands);
        Reports = Pipes.OpenRead(reports);
        ProgressPipe = Pipes.OpenRead(progress);
        errorPump = PumpAsync(Pipes.OpenRead(log));
    }

    public ChildProcess Child { get; }
    public PipeStream Commands { get; }
    public PipeStream Reports { get; }
    public PipeStream ProgressPipe { get; }

    public static async Task<RunnerProcess> StartAsync(
        ProcessLimits? limits = null,
        HostRights? rights = null,
        params (string Name, string Value)[] environment
    )
    {
        var commands = Pipes.Create();
        var reports = Pipes.Create();
        var log = Pipes.Create();
        var progress = Pipes.Create();
        using var a = commands.Read;
        using var b = reports.Write;
        using var c = log.Write;
        using var d = progress.Write;
        var child = ChildProcess.Start(
            new ChildStart
            {
                Path = Program,
                Arguments = ["clw-runner"],
                Environment = ChildStart.InheritedEnvironment([
                    (ProcessLimits.Variable, (limits ?? ProcessLimits.None).ToText()),
                    (ParentDeath.Variable, $"{Environment.ProcessId}"),
                    ("OPENCLAW_TOKEN", "secret"),
                    (HostRights.Variable, (rights ?? HostRights.None).ToText()),
                    .. environment,
                ]),
                Descriptors = [new(0, a), new(1, b), new(2, c), new(3, d)],
            }
        );
        var runner = new RunnerProcess(child, commands.Write, reports.Read, log.Read, progress.Read);
        var ready = await runner.NextAsync();
        Assert.Equal(FrameKind.Ready, ready?.Kind);
        return runner;
    }

    public RunCommand Builtin(string type, string payload = "{}") =>
        new()
        {
            Handle = ++lastHandle,
            TaskId = "task-1",
            Attempt = 1,
            Handler = HandlerKind.Builtin,
            Type = type,
            Payload = Encoding.UTF8.GetBytes(payload),
        };

    public RunCommand Lua(string path, string payload = "{}") =>
        new()
        {
            Handle = ++lastHandle,
            TaskId = "task-1",
            Attempt = 2,
            Handler = HandlerKind.Lua,
            Type = Path.GetFileNameWithoutExtension(path),
            Path = path,
            Version = "v1",
            Payload = Encoding.UTF8.GetBytes(payload),
            OutputDirectory = "/tmp",
        };

    public void Queue(in RunCommand command) => FrameWriter.WriteRun(pending, command);

    public async Task SendAsync()
    {
        await Commands.WriteAsync(pending.WrittenMemory).AsTask().WaitAsync(Patience);
        pending.ResetWrittenCount();
    }

    public async Task SendAsync(ExecCommand command)
    {
        FrameWriter.WriteExec(pending, command);
        await SendAsync();
    }

    /// <summary>The next report; null at the end of the pipe.</summary>
    public async Task<Said?> NextAsync()
    {
        while (true)
        {
            if (Take() is { } said)
            {
                return said;
            }
            var count = await Reports.ReadAsync(reader.GetMemory()).AsTask().WaitAsync(Patience);
            if (count == 0)
            {
                return null;
            }
            reader.Advance(count);
        }
    }

    private Said? Take()
    {
        var result = reader.TryRead(out var frame);
        Assert.NotEqual(FrameResult.Invalid, result);
        if (result == FrameResult.NeedMore)
        {
            return null;
        }
        Assert.True(RunnerReport.TryRead(frame, out var report));
        return new Said(
            report.Kind,
            report.Handle,
            Encoding.UTF8.GetString(report.Text),
            Encoding.UTF8.GetString(report.Code),
            Encoding.UTF8.GetString(report.Result),
            report.Retryable,
            report.Fraction,
            report.Level
        );
    }

    /// <summary>Runs one task and gives everything that was said about it; the last one is the outcome, or nothing when the process ended.</summary>
    public async Task<List<Said>> RunAsync(RunCommand command)
    {
        Queue(command);
        await SendAsync();
        var all = new List<Said>();
        while (await NextAsync() is { } said)
        {
            Assert.Equal(command.Handle, said.Handle);
            all.Add(said);
            if (said.Kind is FrameKind.Succeeded or FrameKind.Failed)
            {
                break;
            }
        }
        Assert.Equal(FrameKind.Started, all[0].Kind);
        return all;
    }

    public async Task<string> RestOfReportsAsync()
    {
        using var rest = new MemoryStream();
        rest.Write(reader.Unread);
        await Reports.CopyToAsync(rest).WaitAsync(Patience);
        return Encoding.UTF8.GetString(rest.ToArray());
    }

    /// <summary>Everything on descriptor 2, once it is closed.</summary>
    public async Task<string> ErrorsAsync()
    {
        await errorPump.WaitAsync(Patience);
        return errors.ToString();
    }

    private async Task PumpAsync(PipeStream stream)
    {
        await using (stream)
        {
            using var text = new StreamReader(stream);
            errors.Append(await text.ReadToEndAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Commands.DisposeAsync();
        // A runner that is busy or stuck is not asked.
        Child.SignalGroup(Signals.Kill);
        await Child.Ended.WaitAsync(Patience);
        await Reports.DisposeAsync();
        await ProgressPipe.DisposeAsync();
        await errorPump.WaitAsync(Patience);
    }
}

/// <summary>A directory of plugins that goes away with the test.</summary>
public sealed class PluginDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("clw-plugins-").FullName;

    public string Lua(string name, string source)
    {
        var path = System.IO.Path.Combine(Path, name + ".lua");
        File.WriteAllText(path, source);
        return path;
    }

    public string Executable(string name, string source, bool executable = true)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, source);
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }
        File.SetUnixFileMode(
            path,
            executable ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute : UnixFileMode.UserRead
        );
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
