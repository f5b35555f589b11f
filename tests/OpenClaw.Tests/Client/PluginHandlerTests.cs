using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using OpenClaw.Client.Plugins;

namespace OpenClaw.Tests.Client;

/// <summary>The handler API as a program uses it, over pipes in place of the worker's.</summary>
public sealed class PluginHandlerTests
{
    private sealed record Picture(string Path, int Width);

    [Fact]
    public async Task ServesTasksOneAfterTheOtherWithTypedPayloadsProgressAndLines()
    {
        await using var worker = new FakeWorker(h =>
            h.On(
                "half",
                async (Picture picture, PluginTask task, CancellationToken cancellation) =>
                {
                    await Task.Yield();
                    task.Progress(0.5, "half way");
                    task.Log("halving " + picture.Path, PluginLogLevel.Warn);
                    return new
                    {
                        Width = picture.Width / 2,
                        task.Attempt,
                        task.OutputDirectory,
                    };
                }
            )
        );
        var hello = await worker.NextAsync();
        Assert.Equal(1, hello.GetProperty("version").GetInt32());
        Assert.True(hello.GetProperty("cancel").GetBoolean());

        await worker.SayAsync(
            """{"kind":"task","id":"task-000001","type":"half","attempt":2,"output_dir":"/tmp/x","payload":{"path":"a\nb.png","width":40}}"""
        );
        var progress = await worker.NextAsync();
        Assert.Equal(("task-000001", 0.5), (progress.GetProperty("id").GetString(), progress.GetProperty("progress").GetDouble()));
        var log = await worker.NextAsync();
        Assert.Equal(("warn", "halving a\nb.png"), (log.GetProperty("level").GetString(), log.GetProperty("message").GetString()));
        var result = await worker.NextAsync();
        Assert.Equal("""{"width":20,"attempt":2,"outputDirectory":"/tmp/x"}""", result.GetProperty("result").GetRawText());

        await worker.SayAsync("""{"kind":"task","id":"task-000002","type":"half","payload":{"width":6}}""");
        Assert.Equal("progress, log, result", $"{await worker.KindAsync()}, {await worker.KindAsync()}, {await worker.KindAsync()}");
        Assert.Equal(0, await worker.EndAsync());
    }

    [Fact]
    public async Task EveryWayToFailHasItsCodeAndWhetherToTryAgain()
    {
        await using var worker = new FakeWorker(h =>
            h.On("typed", (Picture picture, PluginTask _, CancellationToken _) => Task.FromResult(picture.Width))
                .On(
                    "said",
                    Task<int> (PluginTask _, CancellationToken _) => throw new PluginFailureException("no disk", "disk-full", false)
                )
                .On("thrown", Task<int> (PluginTask _, CancellationToken _) => throw new InvalidOperationException("oh"))
                .On("large", (PluginTask _, CancellationToken _) => Task.FromResult(new string('x', 1 << 20)))
        );
        await worker.NextAsync();
        Assert.Equal(("bad-payload", false, "$.width"), await FailureAsync("typed", """{"width":"wide"}""", "$.width"));
        Assert.Equal(("disk-full", false, "no disk"), await FailureAsync("said", "null", "no disk"));
        Assert.Equal((null, true, "InvalidOperationException: oh"), await FailureAsync("thrown", "null", "InvalidOperationException: oh"));
        Assert.Equal(("clw-result-too-large", false, "1,048,578 bytes"), await FailureAsync("large", "null", "1,048,578 bytes"));
        Assert.Equal(("clw-plugin-missing", false, "'other'"), await FailureAsync("other", "null", "'other'"));

        async Task<(string? Code, bool Retryable, string Message)> FailureAsync(string type, string payload, string part)
        {
            await worker.SayAsync($$"""{"kind":"task","id":"task-000001","type":"{{type}}","payload":{{payload}}}""");
            var line = await worker.NextAsync();
            Assert.Equal("failure", line.GetProperty("kind").GetString());
            var message = line.GetProperty("message").GetString()!;
            return (
                line.TryGetProperty("code", out var code) ? code.GetString() : null,
                line.GetProperty("retryable").GetBoolean(),
                message.Contains(part, StringComparison.Ordinal) ? part : message
            );
        }
    }

    [Fact]
    public async Task ACancelLineReachesTheHandlerAndTheProgramLivesOn()
    {
        await using var worker = new FakeWorker(h =>
            h.On("wait", (PluginTask _, CancellationToken cancellation) => Task.Delay(-1, cancellation))
                .On("noop", (PluginTask _, CancellationToken _) => Task.CompletedTask)
        );
        await worker.NextAsync();
        await worker.SayAsync("""{"kind":"task","id":"task-000001","type":"wait"}""");
        await worker.SayAsync("""{"kind":"cancel","id":"task-000009"}""");
        await worker.SayAsync("""{"kind":"cancel","id":"task-000001"}""");
        Assert.Equal("it was cancelled", (await worker.NextAsync()).GetProperty("message").GetString());
        await worker.SayAsync("""{"kind":"task","id":"task-000002","type":"noop"}""");
        Assert.Equal("null", (await worker.NextAsync()).GetProperty("result").GetRawText());
        await worker.SayAsync("""{"kind":"task","id":"task-000003","type":"wait"}""");

        // The end of the input cancels what runs.
        Assert.Equal(0, await worker.EndAsync());
    }

    [Fact]
    public async Task AWorkerThatSpeaksSomethingElseIsRefused()
    {
        await using var worker = new FakeWorker(h => h.On("noop", (PluginTask _, CancellationToken _) => Task.CompletedTask));
        await worker.NextAsync();
        await worker.SayAsync("hello?");
        await Assert.ThrowsAsync<InvalidDataException>(worker.EndAsync);
    }

    [Theory]
    [InlineData("", "21", 0, "42\n", "")]
    [InlineData("twice", "21", 0, "42\n", "")]
    [InlineData("twice", "{", 1, "", "bad-payload")]
    [InlineData("thrice", "21", 1, "", "clw-plugin-missing")]
    public async Task APlainRunReadsItsInputAndWritesItsOutput(string type, string payload, int exit, string output, string code)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(payload));
        using var written = new MemoryStream();
        using var reports = new MemoryStream();
        var handlers = new PluginHandlers().On(
            "twice",
            (PluginTask task, CancellationToken _) =>
            {
                task.Progress(null, "now");
                return Task.FromResult(task.Read<int>() * 2);
            }
        );
        var line = new TaskLine { Id = "task-000001", Type = type };
        Assert.Equal(exit, await PlainHost.RunAsync(handlers, line, input, written, reports, CancellationToken.None));
        Assert.Equal(output, Encoding.UTF8.GetString(written.ToArray()));
        var said = Encoding.UTF8.GetString(reports.ToArray());
        Assert.Equal(exit == 0, said.Contains("\"message\":\"now\"", StringComparison.Ordinal));
        Assert.Contains(code.Length == 0 ? "progress" : $"\"code\":\"{code}\"", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clw-mine")]
    [InlineData("Upper")]
    [InlineData("")]
    [InlineData("a b")]
    public void ACodeThatIsNoneIsTheProgrammersError(string code) =>
        Assert.Throws<ArgumentException>(() => new PluginFailureException("x", code));

    [Fact]
    public void HandlersAreCheckedWhenTheyAreGiven()
    {
        var handlers = new PluginHandlers();
        Assert.Throws<InvalidOperationException>(handlers.CheckNotEmpty);
        handlers.On("a", (PluginTask _, CancellationToken _) => Task.CompletedTask);
        Assert.Throws<ArgumentException>(() => handlers.On("a", (PluginTask _, CancellationToken _) => Task.CompletedTask));
        handlers.CheckNotEmpty();
    }

    /// <summary>The worker's end of the two pipes.</summary>
    private sealed class FakeWorker : IAsyncDisposable
    {
        private readonly Pipe toProgram = new();
        private readonly Pipe fromProgram = new();
        private readonly StreamReader reader;
        private readonly Task<int> program;

        public FakeWorker(Action<PluginHandlers> configure)
        {
            var handlers = new PluginHandlers();
            configure(handlers);
            reader = new StreamReader(fromProgram.Reader.AsStream());
            program = new ServeHost(handlers, toProgram.Reader.AsStream(), fromProgram.Writer.AsStream()).RunAsync(CancellationToken.None);
        }

        public async Task SayAsync(string line) => await toProgram.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));

        public async Task<JsonElement> NextAsync()
        {
            var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            return JsonElement.Parse(line ?? throw new EndOfStreamException());
        }

        public async Task<string?> KindAsync() => (await NextAsync()).GetProperty("kind").GetString();

        public async Task<int> EndAsync()
        {
            await toProgram.Writer.CompleteAsync();
            return await program.WaitAsync(TimeSpan.FromSeconds(30));
        }

        public async ValueTask DisposeAsync()
        {
            await toProgram.Writer.CompleteAsync();
            await Task.WhenAny(program);
            reader.Dispose();
        }
    }
}
