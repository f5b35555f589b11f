using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Logs;
using OpenClaw.Hosting.Telemetry;

namespace OpenClaw.Tests.Logs;

/// <summary>What no file takes is kept in memory, within its bounds, and what is lost of it is counted.</summary>
public sealed class LogMemoryTests
{
    [Fact]
    public void The_oldest_give_way_and_who_missed_them_is_told_how_many()
    {
        var memory = new LogMemory("worker.memory", "worker", maxBytes: 10_000, "1");
        Add(memory, 0, 10);
        var place = memory.Read(new LogRequest { From = LogPlace.Beginning }).Behind;
        Add(memory, 10, 500);
        Assert.InRange(memory.Dropped, 400, 505);
        var page = memory.Read(new LogRequest { From = place });
        Assert.Equal("line 509", page.Lines[^1].Text);
        Assert.Equal($"{memory.Dropped - 10} lines skipped: the memory that keeps them was full", page.Note);
        Assert.Equal($"line {memory.Dropped}", page.Lines[0].Text);
        Assert.Empty(memory.Read(new LogRequest { From = page.Behind }).Lines);
    }

    [Fact]
    public void A_place_of_an_earlier_run_is_the_beginning_of_this_one()
    {
        var before = new LogMemory("worker.memory", "worker", 10_000, "1");
        Add(before, 0, 5);
        var place = before.Read(new LogRequest { From = LogPlace.Beginning }).Behind;
        var now = new LogMemory("worker.memory", "worker", 10_000, "2");
        Add(now, 0, 2);
        Assert.Equal(2, now.Read(new LogRequest { From = place }).Lines.Count);
    }

    [Fact]
    public void The_last_lines_and_pages_are_those_of_files()
    {
        var memory = new LogMemory("worker.memory", "worker", 1 << 20, "1");
        Add(memory, 0, 1000);
        Assert.Equal(["line 998", "line 999"], memory.Read(new LogRequest { Last = 2 }).Lines.Select(l => l.Text));
        var read = new List<string>();
        LogPlace? place = LogPlace.Beginning;
        for (var isEnd = false; !isEnd; )
        {
            var page = memory.Read(new LogRequest { From = place });
            Assert.True(page.Lines.Count <= LogPage.MostLines);
            read.AddRange(page.Lines.Select(l => l.Text));
            (place, isEnd) = (page.Behind, page.IsEnd);
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(n => $"line {n}"), read);
    }

    [Fact]
    public void It_takes_what_the_file_does_not()
    {
        var memory = new LogMemory("task.memory", "task", 1 << 20, "1");
        var file = new RefusingSink();
        using var sink = new KeptSink(file, memory, new LogNews(), new Redactor(["s3cret-of-mine"]));
        sink.Append(Line(0, "with s3cret-of-mine in it"));
        sink.Flush();
        file.Refuses = true;
        sink.Append(Line(1, "one s3cret-of-mine"));
        Assert.Throws<IOException>(sink.Flush);
        file.Refuses = false;
        sink.Append(Line(2, "three"));
        sink.Flush();
        Assert.Equal(["with ******** in it", "three"], file.Lines);
        Assert.Equal(["one ********"], memory.Read(new LogRequest { From = LogPlace.Beginning }).Lines.Select(l => l.Text));
    }

    private static void Add(LogMemory memory, int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            memory.Add(Line(i, $"line {i}"));
        }
    }

    private static LogLine Line(int number, string text) =>
        new()
        {
            Severity = LogSeverity.Info,
            Time = new DateTimeOffset(2024, 1, 15, 10, 0, 0, TimeSpan.Zero).AddSeconds(number),
            Text = text,
        };

    private sealed class RefusingSink : ILogSink
    {
        private readonly List<string> pending = [];

        public string Name => "refusing";
        public List<string> Lines { get; } = [];
        public bool Refuses { get; set; }

        public void Append(LogLine line) => pending.Add(line.Text);

        public void Flush()
        {
            if (Refuses)
            {
                pending.Clear();
                throw new IOException("no space left");
            }

            Lines.AddRange(pending);
            pending.Clear();
        }

        public void Dispose() { }
    }
}
