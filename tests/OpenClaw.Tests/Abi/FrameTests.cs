using System.Buffers;
using System.Text;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Tests.Abi;

public sealed class FrameTests
{
    private readonly ArrayBufferWriter<byte> output = new();

    private string Hex => Convert.ToHexStringLower(output.WrittenSpan);

    private static RunCommand Sample { get; } =
        new()
        {
            Handle = 7,
            TaskId = "task-a1b2c3",
            Attempt = 2,
            Handler = HandlerKind.Lua,
            Type = "image",
            Path = "/p/image.lua",
            Function = "process_image",
            Version = "v1",
            Payload = "{}"u8.ToArray(),
            OutputDirectory = "/out",
        };

    [Fact]
    public void The_bytes_of_every_frame_are_fixed()
    {
        FrameWriter.WriteRun(output, Sample);
        Assert.Equal(
            "5b00000001"
                + "0700000000000000"
                + "0b0000007461736b2d613162326333"
                + "02000000"
                + "01"
                + "05000000696d616765"
                + "0c0000002f702f696d6167652e6c7561"
                + "0d00000070726f636573735f696d616765"
                + "020000007631"
                + "020000007b7d"
                + "040000002f6f7574",
            Hex
        );
        Check(o => FrameWriter.WriteReady(o, 258), "09000000" + "10" + "01000000" + "02010000");
        Check(o => FrameWriter.WriteStarted(o, 1), "09000000" + "11" + "0100000000000000");
        Check(
            o => FrameWriter.WriteProgress(o, 1, 0.5, "hi"u8),
            "17000000" + "12" + "0100000000000000" + "000000000000e03f" + "020000006869"
        );
        Check(o => FrameWriter.WriteLog(o, 1, TaskLogLevel.Error, "x"u8), "0f000000" + "13" + "0100000000000000" + "03" + "0100000078");
        Check(o => FrameWriter.WriteSucceeded(o, 1, 3, "1"u8), "16000000" + "14" + "0100000000000000" + "0300000000000000" + "0100000031");
        Check(
            o => FrameWriter.WriteFailed(o, 1, "c", "m"u8, retryable: true, 3),
            "1c000000" + "15" + "0100000000000000" + "0300000000000000" + "01" + "0100000063" + "010000006d"
        );
        Check(o => FrameWriter.WriteBecoming(o, 1), "09000000" + "16" + "0100000000000000");
        Check(
            o =>
                FrameWriter.WriteExec(
                    o,
                    new ExecCommand
                    {
                        Handle = 1,
                        TaskId = "t",
                        Attempt = 1,
                        Type = "y",
                        Path = "/p",
                        Arguments = ["p"],
                        Environment = ["A=1"],
                        Limits = new ProcessLimits { CoreBytes = 0 },
                    }
                ),
            "7500000002"
                + "0100000000000000"
                + "0100000074"
                + "01000000"
                + "0100000079"
                + "020000002f70"
                + "010000000100000070"
                + "0100000003000000413d31"
                + "00000000"
                + "0000000000000080"
                + "0000000000000000"
                + "0000000000000080"
                + "0000000000000080"
                + "0000000000000080"
                + "0000000000000080"
                + "0000000000000080"
                + "0000000000000080"
        );
    }

    private void Check(Action<IBufferWriter<byte>> write, string expected)
    {
        output.ResetWrittenCount();
        write(output);
        Assert.Equal(expected, Hex);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100_000)]
    public void Frames_come_out_however_the_bytes_come_in(int step)
    {
        var payload = new byte[ProtocolLimits.MaxPayloadBytes];
        new Random(1).NextBytes(payload);
        FrameWriter.WriteRun(output, Sample with { Payload = step == 1 ? payload.AsMemory(0, 5000) : payload });
        FrameWriter.WriteStarted(output, 9);
        var reader = new FrameReader(16);
        var kinds = new List<FrameKind>();
        var input = output.WrittenSpan;
        for (var at = 0; at < input.Length; )
        {
            var room = reader.GetMemory().Span;
            var count = Math.Min(Math.Min(step, room.Length), input.Length - at);
            input.Slice(at, count).CopyTo(room);
            at += count;
            reader.Advance(count);
            while (reader.TryRead(out var frame) == FrameResult.Frame)
            {
                kinds.Add(frame.Kind);
                if (frame.Kind == FrameKind.Run)
                {
                    Assert.True(RunView.TryRead(frame.Body, out var run));
                    Assert.True(run.Payload.SequenceEqual(payload.AsSpan(0, run.Payload.Length)));
                    Assert.Equal("process_image", Encoding.UTF8.GetString(run.Function));
                }
            }
        }
        Assert.Equal([FrameKind.Run, FrameKind.Started], kinds);
        Assert.True(reader.Unread.IsEmpty);
    }

    [Fact]
    public void A_length_that_cannot_be_is_said_at_once()
    {
        foreach (var length in (uint[])[0, ProtocolLimits.MaxFrameBytes + 1, uint.MaxValue])
        {
            ReadOnlySpan<byte> input = BitConverter.GetBytes(length);
            Assert.Equal(FrameResult.Invalid, FrameReader.TryRead(ref input, out _));
        }
    }

    [Fact]
    public void A_cut_or_padded_body_is_refused()
    {
        FrameWriter.WriteFailed(output, 1, "clw-task-failed", "no"u8, retryable: false, 5);
        var body = output.WrittenSpan[5..].ToArray();
        for (var length = 0; length < body.Length; length++)
        {
            Assert.False(RunnerReport.TryRead(new Frame(FrameKind.Failed, body.AsSpan(0, length)), out _));
        }
        Assert.True(RunnerReport.TryRead(new Frame(FrameKind.Failed, body), out var report));
        Assert.Equal("clw-task-failed", Encoding.UTF8.GetString(report.Code));
        Assert.False(RunnerReport.TryRead(new Frame(FrameKind.Failed, (byte[])[.. body, 0]), out _));
        Assert.False(RunnerReport.TryRead(new Frame((FrameKind)99, body), out _));
    }

    [Fact]
    public void Random_bodies_never_throw()
    {
        var random = new Random(42);
        var bytes = new byte[200];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            var body = bytes.AsSpan(0, random.Next(bytes.Length));
            _ = RunnerReport.TryRead(new Frame((FrameKind)random.Next(16, 23), body), out _);
            _ = RunView.TryRead(body, out _);
            _ = FrameWriter.ReadExec(body);
        }
    }

    [Fact]
    public void Exec_survives_the_way()
    {
        var sent = new ExecCommand
        {
            Handle = ulong.MaxValue,
            TaskId = "task-ü",
            Attempt = 3,
            Type = "thumb",
            Path = "/p/thumb",
            Arguments = ["thumb", "", "ß"],
            Environment = ["A=1", "B="],
            WorkingDirectory = "/tmp",
            Limits = new ProcessLimits
            {
                OpenFiles = 64,
                OomScoreAdjust = -5,
                LuaBytes = 1,
                CpuSeconds = 9,
                FileBytes = 1 << 20,
            },
        };
        FrameWriter.WriteExec(output, sent);
        var got = FrameWriter.ReadExec(output.WrittenSpan[5..])!;
        Assert.Equal(sent.Arguments, got.Arguments);
        Assert.Equal(sent.Environment, got.Environment);
        Assert.Equal(sent with { Arguments = got.Arguments, Environment = got.Environment }, got);
    }

    [Fact]
    public void Long_texts_are_cut_between_characters_and_long_results_refused()
    {
        var text = Encoding.UTF8.GetBytes(new string('a', ProtocolLimits.MaxTextBytes - 1) + "üü");
        FrameWriter.WriteLog(output, 1, TaskLogLevel.Info, text);
        Assert.True(RunnerReport.TryRead(new Frame(FrameKind.Log, output.WrittenSpan[5..]), out var report));
        Assert.Equal(ProtocolLimits.MaxTextBytes - 1, report.Text.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            FrameWriter.WriteSucceeded(output, 1, 1, new byte[ProtocolLimits.MaxResultBytes + 1])
        );
    }

    [Fact]
    public void Limits_are_the_same_after_the_way_through_the_environment()
    {
        var limits = new ProcessLimits
        {
            OpenFiles = 1024,
            CoreBytes = 0,
            OomScoreAdjust = -10,
            LuaBytes = 5,
            CpuSeconds = 60,
            FileBytes = 7,
        };
        Assert.Equal("nofile=1024,core=0,oom=-10,lua=5,cpu=60,fsize=7", limits.ToText());
        Assert.Equal(limits, ProcessLimits.FromText(limits.ToText()));
        Assert.Equal(ProcessLimits.None, ProcessLimits.FromText(""));
        foreach (var wrong in (string[])["nofile", "nofile=x", "nofile=0", "oom=1001", "cpu=0", "gpu=1"])
        {
            Assert.Null(ProcessLimits.FromText(wrong));
        }
    }

    [Fact]
    public void A_plugin_gets_the_allowed_variables_and_no_other()
    {
        var own = new Dictionary<string, string>
        {
            ["PATH"] = "/bin",
            ["HOME"] = "/root",
            ["AWS_SECRET_ACCESS_KEY"] = "s",
            ["OPENCLAW_TOKEN"] = "t",
        };
        Assert.Equal(
            [
                "PATH=/bin",
                "HOME=/root",
                "OPENCLAW_TASK_MODE=plain",
                "OPENCLAW_TASK_TYPE=thumb",
                "OPENCLAW_TASK_INCARNATION=9",
                "OPENCLAW_TASK_ID=task-1",
                "OPENCLAW_TASK_ATTEMPT=2",
                "OPENCLAW_TASK_OUTPUT_DIR=/o",
            ],
            PluginEnvironment.For(own, "task-1", "thumb", 2, "/o", 9)
        );
        Assert.Equal(
            ["PATH=/bin", "HOME=/root", "OPENCLAW_TASK_MODE=serve", "OPENCLAW_TASK_TYPE=thumb", "OPENCLAW_TASK_INCARNATION=9"],
            PluginEnvironment.ForServing(own, "thumb", 9)
        );
    }
}
