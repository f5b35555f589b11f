using System.Text;
using System.Text.Json;
using OpenClaw.Abi.Protocol;
using OpenClaw.Tests.Support;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

/// <summary>The worker's end of mode: serve, line by line.</summary>
public sealed class ServeSessionTests
{
    private readonly List<string> sent = [];
    private readonly List<SlotReport> reports = [];
    private readonly VirtualTime time = new();
    private readonly ServeSession session;

    public ServeSessionTests() => session = new ServeSession(line => sent.Add(Encoding.UTF8.GetString(line)), reports.Add, time);

    private string? Say(string line) => session.Take(Encoding.UTF8.GetBytes(line));

    private void Hello(bool cancel = false) =>
        Assert.Null(Say($$"""{"kind":"hello","version":1,"cancel":{{(cancel ? "true" : "false")}}}"""));

    private void Give(int number, string payload = "{\"a\":\n[1,\r\n2]}", TimeSpan? timeout = null) =>
        session.Give(
            new ServeTask
            {
                Handle = (ulong)number,
                TaskId = $"task-{number}",
                Attempt = 2,
                Type = "t",
                Payload = Encoding.UTF8.GetBytes(payload),
                OutputDirectory = "/out",
                Timeout = timeout,
            }
        );

    [Fact]
    public void OneTaskAtATimeInOrderAndTheFirstAfterHello()
    {
        Give(1, timeout: TimeSpan.FromSeconds(5));
        Give(2, "");
        Assert.Empty(sent);
        Hello();
        var line = Assert.Single(sent);
        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        Assert.Equal(line.Length - 1, line.AsSpan().IndexOfAny('\n', '\r'));
        var task = JsonElement.Parse(line);
        Assert.Equal(
            ("task", "task-1", 2, "t", "/out"),
            (
                task.GetProperty("kind").GetString(),
                task.GetProperty("id").GetString(),
                task.GetProperty("attempt").GetInt32(),
                task.GetProperty("type").GetString(),
                task.GetProperty("output_dir").GetString()
            )
        );
        Assert.Equal(2, task.GetProperty("payload").GetProperty("a").GetArrayLength());
        Assert.Equal(time.GetUtcNow().AddSeconds(5).ToUnixTimeMilliseconds(), task.GetProperty("deadline_ms").GetInt64());
        Assert.Equal([FrameKind.Ready, FrameKind.Started], reports.Select(r => r.Kind));

        time.Advance(TimeSpan.FromMilliseconds(3));
        Assert.Null(Say("""{"kind":"progress","id":"task-1","progress":0.25,"message":"m"}"""));
        Assert.Null(Say("""{"kind":"log","level":"error","message":"l"}"""));
        Assert.Null(Say(""" {"kind":"result","id":"task-1","result":{"b" : 1}}"""));
        Assert.Equal(
            [FrameKind.Ready, FrameKind.Started, FrameKind.Progress, FrameKind.Log, FrameKind.Succeeded, FrameKind.Started],
            reports.Select(r => r.Kind)
        );
        Assert.Equal((1UL, 3000, "{\"b\" : 1}"), (reports[4].Handle, reports[4].RunMicros, reports[4].Result.ToStringUtf8()));
        Assert.Equal(2UL, reports[5].Handle);
        Assert.Contains("\"payload\":null", sent[1], StringComparison.Ordinal);
        Assert.DoesNotContain("deadline_ms", sent[1], StringComparison.Ordinal);
        Assert.Null(Say("""{"kind":"failure","id":"task-2","message":"no","code":"mine","retryable":false}"""));
        Assert.Equal((FrameKind.Failed, "no", "mine", false), (reports[6].Kind, reports[6].Text, reports[6].Code, reports[6].Retryable));

        // What is late or empty is nobody's.
        Assert.Null(Say("""{"kind":"progress","id":"task-2","progress":1}"""));
        Assert.Null(Say(" \r"));
        Assert.Equal(7, reports.Count);
    }

    [Theory]
    [InlineData("hello", "no line of JSON: hello")]
    [InlineData("{\"kind\":\"result\",\"id\":\"task-1\"}", "first line has to be hello")]
    [InlineData("[]", "first line has to be hello")]
    [InlineData("{\"kind\":\"hello\"}", "has no version")]
    [InlineData("{\"kind\":\"hello\",\"version\":2}", "speaks version 2 of the protocol; this worker speaks 1")]
    public void AWrongBeginningIsToldInWords(string line, string what) => Assert.Contains(what, Say(line), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"kind\":\"hello\",\"version\":1}", "hello twice")]
    [InlineData("debug: here", "no line of JSON: debug: here")]
    [InlineData("{\"kind\":\"finished\"}", "a kind that version 1 does not have")]
    [InlineData("{\"kind\":\"result\"}", "names no task")]
    [InlineData("{\"kind\":\"result\",\"id\":\"task-2\"}", "is of task-2, which it does not run now")]
    [InlineData("{\"kind\":\"failure\",\"id\":\"\"}", "which it does not run now")]
    public void AWrongLineIsToldInWords(string line, string what)
    {
        Hello();
        Give(1);
        Give(2);
        Assert.Contains(what, Say(line), StringComparison.Ordinal);
    }

    [Fact]
    public void AResultOverTheLimitFailsItsTaskAlone()
    {
        Hello();
        Give(1);
        Give(2);
        Assert.Null(Say($$"""{"kind":"result","id":"task-1","result":"{{new string('x', ProtocolLimits.MaxResultBytes - 1)}}"}"""));
        Assert.Equal(("clw-result-too-large", false), (reports[2].Code, reports[2].Retryable));
        Assert.Null(Say($$"""{"kind":"result","id":"task-2","result":"{{new string('x', ProtocolLimits.MaxResultBytes - 2)}}"}"""));
        Assert.Equal(FrameKind.Succeeded, reports[^1].Kind);
    }

    [Fact]
    public void AProgramThatUnderstandsCancelIsToldByALine()
    {
        Give(1);
        Hello(cancel: true);
        Assert.True(session.Cancel(1));
        Assert.Equal("{\"kind\":\"cancel\",\"id\":\"task-1\"}\n", sent[^1]);
        Assert.Null(Say("""{"kind":"failure","id":"task-1"}"""));

        // It has answered meanwhile: nothing is said, and no signal is needed.
        var before = sent.Count;
        Assert.True(session.Cancel(1));
        Assert.Equal(before, sent.Count);
    }

    [Fact]
    public void AnotherProgramHasToBeToldByASignal()
    {
        Hello();
        Give(1);
        Give(2);
        Assert.False(session.Cancel(1));
        Assert.Single(sent);

        // Its answer was on its way: what waited behind is not given to a program that is about to end.
        Assert.Null(Say("""{"kind":"result","id":"task-1"}"""));
        Assert.Equal((1, FrameKind.Succeeded), (sent.Count, reports[^1].Kind));
        Give(3);
        Assert.Single(sent);
    }

    [Fact]
    public void AProgramThatWasSignalledBeforeItsHelloIsGivenNothing()
    {
        Give(1);
        Assert.False(session.Cancel(1));
        Hello();
        Assert.Empty(sent);
    }
}
