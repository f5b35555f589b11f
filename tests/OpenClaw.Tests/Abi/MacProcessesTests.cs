using System.Buffers.Binary;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Abi;

/// <summary>What macOS writes about a process, laid out as in its headers (sys/proc_info.h, sys/sysctl.h), is read rightly.</summary>
public sealed class MacProcessesTests
{
    [Fact]
    public void AProcessIsReadFromProcTaskAllInfo()
    {
        var info = new byte[232];
        void Put32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(at), value);
        void Put64(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(info.AsSpan(at), value);
        Put32(4, 2); // pbi_status: SRUN
        Put32(12, 4711); // pbi_pid
        Put32(16, 42); // pbi_ppid
        Put32(100, 4700); // pbi_pgid
        Put64(120, 1_700_000_000); // pbi_start_tvsec
        Put64(128, 123_456); // pbi_start_tvusec
        Put64(136 + 8, 5 << 20); // pti_resident_size
        Put64(136 + 16, 24_000_000); // pti_total_user: one second on Apple's processors
        Put64(136 + 24, 12_000_000); // pti_total_system
        Put32(136 + 84, 7); // pti_threadnum

        var expected = new ProcessStat(4711, 'R', 42, 4700, 4600, 150, 7, 1_700_000_000_123_456, 5 << 20);
        Assert.Equal(expected, MacProcesses.Parse(info, 4600, (125, 3)));
        Put32(4, 5);
        Assert.True(MacProcesses.Parse(info, 4600, (125, 3))!.Value.HasEnded);
        Assert.Null(MacProcesses.Parse(info.AsSpan(0, 100), 4600, (125, 3)));
    }

    [Theory]
    [InlineData("/bin/sh\0\0\0\0sh\0-c\0X=argument\0X=variable\0Y=2\0\0", 3, "variable")]
    [InlineData("/bin/sh\0sh\0", 1, null)]
    [InlineData("/bin/sh\0", 9, null)]
    public void VariablesAreBehindTheArguments(string text, int arguments, string? value)
    {
        byte[] answer = [.. BitConverter.GetBytes(arguments), .. System.Text.Encoding.UTF8.GetBytes(text)];
        Assert.Equal(value, ProcessStat.ValueIn(MacProcesses.EnvironmentOf(answer), "X="u8));
    }

    [Fact]
    public void AnAnswerThatIsCutOffHasNoVariables() => Assert.True(MacProcesses.EnvironmentOf([1, 0]).IsEmpty);
}
