using Google.Protobuf;
using Microsoft.Extensions.Logging;
using OpenClaw.Tests.Support;
using OpenClaw.V1;
using OpenClaw.Worker.Core;
using OpenClaw.Worker.Outbox;

namespace OpenClaw.Tests.Worker;

/// <summary>The outbox on disk: a frozen format, torn and damaged files, and a size that follows what waits.</summary>
public sealed class DiskOutboxTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-outbox-");

    private RecordingLogger logger = new();

    public void Dispose() => directory.Delete(recursive: true);

    private string[] Files => [.. Directory.GetFiles(directory.FullName).Order(StringComparer.Ordinal)];

    private DiskOutbox Open(long incarnation, long maxBytes = 1 << 30) =>
        DiskOutbox.Open(directory.FullName, incarnation, maxBytes, logger);

    private static AttemptOutcome Outcome(long task, int bytes = 3) =>
        new()
        {
            Task = task,
            Attempt = 1,
            Succeeded = true,
            Result = ByteString.CopyFrom(Enumerable.Repeat((byte)'x', bytes).ToArray()),
            RunMicros = 1500,
        };

    private static OutboxKey Key(long incarnation, long task) => new(incarnation, new AttemptKey(task, 1));

    /// <summary>As a kill leaves it: the files as they are, nothing closed in order.</summary>
    private static void Abandon(DiskOutbox outbox) => GC.KeepAlive(outbox);

    private void Write(long incarnation, params long[] tasks)
    {
        using var outbox = Open(incarnation);
        foreach (var task in tasks)
        {
            outbox.Add(Outcome(task));
        }

        Assert.Null(outbox.Flush());
    }

    [Fact]
    public void TheBytesOfASegmentAreFrozen()
    {
        Write(7, 1, 300);
        Assert.Equal(
            // Magic; length, CRC-32C (reckoned by other means); incarnation; the outcome.
            "434C574F5554310A" + "16000000D9D53736" + "0700000000000000" + "080110011801220378787840DC0B",
            Convert.ToHexString(File.ReadAllBytes(Files.Single()))[..76]
        );
        Assert.Equal("000000000000.seg", Path.GetFileName(Files.Single()));
    }

    [Fact]
    public void ATailTornAnywhereLosesTheTornRecordAlone()
    {
        Write(7, 1, 2, 3);
        var whole = File.ReadAllBytes(Files.Single());
        File.Delete(Files.Single());
        var record = (whole.Length - 8) / 3;
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(Path.Combine(directory.FullName, "000000000000.seg"), whole[..cut]);
            using (var outbox = Open(8))
            {
                var expected = cut < 8 ? 0 : (cut - 8) / record;
                Assert.Equal(Enumerable.Range(1, expected).Select(n => (long)n), outbox.Earlier.SelectMany(g => g).Select(o => o.Task));

                // And it can be written on.
                outbox.Add(Outcome(50));
                Assert.Null(outbox.Flush());
                Assert.Equal(expected + 1, outbox.Count);
            }

            using (var again = Open(9))
            {
                Assert.Equal(cut < 8 ? 1 : ((cut - 8) / record) + 1, again.Count);
            }

            foreach (var file in Files)
            {
                File.Delete(file);
            }
        }
    }

    [Fact]
    public void ADamagedByteCostsItsOwnRecordAloneAndIsTold()
    {
        Write(7, 1, 2, 3);
        var whole = File.ReadAllBytes(Files.Single());
        var path = Files.Single();
        var record = (whole.Length - 8) / 3;
        for (var i = 0; i < whole.Length; i++)
        {
            var damaged = whole.ToArray();
            damaged[i] ^= 0x10;
            File.WriteAllBytes(path, damaged);
            logger = new RecordingLogger();
            using var outbox = Open(8);
            var lost = i < 8 ? 0 : 1 + ((i - 8) / record);
            Assert.Equal(new[] { 1L, 2, 3 }.Where(n => n != lost), outbox.Earlier.SelectMany(g => g).Select(o => o.Task));
            var position = lost == 0 ? 0 : 8 + ((lost - 1) * record);
            var bytes = lost == 0 ? 8 : record;
            Assert.Contains(
                $"clw-outbox-damaged: {path} cannot be read from byte {position}, for {bytes} bytes in 1 places;",
                Assert.Single(logger.At(LogLevel.Warning))
            );
            Assert.Equal(damaged, File.ReadAllBytes(path + ".damaged"));
        }
    }

    [Fact]
    public void DamagedFilesAreKeptBesideTheNewestOfThem()
    {
        // Nothing of them can be read, so nothing else of them stays.
        for (var i = 0; i < DiskOutbox.MostDamagedKept + 3; i++)
        {
            File.WriteAllBytes(Path.Combine(directory.FullName, $"{i:D12}.seg"), [.. "not an outbox "u8, (byte)i]);
        }

        using (Open(8))
        {
            Assert.Equal(
                Enumerable.Range(3, DiskOutbox.MostDamagedKept).Select(i => $"{i:D12}.seg.damaged"),
                Files.Select(f => Path.GetFileName(f)!)
            );
            Assert.Equal([.. "not an outbox "u8, (byte)6], File.ReadAllBytes(Files[^1]));
        }

        var lines = logger.At(LogLevel.Warning).ToList();
        Assert.Equal(DiskOutbox.MostDamagedKept + 3, lines.Count);
        Assert.All(lines, l => Assert.Contains("for 15 bytes in 1 places; 0 outcomes", l, StringComparison.Ordinal));
        Assert.Contains("the file as it was is 000000000006.seg.damaged", lines[^1], StringComparison.Ordinal);

        // They are not read again, and a full disk or a name that is taken stops no start.
        logger = new RecordingLogger();
        Directory.CreateDirectory(Path.Combine(directory.FullName, "000000000009.seg.damaged"));
        File.WriteAllText(Path.Combine(directory.FullName, "000000000009.seg"), "no");
        using var again = Open(9);
        Assert.Equal(0, again.Count);
        Assert.Contains("it cannot be kept beside", Assert.Single(logger.At(LogLevel.Warning)), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotAcknowledgedSurvivesAndIsTheEarlierIncarnations()
    {
        var first = Open(7);
        first.Add(Outcome(1));
        first.Add(Outcome(2));
        first.Add(Outcome(2));
        Assert.Null(first.Flush());
        first.Acknowledge(Key(7, 1));
        Assert.Equal([2], first.Own.Select(o => o.Task));
        Abandon(first);
        first.Dispose();

        using var second = Open(8);
        var group = Assert.Single(second.Earlier);
        Assert.Equal(7, group.Key);

        // Acknowledgements are not written: the first is delivered again, which the manager recognises.
        Assert.Equal([1, 2], group.Select(o => o.Task));
        Assert.Empty(second.Own);
        second.Add(Outcome(2));
        Assert.Equal(3, second.Count);
        second.Acknowledge(Key(8, 2));
        second.Acknowledge(Key(7, 2));
        second.Acknowledge(Key(7, 1));
        Assert.Equal(0, second.Count);
    }

    [Fact]
    public void ItIsAsLargeAsWhatWaits()
    {
        using var outbox = Open(7, maxBytes: 20 << 20);
        var task = 0L;
        for (var round = 0; round < 60; round++)
        {
            for (var i = 0; i < 4; i++)
            {
                outbox.Add(Outcome(++task, 500_000));
            }

            Assert.Null(outbox.Flush());
            if (task > 8)
            {
                for (var i = task - 7; i <= task - 4; i++)
                {
                    outbox.Acknowledge(Key(7, i));
                }
            }

            if (round == 0)
            {
                Enumerable.Range(1, 4).ToList().ForEach(i => outbox.Acknowledge(Key(7, i)));
            }

            Assert.InRange(Files.Sum(f => new FileInfo(f).Length), 0, 32 << 20);
        }

        foreach (var open in outbox.Own.ToList())
        {
            outbox.Acknowledge(Key(7, open.Task));
        }

        Assert.Equal(0, outbox.Count);
        Assert.False(outbox.IsFull);
        Assert.InRange(Files.Sum(f => new FileInfo(f).Length), 0, 1 << 20);
    }

    [Fact]
    public void AFullOutboxSaysSoAndIsEmptiedByAcknowledgements()
    {
        using var outbox = Open(7, maxBytes: 1 << 20);
        for (var i = 1; i <= 3; i++)
        {
            outbox.Add(Outcome(i, 500_000));
        }

        Assert.Null(outbox.Flush());
        Assert.True(outbox.IsFull);
        Enumerable.Range(1, 3).ToList().ForEach(i => outbox.Acknowledge(Key(7, i)));
        Assert.False(outbox.IsFull);
    }

    [Fact]
    public void ADiskThatRefusesLosesNothingAndLeavesNothingBehind()
    {
        var outbox = Open(7);
        directory.Delete(recursive: true);
        outbox.Add(Outcome(1));
        outbox.Add(Outcome(2));
        for (var i = 0; i < 50; i++)
        {
            Assert.NotNull(outbox.Flush());
        }

        Assert.Equal(2, outbox.Own.Count());
        outbox.Acknowledge(Key(7, 1));
        directory.Create();
        Assert.Null(outbox.Flush());
        outbox.Dispose();
        using var next = Open(8);
        Assert.Equal([2], next.Earlier.SelectMany(g => g).Select(o => o.Task));
    }

    [Fact]
    public void WhatWasAcknowledgedToTheEndLeavesNoFile()
    {
        using (var outbox = Open(7))
        {
            outbox.Add(Outcome(1));
            Assert.Null(outbox.Flush());
            outbox.Acknowledge(Key(7, 1));
        }

        Assert.Empty(Files);
    }
}
