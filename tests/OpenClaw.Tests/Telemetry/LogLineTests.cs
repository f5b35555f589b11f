using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Tests.Telemetry;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset Noon = new(2024, 1, 15, 12, 23, 45, 123, TimeSpan.FromHours(2));

    [Fact]
    public void Files_consoles_and_processes_have_their_shapes()
    {
        var line = new LogLine
        {
            Severity = LogSeverity.Error,
            Time = Noon,
            Text = "Worker connection lost",
        };
        Assert.Equal("[ERROR] [2024-01-15T10:23:45.123Z] Worker connection lost", line.ForFile("worker"));
        Assert.Equal("[ERROR] Worker connection lost", line.ForConsole("worker"));
        var about = line with { Component = "worker", Severity = LogSeverity.Warn };
        Assert.Equal("[WARN] [2024-01-15T10:23:45.123Z] Worker connection lost", about.ForFile("worker"));
        Assert.Equal("[WARN] [2024-01-15T10:23:45.123Z] worker: Worker connection lost", about.ForFile("manager"));
        var started = LogLine.OfProcess("clw-worker", 12345, LogSeverity.Info, "Starting task 'process-data-batch-uuid'");
        Assert.Equal("clw-worker[pid=12345]: INFO: Starting task 'process-data-batch-uuid'", started.ForFile("worker"));
        Assert.Equal("clw-worker[pid=12345]: INFO: Starting task 'process-data-batch-uuid'", started.ForConsole("worker"));
    }

    [Theory]
    [InlineData("a\nb\r\n", @"a\nb\r\n")]
    [InlineData("\u001b[31mred\0", @"\u001b[31mred\u0000")]
    [InlineData("tab\tstays", "tab\tstays")]
    [InlineData("x\u2028y\u202ez\u0085", @"x\u2028y\u202ez\u0085")]
    [InlineData("päper 漢字 🦀", "päper 漢字 🦀")]
    public void Text_stays_on_its_line(string text, string line) => Assert.Equal(line, LogText.SingleLine(text));

    [Fact]
    public void Long_text_is_cut_and_says_so()
    {
        var line = LogText.SingleLine(new string('x', LogText.MaxLength + 7));
        Assert.EndsWith("x… (7 more)", line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var lines =
            from severity in Gen.Elements(Enum.GetValues<LogSeverity>())
            from component in Gen.Elements([null, .. Components.All])
            from text in ArbMap.Default.GeneratorFor<NonNull<string>>()
            from milliseconds in Gen.Choose(0, int.MaxValue)
            from timed in Gen.Elements(true, false)
            select new LogLine
            {
                Severity = severity,
                Component = component,
                Time = timed ? DateTimeOffset.UnixEpoch.AddMilliseconds(milliseconds) : null,
                // A text that begins like a field would be read as one; nobody loses anything by it.
                Text = "x" + LogText.SingleLine(text.Get),
            };
        Prop.ForAll(lines.ToArbitrary(), line => Equals(line, LogLine.Parse(line.ForFile("none")))).QuickCheckThrowOnFailure();
        var process = lines.Select(l => LogLine.OfProcess("clw-worker", 7, l.Severity, l.Text));
        Prop.ForAll(process.ToArbitrary(), line => Equals(line, LogLine.Parse(line.ForConsole("none")))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_guides_lines_are_read()
    {
        var padded = LogLine.Parse("[WARN]  [2024-01-15T10:23:46.789Z] Retrying connection in 5 seconds...")!;
        Assert.Equal(LogSeverity.Warn, padded.Severity);
        Assert.Equal("Retrying connection in 5 seconds...", padded.Text);
        Assert.Equal(789, padded.Time!.Value.Millisecond);
        var crash = LogLine.Parse(
            "clw-worker[pid=12345]: FATAL: clw-worker-crash detected. Exit code: 139, Signal: 11 (SIGSEGV at 0xdeadbeef)"
        )!;
        Assert.Equal((LogSeverity.Fatal, "clw-worker", 12345), (crash.Severity, crash.Program, crash.Pid));
        Assert.Null(LogLine.Parse("Segmentation fault"));
        Assert.Null(LogLine.Parse("[x] y"));
        Assert.Null(LogLine.Parse(""));
    }

    [Theory]
    [InlineData("OpenClaw.Manager.Queue.Submit", Components.Manager)]
    [InlineData("OpenClaw.Worker.Slots", Components.Worker)]
    [InlineData("worker", Components.Worker)]
    [InlineData("OpenClaw.Store.Writer", "own")]
    [InlineData("Microsoft.AspNetCore", "own")]
    public void Categories_are_components(string category, string component) =>
        Assert.Equal(component, Components.OfCategory(category, "own"));

    [Theory]
    [InlineData("task task-abc done", null)]
    [InlineData("0 Errors", "error")]
    [InlineData("Disconnected", "disconnect")]
    [InlineData("fatal", null)]
    [InlineData("CRASHED", "CRASH")]
    public void Alarming_words_are_found(string line, string? word) => Assert.Equal(word, LogWords.Find(line));

    [Theory]
    [InlineData("Authorization: Bearer abcdef123456", "Authorization: Bearer ********")]
    [InlineData("token=abcdef123456 next", "token=******** next")]
    [InlineData("{\"password\": \"hunter22\"}", "{\"password\": \"********\"}")]
    [InlineData("secret_access_key: wJalrXUtnFEMI/K7MDENG", "secret_access_key: ********")]
    [InlineData("postgres://me:hunter22@db/x", "postgres://me:********@db/x")]
    [InlineData(
        "https://api.telegram.org/bot123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc/getMe",
        "https://api.telegram.org/bot********/getMe"
    )]
    [InlineData("key AKIAIOSFODNN7EXAMPLE used", "key ******** used")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "********")]
    [InlineData("the secret is my-known-secret!", "the secret is ********!")]
    [InlineData("https://host:9090/path", "https://host:9090/path")]
    [InlineData("the token was not accepted", "the token was not accepted")]
    public void Secrets_are_masked(string text, string clean) => Assert.Equal(clean, new Redactor(["my-known-secret", "x"]).Clean(text));
}
