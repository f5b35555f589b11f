using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Crashes;

/// <summary>What cores say: real ones, written by this machine's kernel (W13).</summary>
public sealed class CoreFileTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("clw-core-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task AKernelsCoreTellsProcessSignalAndWhoSentIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && CorePattern.OfMachine() is { WhyNot: null, IsRelative: true }, "cores go elsewhere");
        var child = ChildProcess.Start(
            new ChildStart
            {
                Path = "/bin/sh",
                Arguments = ["sh", "-c", "ulimit -c unlimited; kill -SEGV $$"],
                Environment = ["PATH=/usr/bin:/bin"],
                WorkingDirectory = directory.FullName,
            }
        );
        var end = await child.Ended;
        Assert.True(end.CoreDumped, $"{end}");
        var found = new CoreSearch(CorePattern.OfMachine(), ulong.MaxValue).Find(
            child.Id,
            Signals.SegmentationFault,
            directory.FullName,
            DateTimeOffset.UtcNow - TimeSpan.FromMinutes(1),
            out var why
        );
        Assert.True(found is not null, why);
        var core = found.Content;
        Assert.Equal((child.Id, child.Id, 11, (int?)child.Id), (core.Pid, core.Session, core.Signal, core.SentBy));
        Assert.True(core.FaultAddress is null && core.IsWhole, $"{core}");
        Assert.Contains("sh", core.Program, StringComparison.Ordinal);

        // Cut off, as a limit does.
        using (var file = new FileStream(found.Path, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        using var cut = CoreShelf.OpenOwn(found.Path)!;
        Assert.False(CoreFile.Read(cut)!.IsWhole);

        // Somebody else's core in the same place is none of ours.
        Assert.Null(
            new CoreSearch(CorePattern.OfMachine(), ulong.MaxValue).Find(
                child.Id + 1,
                Signals.SegmentationFault,
                directory.FullName,
                DateTimeOffset.UnixEpoch,
                out why
            )
        );
        Assert.Contains("wrote none", why, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoCoreIsNoneAndNothingInAFileCanDoHarm()
    {
        var path = Path.Combine(directory.FullName, "x");
        var random = new Random(7);
        foreach (var bytes in new[] { 0, 10, 64, 200, 5000 })
        {
            var content = new byte[bytes];
            random.NextBytes(content);
            if (bytes >= 64)
            {
                // A core's head with nonsense behind it.
                "\u007fELF\u0002\u0001"u8.CopyTo(content);
                content[16] = 4;
                content[17] = 0;
            }

            File.WriteAllBytes(path, content);
            using var file = CoreShelf.OpenOwn(path)!;
            _ = CoreFile.Read(file);
        }

        File.CreateSymbolicLink(path + ".link", path);
        Assert.Null(CoreShelf.OpenOwn(path + ".link"));
    }

    [Fact]
    public void FramesAreTakenFromWhatGdbSaysOnce()
    {
        const string said = """
            [New LWP 12]
            #0  0x0000 in crash (p=0xdead) at null.c:3
            3	int crash(struct s*p){return p->a[2];}
            #0  0x0000 in crash (p=0xdead) at null.c:3
            #1  0x0001 in main () at null.c:4
            """;
        Assert.Equal(["#0  0x0000 in crash (p=0xdead) at null.c:3", "#1  0x0001 in main () at null.c:4"], Backtrace.Pick(said));
        Assert.Empty(Backtrace.Pick("warning: nothing\n"));
    }

    [Fact]
    public void AReportSurvivesItsFileAndTheOldestOnesGo()
    {
        var records = new CrashRecords(Path.Combine(directory.FullName, "crashes"));
        for (var i = 1; i <= CrashRecords.MostKept + 5; i++)
        {
            records.Write(
                new CrashReport
                {
                    AtMs = i,
                    Pid = 12,
                    Cause = CrashCause.Segfault,
                    Signal = 11,
                    ExitCode = 139,
                    FaultAddress = "0xdeadbeef",
                }
            );
        }

        var all = records.Since(DateTimeOffset.UnixEpoch, 1000);
        Assert.Equal(CrashRecords.MostKept, all.Count);
        Assert.Equal(CrashRecords.MostKept + 5, all[0].AtMs);
        Assert.Equal("Exit code: 139, Signal: 11 (SIGSEGV at 0xdeadbeef)", all[0].Sentence);
        Assert.Equal(3, records.Since(DateTimeOffset.FromUnixTimeMilliseconds(CrashRecords.MostKept + 3), 1000).Count);
    }

    [Fact]
    public void WhetherThereIsAHandlerOfMemoryErrorsIsSeen()
    {
        var caught = SignalCare.CaughtFaults();
        Assert.Contains(Signals.SegmentationFault, caught);
        Assert.Null(SignalCare.FirstUncaught(caught));
        // SIGUSR1 has none here.
        Assert.Equal(10, SignalCare.FirstUncaught([Signals.SegmentationFault, 10]));
    }
}
