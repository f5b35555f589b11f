using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Tests.Logs;

/// <summary>Places in files: they stay true through rotation, restarts and removal, and reading is bounded.</summary>
public sealed class LogFilesTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2024, 1, 15, 10, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("oc-logs-").FullName;
    private readonly LogFiles log;
    private int written;

    public LogFilesTests() => log = new("worker", "worker", File("worker.log"), own: null, TimeProvider.System);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Everything_is_read_once_through_rotations()
    {
        var read = new List<string>();
        LogPlace? place = LogPlace.Beginning;
        using var sink = Sink(maxBytes: 400, keepFiles: 9);
        for (var i = 0; i < 60; i++)
        {
            Write(sink, 1 + (i % 3));
            if (i % 4 == 0)
            {
                place = ReadAll(place, read);
            }
        }

        ReadAll(place, read);
        Assert.True(Directory.GetFiles(folder).Length > 5, "the file was rotated");
        Assert.Equal(Enumerable.Range(0, written).Select(n => $"line {n}"), read);
    }

    [Fact]
    public void A_place_is_true_in_the_next_run_of_the_program()
    {
        var read = new List<string>();
        LogPlace? place;
        using (var sink = Sink())
        {
            Write(sink, 3);
            place = ReadAll(LogPlace.Beginning, read);
            Write(sink, 2);
        }

        Assert.True(LogPlace.TryParse(place.ToString()!, out var kept));
        using var next = Sink();
        Write(next, 2);
        var again = new LogFiles("worker", "worker", File("worker.log"), own: null, TimeProvider.System);
        var page = again.Read(new LogRequest { From = kept });
        Assert.Equal(["line 3", "line 4", "line 5", "line 6"], page.Lines.Select(l => l.Text));
        Assert.True(page.IsEnd);
        Assert.Null(page.Note);
    }

    [Fact]
    public void A_reader_whose_file_is_gone_is_told_and_goes_on()
    {
        LogPlace? place;
        using (var sink = Sink())
        {
            Write(sink, 3);
            place = log.Read(new LogRequest { From = LogPlace.Beginning }).Behind;
        }

        System.IO.File.Delete(File("worker.log"));
        var empty = log.Read(new LogRequest { From = place });
        Assert.Contains("skipped", empty.Note, StringComparison.Ordinal);
        Assert.Equal(LogPlace.Beginning, empty.Behind);
        using var next = Sink();
        Write(next, 2);
        var page = log.Read(new LogRequest { From = place });
        Assert.Contains("skipped", page.Note, StringComparison.Ordinal);
        Assert.Equal(["line 3", "line 4"], page.Lines.Select(l => l.Text));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void The_last_wanted_lines_are_found_through_all_files(int last)
    {
        using (var sink = Sink(maxBytes: 4000, keepFiles: 50))
        {
            Write(sink, 1000);
        }

        var filter = LogFilter.Create([], pattern: "line [0-9]*5$").Value;
        var read = new List<string>();
        var page = log.Read(new LogRequest { Filter = filter, Last = last });
        read.AddRange(page.Lines.Select(l => l.Text));
        ReadAll(page.Behind, read, filter);
        var all = Enumerable.Range(0, 1000).Where(n => n % 10 == 5).Select(n => $"line {n}").ToList();
        Assert.Equal(all.Skip(Math.Max(0, all.Count - last)), read);
    }

    [Fact]
    public void Without_a_wanted_line_reading_begins_behind_what_is_there()
    {
        using var sink = Sink();
        Write(sink, 5);
        var page = log.Read(new LogRequest { Filter = LogFilter.Create([], pattern: "nothing").Value, Last = 3 });
        Assert.Empty(page.Lines);
        Write(sink, 1);
        Assert.Equal(["line 5"], log.Read(new LogRequest { From = page.Behind }).Lines.Select(l => l.Text));
    }

    [Fact]
    public void Lines_since_the_call_began_come_however_many_they_are()
    {
        using var sink = Sink();
        Write(sink, 100);
        var page = log.Read(new LogRequest { Last = 3, Began = Start.AddSeconds(90) });
        Assert.Equal(Enumerable.Range(90, 10).Select(n => $"line {n}"), page.Lines.Select(l => l.Text));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3333)]
    [InlineData(9999)]
    [InlineData(10000)]
    public void Since_finds_its_line_without_reading_all(int second)
    {
        using (var sink = Sink(maxBytes: 200_000, keepFiles: 9))
        {
            Write(sink, 10_000);
        }

        var filter = LogFilter.Create([], since: Start.AddSeconds(second)).Value;
        var read = new List<string>();
        var page = log.Read(new LogRequest { Filter = filter });
        read.AddRange(page.Lines.Select(l => l.Text));
        ReadAll(page.Behind, read, filter);
        Assert.Equal(Enumerable.Range(second, 10_000 - second).Select(n => $"line {n}"), read);
    }

    [Fact]
    public void A_page_is_bounded_and_the_next_goes_on()
    {
        using var sink = Sink();
        sink.Append(Line(0, new string('x', 16 * 1024)));
        sink.Append(Line(1, new string('y', 16 * 1024)));
        sink.Append(Line(2, new string('z', 16 * 1024)));
        sink.Flush();
        var first = log.Read(new LogRequest { From = LogPlace.Beginning });
        Assert.Equal(2, first.Lines.Count);
        Assert.False(first.IsEnd);
        var rest = log.Read(new LogRequest { From = first.Behind });
        Assert.Equal('z', Assert.Single(rest.Lines).Text[0]);
        Assert.True(rest.IsEnd);
    }

    [Fact]
    public void A_line_that_is_not_whole_yet_waits_and_foreign_ones_are_shown()
    {
        System.IO.File.WriteAllText(File("worker.log"), "[WARN] [2024-01-15T10:00:00.000Z] manager: one\nsomething else\nhalf");
        var page = log.Read(new LogRequest { From = LogPlace.Beginning });
        Assert.Equal(
            [(LogSeverity.Warn, "manager", "one"), (LogSeverity.Info, "worker", "something else")],
            page.Lines.Select(l => (l.Severity, l.Component, l.Text))
        );
        Assert.Equal(Start, page.Lines[1].At);
        System.IO.File.AppendAllText(File("worker.log"), " a line\n");
        Assert.Equal("half a line", Assert.Single(log.Read(new LogRequest { From = page.Behind }).Lines).Text);
    }

    [Fact]
    public async Task Whoever_waits_is_woken_by_what_was_written()
    {
        var news = new LogNews();
        using var shelf = new LogShelf(TimeProvider.System);
        var own = new LogFiles("worker", "worker", File("worker.log"), news, TimeProvider.System);
        using var sink = new KeptSink(
            new RotatingFileSink(File("worker.log"), "worker", 1 << 20, 2),
            new LogMemory("worker.memory", "worker", 1 << 20, "1"),
            news
        );
        var waiting = shelf.ReadAsync(
            own,
            new LogRequest { From = LogPlace.Beginning, Wait = true },
            TestContext.Current.CancellationToken
        );
        Assert.False(waiting.IsCompleted);
        sink.Append(Line(0, "here"));
        sink.Flush();
        Assert.Equal("here", Assert.Single((await waiting).Lines).Text);
    }

    private string File(string name) => Path.Combine(folder, name);

    private RotatingFileSink Sink(long maxBytes = 1 << 20, int keepFiles = 5) => new(File("worker.log"), "worker", maxBytes, keepFiles);

    private static LogLine Line(int number, string text) =>
        new()
        {
            Severity = LogSeverity.Info,
            Time = Start.AddSeconds(number),
            Text = text,
        };

    private void Write(RotatingFileSink sink, int count)
    {
        for (var i = 0; i < count; i++)
        {
            sink.Append(Line(written, $"line {written}"));
            written++;
        }

        sink.Flush();
    }

    private LogPlace? ReadAll(LogPlace? from, List<string> into, LogFilter? filter = null)
    {
        while (true)
        {
            var page = log.Read(new LogRequest { From = from, Filter = filter ?? LogFilter.Everything });
            Assert.Null(page.Note);
            Assert.True(page.Lines.Count <= LogPage.MostLines);
            into.AddRange(page.Lines.Select(l => l.Text));
            from = page.Behind;
            if (page.IsEnd)
            {
                return from;
            }
        }
    }
}
