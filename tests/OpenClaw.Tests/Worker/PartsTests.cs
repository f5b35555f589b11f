using System.Text;
using Microsoft.Extensions.Logging;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Tests.Support;
using OpenClaw.Worker;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Tests.Worker;

public sealed class PartsTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-parts-");

    public void Dispose() => directory.Delete(recursive: true);

    private static List<string> Split(int max, int step, byte[] bytes)
    {
        var (lines, splitter) = (new List<string>(), new LineSplitter(max));
        for (var i = 0; i < bytes.Length; i += step)
        {
            splitter.Add(bytes.AsSpan(i, Math.Min(step, bytes.Length - i)), lines.Add);
        }

        splitter.End(lines.Add);
        return lines;
    }

    [Fact]
    public void LinesAreTheSameHoweverTheyArrive()
    {
        var bytes = Encoding.UTF8.GetBytes("one\r\n\nzwölf 🦀\nlast");
        for (var step = 1; step <= bytes.Length; step++)
        {
            Assert.Equal(["one", "", "zwölf 🦀", "last"], Split(100, step, bytes));
            Assert.Equal(["abcd", "x"], Split(4, step, Encoding.UTF8.GetBytes("abcdefghijk\nx\n")));
        }

        Assert.Equal(["a\uFFFDb"], Split(10, 1, [(byte)'a', 0xFF, (byte)'b']));
    }

    [Theory]
    [InlineData("{\"progress\": 0.5, \"message\": \"half\"}", 0.5, "half")]
    [InlineData("{\"progress\": 7}", 1, "")]
    [InlineData("{\"progress\": 1e999}", 1, "")]
    [InlineData("{\"progress\": -3}", 0, "")]
    [InlineData("{\"message\": \"m\", \"more\": [1]}", -1, "m")]
    public void ProgressLinesAreRead(string line, double fraction, string message)
    {
        Assert.True(SideLine.TryParse(line, out var report));
        Assert.Equal((FrameKind.Progress, fraction, message), (report.Kind, report.Fraction, report.Text));
    }

    [Fact]
    public void ALineOfDescriptorThreeMayAlsoLogAndSayHowItFailed()
    {
        Assert.True(SideLine.TryParse("""{"kind":"log","level":"warn","message":"hm"}""", out var log));
        Assert.Equal((FrameKind.Log, TaskLogLevel.Warning, "hm"), (log.Kind, log.Level, log.Text));
        Assert.True(SideLine.TryParse("""{"kind":"failure","message":"no","code":"bad","retryable":false}""", out var failure));
        Assert.Equal((FrameKind.Failed, "no", "bad", false), (failure.Kind, failure.Text, failure.Code, failure.Retryable));
        Assert.True(SideLine.TryParse("""{"kind":"failure"}""", out var silent));
        Assert.Equal(("It failed and did not say why", "", true), (silent.Text, silent.Code, silent.Retryable));
        Assert.False(SideLine.TryParse("""{"kind":"result","result":1}""", out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("half")]
    [InlineData("[0.5]")]
    [InlineData("{\"progress\": \"0.5\"}")]
    [InlineData("{\"message\": \"\\ud800\"}")]
    [InlineData("{\"progress\": 0.5")]
    public void OtherLinesAreLeftAlone(string line) => Assert.False(SideLine.TryParse(line, out _));

    [Theory]
    [InlineData("", "null")]
    [InlineData("\n \t", "null")]
    [InlineData(" {\"a\":[1]} \n", "{\"a\":[1]}")]
    [InlineData("42", "42")]
    [InlineData("hello\nworld\n", "\"hello\\nworld\"")]
    [InlineData("{\"a\":", "\"{\\u0022a\\u0022:\"")]
    public void AProgramsOutputBecomesOneJsonValue(string output, string result)
    {
        var value = ProgramOutput.ToResult(Encoding.UTF8.GetBytes(output));
        Assert.Equal(result, value.ToStringUtf8());
        Assert.Null(PayloadCheck.Check(value.Span));
    }

    [Fact]
    public void OutputThatIsNoTextIsStillAResult() =>
        Assert.Null(PayloadCheck.Check(ProgramOutput.ToResult(new byte[] { 0xFF, 0x00, 0xC3 }).Span));

    [Fact]
    public void AWorkersIdentityStaysAndIsHeldByOne()
    {
        var path = Path.Combine(directory.FullName, "state");
        string mark;
        using (var first = WorkerIdentity.Take(path, null).Value)
        {
            mark = first.Mark;
            Assert.Equal(Catalogue.StoreInUse, WorkerIdentity.Take(path, null).Failure!.Entry);
        }

        using (var again = WorkerIdentity.Take(path, "chosen").Value)
        {
            Assert.Equal(("chosen", mark), (again.Id, again.Mark));
        }

        File.WriteAllText(Path.Combine(path, "identity.json"), "{torn");
        using var renewed = WorkerIdentity.Take(path, null).Value;
        Assert.NotEqual(mark, renewed.Mark);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(path, "identity.json")));
    }

    [Fact]
    public void AStateDirectoryThatCannotBeMadeIsNamed()
    {
        var file = Path.Combine(directory.FullName, "file");
        File.WriteAllText(file, "");
        Assert.Equal(Catalogue.StoreUnwritable, WorkerIdentity.Take(Path.Combine(file, "state"), null).Failure!.Entry);
    }

    private string Plugin(string name, string text, bool executable = false)
    {
        var path = Path.Combine(directory.FullName, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, executable ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100);
        return path;
    }

    private readonly VirtualTime time = new();

    private static Task<ScriptVerdict> Verdict(string? problem, bool passing = false) =>
        Task.FromResult(new ScriptVerdict(problem, problem is null ? null : 1, IsMissing: false) { IsPassing = passing });

    [Fact]
    public async Task ACheckThatDidNotComeToItsEndIsMadeAgain()
    {
        var checks = 0;
        var catalog = new PluginCatalog(
            directory.FullName,
            (_, _) => Verdict(++checks < 3 ? "cannot be checked: no more processes" : null, passing: checks < 3),
            new RecordingLogger<PluginCatalog>(),
            time
        );
        Plugin("image.lua", "good");
        await catalog.RefreshAsync(default);
        Assert.Equal("cannot be checked: no more processes", Assert.Single(catalog.Current.Problems).Problem);
        await catalog.RefreshAsync(default);
        Assert.Equal(1, checks);
        time.Advance(TimeSpan.FromSeconds(30));
        await catalog.RefreshAsync(default);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(await catalog.RefreshAsync(default));
        Assert.Equal(2, checks);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await catalog.RefreshAsync(default));
        Assert.Contains("image", catalog.Current.Handlers.Keys);
        Assert.Empty(catalog.Current.Problems);

        // What is known for good is not asked again.
        time.Advance(TimeSpan.FromDays(1));
        await catalog.RefreshAsync(default);
        Assert.Equal(3, checks);
    }

    [Fact]
    public async Task AWatchThatFailsIsToldAndGoesOn()
    {
        var logger = new RecordingLogger();
        var looks = new SemaphoreSlim(0);
        var count = 0;
        await using var watch = new PluginWatch(
            directory.FullName,
            _ =>
            {
                var first = Interlocked.Increment(ref count) == 1;
                looks.Release();
                return first ? throw new InvalidOperationException("a fault") : ValueTask.CompletedTask;
            },
            time,
            logger
        );
        await looks.WaitAsync(TestContext.Current.CancellationToken);
        while (watch.Status.Passes == 0)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            await Task.Yield();
        }

        Assert.Contains(
            "plugins failed: InvalidOperationException: a fault",
            Assert.Single(logger.At(LogLevel.Error)),
            StringComparison.Ordinal
        );
        Assert.True(watch.Status.IsHealthy);
    }

    [Fact]
    public async Task PluginsAreFoundChangedAndRefusedByName()
    {
        var checks = 0;
        var logger = new RecordingLogger<PluginCatalog>();
        var catalog = new PluginCatalog(
            directory.FullName,
            (handler, _) =>
            {
                checks++;
                return Verdict(File.ReadAllText(handler.Path).Contains("bad", StringComparison.Ordinal) ? "bad" : null);
            },
            logger,
            time
        );
        Plugin("image.lua", "good");
        Plugin("resize.sh", "#!/bin/sh", executable: true);
        Plugin("resize.lua", "good");
        Plugin("noop.lua", "good");
        Plugin("broken.lua", "bad");
        Plugin(".hidden.lua", "good");
        Plugin("README.md", "text");
        Assert.True(await catalog.RefreshAsync(default));
        var first = catalog.Current;
        Assert.Equal(["image", "resize"], first.Handlers.Keys.Except(PluginSet.Builtins.Handlers.Keys).Order(StringComparer.Ordinal));
        Assert.Equal(3, first.Problems.Count);
        Assert.Contains(first.Problems, p => p.Problem.Contains("built in", StringComparison.Ordinal));

        Assert.False(await catalog.RefreshAsync(default));
        Assert.Equal(3, logger.At(LogLevel.Warning).Count);
        var before = checks;
        File.SetLastWriteTimeUtc(Plugin("image.lua", "new text"), new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Plugin("broken.lua", "mended");
        Assert.Contains(
            new OpenClaw.V1.RefusedFile { Type = "broken", Problem = "broken.lua:1: bad" },
            OpenClaw.Worker.Plugins.RefusedFiles.Of(first)
        );
        Assert.True(await catalog.RefreshAsync(default));
        Assert.NotEqual(first.Handlers["image"].Version, catalog.Current.Handlers["image"].Version);
        Assert.Equal(before + 2, checks);
        Assert.Contains("broken", catalog.Current.Handlers.Keys);
        File.Delete(Path.Combine(directory.FullName, "image.lua"));
        Assert.True(await catalog.RefreshAsync(default));
        Assert.DoesNotContain("image", catalog.Current.Handlers.Keys);

        // A file that is refused changes no type, and is news all the same.
        Plugin("another.lua", "bad");
        Assert.True(await catalog.RefreshAsync(default));
        Assert.False(await catalog.RefreshAsync(default));
    }

    [Fact]
    public async Task ACopyUnderAnotherNameIsCheckedForItself()
    {
        var catalog = new PluginCatalog(
            directory.FullName,
            (handler, _) => Verdict(handler.Type == "image" ? null : "there is no function of that name"),
            new RecordingLogger<PluginCatalog>(),
            time
        );
        Plugin("image.lua", "the same");
        Plugin("zoom.lua", "the same");
        await catalog.RefreshAsync(default);
        Assert.Contains("image", catalog.Current.Handlers.Keys);
        Assert.DoesNotContain("zoom", catalog.Current.Handlers.Keys);
    }

    [Fact]
    public async Task ADirectoryThatIsNotThereHoldsTheBuiltinTypes()
    {
        var catalog = new PluginCatalog("/nowhere/at/all", (_, _) => Verdict(null), new RecordingLogger<PluginCatalog>(), time);
        Assert.False(await catalog.RefreshAsync(default));
        Assert.Contains("noop", catalog.Current.Handlers.Keys);
    }
}
