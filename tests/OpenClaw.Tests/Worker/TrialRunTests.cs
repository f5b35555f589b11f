using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

/// <summary>A trial of a plugin has the rights and limits that a worker with the same settings would give it.</summary>
public sealed class TrialRunTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-trial-");

    public void Dispose() => directory.Delete(recursive: true);

    private async Task<Result<TrialResult>> TryAsync(string runner, TaskSettings settings, TaskHandler handler)
    {
        var path = Path.Combine(directory.FullName, "runner");
        await File.WriteAllTextAsync(path, "#!/bin/sh\n" + runner, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return await TrialRun.RunAsync(
            new Trial
            {
                Handler = handler,
                Payload = "null"u8.ToArray(),
                RunnerPath = path,
                OutputDirectory = directory.FullName,
                Settings = settings,
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
    }

    private string Frame(Action<System.Buffers.ArrayBufferWriter<byte>> write)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        write(bytes);
        var path = Path.Combine(directory.FullName, "frame");
        File.WriteAllBytes(path, bytes.WrittenSpan.ToArray());
        return path;
    }

    [Fact]
    public async Task TheRunnerIsToldWhatTheSettingsSay()
    {
        var settings = OpenClawSettings.Defaults.Task with
        {
            ReadRoots = ["/srv/in"],
            WriteRoots = ["/srv/out"],
            HttpHosts = ["api.example.org"],
            MaxMemoryBytes = 123 << 20,
        };
        await TryAsync("env > \"${0%/*}/env\"", settings, new TaskHandler("x", HandlerForm.Lua, "/plugins/x.lua", "v1"));
        var told = (await File.ReadAllLinesAsync(Path.Combine(directory.FullName, "env"), TestContext.Current.CancellationToken))
            .Select(l => l.Split('=', 2))
            .ToDictionary(l => l[0], l => l[1]);
        var rights = HostRights.FromText(told[HostRights.Variable])!;
        Assert.Equal(["/srv/in"], rights.ReadRoots);
        Assert.Equal(["/srv/out"], rights.WriteRoots);
        Assert.Equal(["api.example.org"], rights.HttpHosts);
        Assert.Equal(123 << 20, ProcessLimits.FromText(told[ProcessLimits.Variable])!.LuaBytes);
    }

    [Fact]
    public async Task ItsTimeCountsFromItsBeginningAndIsThatOfTheSettings()
    {
        var settings = OpenClawSettings.Defaults.Task with { Timeout = TimeSpan.FromMilliseconds(300) };
        var frame = Frame(b => FrameWriter.WriteStarted(b, 1));
        var outcome = await TryAsync(
            $"sleep 0.5; cat {frame}; exec sleep 600",
            settings,
            new TaskHandler("x", HandlerForm.Lua, "/plugins/x.lua", "v1")
        );
        Assert.Equal(("clw-task-timeout", "It ran longer than 0.3 s and was ended"), (outcome.Failure!.Code, outcome.Failure.Message));

        // Over before it had begun would have been told otherwise: by this it has run after its slow start.
        var succeeded = Frame(b =>
        {
            FrameWriter.WriteStarted(b, 1);
            FrameWriter.WriteSucceeded(b, 1, 5, "7"u8);
        });
        outcome = await TryAsync(
            $"sleep 0.5; cat {succeeded}; exec sleep 600",
            settings,
            new TaskHandler("x", HandlerForm.Lua, "/plugins/x.lua", "v1")
        );
        Assert.Equal("7", System.Text.Encoding.UTF8.GetString(outcome.Value.Result.Span));
    }

    [Fact]
    public async Task AScriptThatEndsItsProcessFailsAsInACluster()
    {
        var started = Frame(b => FrameWriter.WriteStarted(b, 1));
        var outcome = await TryAsync(
            $"cat {started}; exit 3",
            OpenClawSettings.Defaults.Task,
            new TaskHandler("x", HandlerForm.Lua, "/plugins/x.lua", "v1")
        );
        Assert.Equal(
            ("clw-worker-crash", "The process that ran the task ended with exit code 3"),
            (outcome.Failure!.Code, outcome.Failure.Message)
        );
    }

    [Theory]
    [InlineData(20, 4000, " MiB of the 20 MiB that max_memory in its manifest allows, and was ended", "max_memory in its manifest")]
    [InlineData(null, 20, " MiB of the 20 MiB that max_memory_gb under [task] allows, and was ended", "max_memory_gb under [task]")]
    public async Task AProgramThatHoldsTooMuchIsEndedAndToldWhoseLimitItWas(int? ofManifest, int ofSettings, string message, string knob)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var settings = OpenClawSettings.Defaults.Task with { MaxMemoryBytes = (long)ofSettings << 20 };
        var manifest = new PluginManifest { MaxMemoryBytes = (long?)ofManifest << 20 };

        // It is the program's from here on. Tail keeps what has no line feed.
        var becoming = Frame(b => FrameWriter.WriteBecoming(b, 1));
        var outcome = await TryAsync(
            $"cat {becoming}; (head -c 60000000 /dev/zero; exec sleep 600) | tail -n 1 >/dev/null",
            settings,
            new TaskHandler("p", HandlerForm.Executable, "/plugins/p.sh", "v1") { Manifest = manifest }
        );
        Assert.Equal("clw-memory-exhaust", outcome.Failure!.Code);
        Assert.StartsWith("p.sh held ", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(message, outcome.Failure.Message, StringComparison.Ordinal);
        Assert.StartsWith($"Raise {knob}", outcome.Failure.NextStep, StringComparison.Ordinal);
    }
}
