using System.Diagnostics;
using System.Globalization;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Tests.Supervisor;

/// <summary>What a service manager is told, on a real socket by a real supervisor.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private const string Wait = "while :; do sleep 1000 & wait $!; done";

    private readonly string directory = Directory.CreateTempSubdirectory("clw-notify-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private string At(string name) => Path.Combine(directory, name);

    private ChildPlan Shell(string name, string script, params string[] after) =>
        new()
        {
            Name = name,
            Path = "/bin/sh",
            Args = ["-c", script],
            StartAfter = after,
            GraceSeconds = 10,
            Env = new Dictionary<string, string> { ["DIR"] = directory },
        };

    private SupervisorProcess Start(NotifySocket socket, string? watchdog, params ChildPlan[] children) =>
        SupervisorProcess.Start(directory, [("NOTIFY_SOCKET", socket.Name), ("WATCHDOG_USEC", watchdog)], children);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_child_that_says_how_it_stands_counts_as_started(bool isAbstract)
    {
        Assert.SkipUnless(!isAbstract || OperatingSystem.IsLinux(), "abstract sockets are Linux'");
        using var socket = new NotifySocket(isAbstract ? $"@clw-{Guid.NewGuid():N}" : At("notify"));
        await using var supervisor = Start(
            socket,
            null,
            Shell(
                "worker",
                $"trap 'exit 0' TERM; echo status connecting >&$OPENCLAW_READY_FD; while [ ! -e $DIR/go ]; do sleep 0.01; done; echo ready >&$OPENCLAW_READY_FD; echo status connected >&$OPENCLAW_READY_FD; {Wait}"
            )
        );
        Assert.Equal("STATUS=starting", await socket.NextAsync());
        Assert.Equal("READY=1\nSTATUS=connecting", await socket.NextAsync());
        await File.WriteAllTextAsync(At("go"), "", TestContext.Current.CancellationToken);
        Assert.Equal("STATUS=connected", await socket.UntilAsync("connected"));
        supervisor.Child.Signal(Signals.Terminate);
        // The child's grace and what the supervisor adds for clearing up: the unit's own time is extended by it.
        Assert.Equal("STOPPING=1\nEXTEND_TIMEOUT_USEC=25000000\nSTATUS=stopping", await socket.UntilAsync("STOPPING"));
        Assert.Equal((0, ""), await supervisor.EndAsync());
        Assert.Single(socket.Messages, m => m.Contains("READY=1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ready_is_said_when_every_child_has_started()
    {
        using var socket = new NotifySocket(At("notify"));
        await using var supervisor = Start(
            socket,
            null,
            Shell("manager", $"trap 'exit 0' TERM; echo status listening >&$OPENCLAW_READY_FD; echo ready >&$OPENCLAW_READY_FD; {Wait}"),
            Shell("worker", $"trap 'exit 0' TERM; env > $DIR/env; echo ready >&$OPENCLAW_READY_FD; {Wait}", "manager")
        );
        Assert.Equal("READY=1\nSTATUS=manager: listening; worker: ready", await socket.UntilAsync("READY=1"));
        Assert.Equal("STATUS=manager: starting; worker: waits for manager", socket.Messages[0]);
        // Nobody below speaks in the service's name.
        var environment = await File.ReadAllTextAsync(At("env"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("NOTIFY_SOCKET", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("WATCHDOG_USEC", environment, StringComparison.Ordinal);
        Assert.DoesNotContain(ReadySignal.AliveVariable, environment, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_that_falls_silent_lets_the_watchdog_bite()
    {
        using var socket = new NotifySocket(At("notify"));
        await using var supervisor = Start(
            socket,
            "600000",
            Shell(
                "worker",
                "trap 'exit 0' TERM; echo $OPENCLAW_ALIVE_MS > $DIR/every; echo ready >&$OPENCLAW_READY_FD; while [ ! -e $DIR/hang ]; do echo alive >&$OPENCLAW_READY_FD; sleep 0.02; done; while :; do sleep 1000 & wait $!; done"
            )
        );
        await socket.UntilAsync("READY=1");
        for (var i = 0; i < 4; i++)
        {
            await socket.UntilAsync("WATCHDOG=1");
        }
        Assert.Equal("100", (await File.ReadAllTextAsync(At("every"), TestContext.Current.CancellationToken)).Trim());
        await File.WriteAllTextAsync(At("hang"), "", TestContext.Current.CancellationToken);
        var hung = Stopwatch.StartNew();
        // Once its silence is noticed, nothing says that we live until it is over: so long the signs may still come.
        var last = TimeSpan.Zero;
        while (hung.Elapsed < TimeSpan.FromSeconds(1.2))
        {
            try
            {
                await socket
                    .UntilAsync("WATCHDOG=1")
                    .WaitAsync(TimeSpan.FromSeconds(1.2) - hung.Elapsed, TestContext.Current.CancellationToken);
                last = hung.Elapsed;
            }
            catch (TimeoutException)
            {
                break;
            }
        }
        Assert.True(last < TimeSpan.FromSeconds(0.9), $"still told {last} after the child fell silent");
        supervisor.Child.Signal(Signals.Terminate);
        var (_, errors) = await supervisor.EndAsync();
        Assert.Contains("gives no sign of life", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hang_up_is_a_reload()
    {
        using var socket = new NotifySocket(At("notify"));
        await using var supervisor = Start(
            socket,
            null,
            Shell("worker", $"trap 'exit 0' TERM; trap 'echo up >> $DIR/hup' HUP; echo ready >&$OPENCLAW_READY_FD; {Wait}")
        );
        await socket.UntilAsync("READY=1");
        var before = Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
        supervisor.Child.Signal(Signals.HangUp);
        var lines = (await socket.UntilAsync("RELOADING=1")).Split('\n');
        var at = long.Parse(
            lines.Single(l => l.StartsWith("MONOTONIC_USEC=", StringComparison.Ordinal))[15..],
            CultureInfo.InvariantCulture
        );
        Assert.InRange(at, before, before + 20_000_000);
        Assert.StartsWith("READY=1", await socket.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_manager_that_is_gone_stops_nothing_and_is_told_once()
    {
        using var socket = new NotifySocket(At("notify"));
        socket.Dispose();
        await using var supervisor = Start(
            socket,
            "300000",
            Shell("worker", $"trap 'exit 0' TERM; echo ready >&$OPENCLAW_READY_FD; {Wait}")
        );
        await supervisor.NextAsync("ready");
        supervisor.Child.Signal(Signals.Terminate);
        var (code, errors) = await supervisor.EndAsync();
        Assert.Equal(0, code);
        Assert.Single(errors.Split('\n'), l => l.Contains("the service manager cannot be told", StringComparison.Ordinal));
    }

    [Fact]
    public void Variables_of_others_are_not_ours()
    {
        Assert.Null(ServiceManager.From(null, null, null, 7));
        Assert.Null(ServiceManager.From("", "1000000", null, 7));
        Assert.Null(ServiceManager.From("vsock:2:1234", null, null, 7));
        Assert.Null(ServiceManager.From("relative", null, null, 7));
        using var other = ServiceManager.From("/run/x", "1000000", "8", 7)!;
        Assert.Null(other.Watchdog);
        using var ours = ServiceManager.From("/run/x", "1000000", "7", 7)!;
        Assert.Equal(TimeSpan.FromSeconds(1), ours.Watchdog);
        using var any = ServiceManager.From("/run/x", "2000000", null, 7)!;
        Assert.Equal(TimeSpan.FromSeconds(2), any.Watchdog);
        using var none = ServiceManager.From("/run/x", "nonsense", null, 7)!;
        Assert.Null(none.Watchdog);
    }
}
