using System.Text;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Tests.Telemetry;

public sealed class LogPipeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("oc-log-").FullName;
    private static readonly TimeProvider Time = new FixedTime();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_full_queue_drops_counts_and_reports_and_never_waits()
    {
        var sink = new GatedSink();
        await using var pipe = new LogPipe(sink, capacity: 4, Time);
        Assert.True(pipe.TryWrite(Line("first")));
        await sink.Reached.WaitAsync(TestContext.Current.CancellationToken);
        // The writer stands in the sink; four lines wait, the others are dropped.
        var taken = Enumerable.Range(0, 10).Count(i => pipe.TryWrite(Line($"line {i}")));
        Assert.Equal(4, taken);
        Assert.Equal(6, pipe.Dropped);
        sink.Gate.Set();
        await pipe.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            ["first", "line 0", "line 1", "line 2", "line 3", "6 log lines were dropped: more than 4 were waiting"],
            sink.Lines.Where(l => l.Length > 0)
        );
    }

    [Fact]
    public async Task A_sink_that_fails_is_counted_told_once_and_reported_when_it_is_back()
    {
        var told = new List<string>();
        var sink = new GatedSink { Fails = true };
        sink.Gate.Set();
        await using var pipe = new LogPipe(sink, 16, Time, onFault: told.Add);
        for (var i = 0; i < 3; i++)
        {
            pipe.TryWrite(Line("gone"));
            await pipe.FlushAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(3, pipe.Lost);
        sink.Fails = false;
        pipe.TryWrite(Line("back"));
        await pipe.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["clw-log-unwritable: sink cannot be written: no space left; the program goes on without it"], told);
        Assert.Equal(["back", "3 log lines were lost: the log could not be written"], sink.Lines);
    }

    [Fact]
    public async Task Disposing_writes_what_waits()
    {
        var path = Path.Combine(folder, "w.log");
        var pipe = new LogPipe(new RotatingFileSink(path, "worker", 1 << 20, 2), 1000, Time);
        for (var i = 0; i < 500; i++)
        {
            Assert.True(pipe.TryWrite(Line($"line {i}")));
        }
        await pipe.DisposeAsync();
        Assert.Equal(500, File.ReadAllLines(path).Length);
        Assert.False(pipe.TryWrite(Line("late")));
    }

    [Fact]
    public void Files_rotate_at_whole_lines_and_stay_bounded()
    {
        var path = Path.Combine(folder, "w.log");
        using (var sink = new RotatingFileSink(path, "worker", maxBytes: 200, keepFiles: 2))
        {
            for (var i = 0; i < 40; i++)
            {
                sink.Append(Line($"line {i:00}"));
                if (i % 7 == 0)
                {
                    sink.Flush();
                }
            }
            sink.Flush();
        }
        Assert.Equal(["w.log", "w.log.1", "w.log.2"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var kept = new[] { "w.log.2", "w.log.1", "w.log" }.SelectMany(f => File.ReadAllLines(Path.Combine(folder, f))).ToArray();
        Assert.All(Directory.GetFiles(folder), f => Assert.InRange(new FileInfo(f).Length, 1, 200));
        Assert.All(kept, l => Assert.NotNull(LogLine.Parse(l)));
        Assert.Equal(Enumerable.Range(40 - kept.Length, kept.Length).Select(i => $"line {i:00}"), kept.Select(l => LogLine.Parse(l)!.Text));
    }

    [Fact]
    public void A_removed_file_is_made_anew_and_readable_by_its_group_alone()
    {
        var path = Path.Combine(folder, "sub/w.log");
        using var sink = new RotatingFileSink(path, "worker", 1 << 20, 2);
        sink.Append(Line("one"));
        sink.Flush();
        File.Delete(path);
        sink.Append(Line("two"));
        sink.Flush();
        Assert.Equal("[INFO] [1970-01-01T00:00:00.000Z] two\n", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.None,
                File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)
            );
        }
    }

    [Fact]
    public void The_console_has_colour_only_when_asked()
    {
        foreach (var (colour, expected) in new[] { (false, "[WARN] x\n"), (true, "\u001b[33m[WARN] x\u001b[0m\n") })
        {
            var stream = new MemoryStream();
            using var sink = new ConsoleSink(stream, "worker", colour);
            sink.Append(Line("x") with { Severity = LogSeverity.Warn });
            sink.Flush();
            Assert.Equal(expected, Encoding.UTF8.GetString(stream.ToArray()));
        }
    }

    [Fact]
    public async Task Loggers_write_lines_with_component_severity_and_no_secret()
    {
        var sink = new GatedSink();
        sink.Gate.Set();
        var links = new GatedSink();
        links.Gate.Set();
        await using var pipe = new LogPipe(sink, 100, Time);
        await using var linkPipe = new LogPipe(links, 100, Time);
        using var provider = new PipeLoggerProvider(
            "manager",
            LogSeverity.Info,
            new Redactor(["s3cr3t-value"]),
            Time,
            [new(pipe), new(linkPipe, (category, _) => category.EndsWith(".Links", StringComparison.Ordinal))]
        );
        var log = provider.CreateLogger("OpenClaw.Worker.Catalog");
        log.LogDebug("not written");
        log.LogInformation("worker w-1 is healthy, token=abcdef1234");
        log.LogCritical("s3cr3t-value\nbroke");
        log.LogError(Catalogue.StoreFull is var entry ? new Failure(entry, "no room").AsException() : null, "commit");
        log.LogProcess("clw-worker", 42, LogSeverity.Info, "Starting task 'task-abc'");
        provider.CreateLogger("Microsoft.AspNetCore.X").LogInformation("chatter");
        provider.CreateLogger("OpenClaw.Core.Links").LogWarning("reconnecting");
        await pipe.FlushAsync(TestContext.Current.CancellationToken);
        await linkPipe.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                "[INFO] [1970-01-01T00:00:00.000Z] worker: worker w-1 is healthy, token=********",
                @"[FATAL] [1970-01-01T00:00:00.000Z] worker: ********\nbroke",
                "[ERROR] [1970-01-01T00:00:00.000Z] worker: commit: clw-store-full: no room",
                "clw-worker[pid=42]: INFO: Starting task 'task-abc'",
                "[WARN] [1970-01-01T00:00:00.000Z] reconnecting",
            ],
            sink.Rendered
        );
        Assert.Equal(["reconnecting"], links.Lines);
    }

    private static LogLine Line(string text) =>
        new()
        {
            Severity = LogSeverity.Info,
            Time = DateTimeOffset.UnixEpoch,
            Text = text,
        };

    /// <summary>A sink whose first line waits for a gate.</summary>
    private sealed class GatedSink : ILogSink
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<LogLine> pending = [];
        private readonly List<LogLine> written = [];

        public string Name => "sink";

        public ManualResetEventSlim Gate { get; } = new();

        public Task Reached => reached.Task;

        public bool Fails { get; set; }

        public IEnumerable<string> Lines => written.Select(l => l.Text);

        public IEnumerable<string> Rendered => written.Select(l => l.ForFile("manager"));

        public void Append(LogLine line)
        {
            reached.TrySetResult();
            Gate.Wait();
            pending.Add(line);
        }

        public void Flush()
        {
            if (Fails)
            {
                pending.Clear();
                throw new IOException("no space left");
            }
            written.AddRange(pending);
            pending.Clear();
        }

        public void Dispose() { }
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }

    [Fact]
    public void A_log_that_cannot_be_written_is_known_before_the_first_line()
    {
        var directory = Directory.CreateTempSubdirectory("clw-log-").FullName;
        try
        {
            Assert.Null(RotatingFileSink.Check(Path.Combine(directory, "made", "manager.log")));
            File.WriteAllText(Path.Combine(directory, "file"), "");
            var failure = RotatingFileSink.Check(Path.Combine(directory, "file", "manager.log"))!;
            Assert.Equal(Catalogue.LogUnwritable, failure.Entry);
            Assert.Contains(Path.Combine(directory, "file", "manager.log"), failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
