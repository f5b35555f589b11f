using System.Text;
using Google.Protobuf;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager;
using OpenClaw.Manager.Api;
using OpenClaw.Tests.Store;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Manager;

public sealed class ApiPartsTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-api-");
    private readonly ManualClock clock = new();
    private readonly SpecReader reader;

    public ApiPartsTests() => reader = new SpecReader(new ManagerOptions { ManagerId = "m", DataDirectory = "/" }, clock);

    public void Dispose() => directory.Delete(recursive: true);

    private static TaskSpec Spec(Action<TaskSpec>? with = null)
    {
        var spec = new TaskSpec { Type = "noop", Payload = ByteString.CopyFromUtf8("{}") };
        with?.Invoke(spec);
        return spec;
    }

    private ErrorEntry? Refusal(Action<TaskSpec> with) => reader.Read(Spec(with), "local").Failure?.Entry;

    private static ByteString Text(int bytes) => ByteString.CopyFromUtf8('"' + new string('x', bytes - 2) + '"');

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    [Fact]
    public void WhatIsLeftOutGetsItsDefault()
    {
        var task = reader.Read(new TaskSpec { Type = "noop" }, "anna").Value;
        Assert.Equal(
            ("default", "default", "null", 3, "anna"),
            (task.Project, task.Queue, Encoding.UTF8.GetString(task.Payload.Span), task.MaxRetries, task.SubmittedBy)
        );
        Assert.Null(task.Key);
        Assert.Equal(clock.Now + 5, reader.Read(Spec(s => s.DelayMs = 5), "").Value.DueAt);
        Assert.Equal(0, reader.Read(Spec(s => s.MaxRetries = 0), "").Value.MaxRetries);
    }

    [Fact]
    public void EveryLimitIsHeldToTheByte()
    {
        Assert.Null(Refusal(s => s.Payload = Text(TaskLimits.MaxPayloadBytes)));
        Assert.Equal(Catalogue.PayloadTooLarge, Refusal(s => s.Payload = Text(TaskLimits.MaxPayloadBytes + 1)));
        Assert.Null(Refusal(s => s.Payload = ByteString.CopyFromUtf8(Nested(100))));
        Assert.Equal(Catalogue.PayloadInvalid, Refusal(s => s.Payload = ByteString.CopyFromUtf8(Nested(101))));
        foreach (var bad in new[] { "{", "{} {}", "{'a':1}", "NaN", "\"\\ud800\"", "\"\u0001\"", "[1,]" })
        {
            Assert.Equal(Catalogue.PayloadInvalid, Refusal(s => s.Payload = ByteString.CopyFromUtf8(bad)));
        }

        Assert.Equal(Catalogue.PayloadInvalid, Refusal(s => s.Payload = ByteString.CopyFrom((byte)'"', 0xFF, (byte)'"')));
        Assert.Null(Refusal(s => s.Type = new string('ä', 100)));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Type = new string('ä', 100) + "x"));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Type = ""));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Type = "a\u009b31m"));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Queue = "a\nb"));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Key = new string('k', 201)));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.PluginVersion = new string('k', 201)));
        Assert.Null(Refusal(s => s.Priority = 1000));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Priority = 1001));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Priority = -1001));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.DelayMs = -1));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.TimeoutMs = long.MaxValue));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.MaxRetries = 1001));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Labels.Add("a", "b\u001b")));
        Assert.Equal(Catalogue.Usage, Refusal(s => s.Labels.Add(Enumerable.Range(0, 33).ToDictionary(n => "l" + n, n => ""))));
    }

    [Fact]
    public async Task TheGateLetsInByWeightInTheOrderOfComing()
    {
        var gate = new WeightedGate(10);
        await gate.EnterAsync(8);
        var large = gate.EnterAsync(5).AsTask();
        var small = gate.EnterAsync(1).AsTask();
        Assert.False(large.IsCompleted || small.IsCompleted);
        gate.Leave(8);
        await large;
        await small;

        // Heavier than the gate: it passes alone.
        var heavy = gate.EnterAsync(1000).AsTask();
        Assert.False(heavy.IsCompleted);
        gate.Leave(5);
        Assert.False(heavy.IsCompleted);
        gate.Leave(1);
        await heavy;
        var last = gate.EnterAsync(1).AsTask();
        Assert.False(last.IsCompleted);
        gate.Leave(1000);
        await last;
    }

    [Fact]
    public void TheTokenIsDrawnOnceAndKeptFromOthers()
    {
        var narrowed = new List<string>();
        string Token() => LocalEndpoint.Token(directory.FullName, (_, mode) => narrowed.Add(mode)).Value;
        var token = Token();
        Assert.Equal(64, token.Length);
        Assert.Equal(token, Token());
        var file = Path.Combine(directory.FullName, "token");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Empty(narrowed);

        // One that others could read is taken from them, and told.
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Assert.Equal(token, Token());
        Assert.Equal("0644", Assert.Single(narrowed));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        File.WriteAllText(file, "short");
        Assert.NotEqual(token, Token());

        File.Delete(file);
        Directory.CreateDirectory(file);
        Assert.Equal(Catalogue.StoreUnwritable, LocalEndpoint.Token(directory.FullName, (_, _) => { }).Failure!.Entry);
    }

    [Theory]
    [InlineData("worker/w1/log", "cursor=s%3D1;i=77", true)]
    [InlineData("worker/w1/log", "", false)]
    [InlineData("worker/w1/log", "two\nlines", false)]
    [InlineData("manager/manager", "0123456789abcdef:77", true)]
    [InlineData("manager/manager", "cursor=77", false)]
    public void Places_in_the_logs_of_workers_are_theirs_to_define(string log, string place, bool taken) =>
        Assert.Equal(taken, LogApi.IsPlace(new V1.LogPosition { Log = log, Place = place }));

    [Fact]
    public void A_place_has_256_characters_at_most()
    {
        Assert.True(LogApi.IsPlace(new V1.LogPosition { Log = "worker/w1/log", Place = new('x', 256) }));
        Assert.False(LogApi.IsPlace(new V1.LogPosition { Log = "worker/w1/log", Place = new('x', 257) }));
    }
}
