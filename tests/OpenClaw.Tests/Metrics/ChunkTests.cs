using OpenClaw.Core.Metrics;

namespace OpenClaw.Tests.Metrics;

/// <summary>Samples come back as they went in, whatever they are, in few bytes, and from bytes that are kept for good.</summary>
public sealed class ChunkTests
{
    private static readonly double[] Odd =
    [
        0,
        -0.0,
        1,
        -1,
        0.1,
        1 / 3.0,
        double.NaN,
        double.PositiveInfinity,
        double.NegativeInfinity,
        double.MaxValue,
        double.Epsilon,
        1L << 53,
        (1L << 53) + 2,
        -(1L << 53),
        int.MaxValue,
        1e15,
        41,
        42,
        72,
        43,
    ];

    private static List<(int Index, double Value, bool Fresh)> Read(ReadOnlySpan<byte> bytes, out bool damaged)
    {
        var read = new List<(int, double, bool)>();
        var samples = new ChunkDecoder(bytes);
        while (samples.Read())
        {
            read.Add((samples.Index, samples.Value, samples.Fresh));
        }

        damaged = samples.IsDamaged;
        return read;
    }

    [Fact]
    public void What_was_written_is_read_bit_by_bit()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var encoder = new ChunkEncoder();
            var written = new List<(int Index, double Value, bool Fresh)>();
            var value = 0.0;
            for (var i = 0; i < MetricTime.ChunkSlots; i++)
            {
                if (random.Next(5) == 0)
                {
                    continue;
                }

                value = random.Next(5) switch
                {
                    0 => Odd[random.Next(Odd.Length)],
                    1 => value + random.Next(-100, 100),
                    2 => random.NextDouble() * 1e6,
                    _ => value,
                };
                var fresh = random.Next(10) == 0;
                Assert.True(encoder.Append(i, value, fresh));
                written.Add((i, value, fresh));

                // It is read while it grows, too.
                var read = Read(encoder.ToArray(), out var damaged);
                Assert.False(damaged);
                Assert.Equal(
                    written.Select(w => (w.Index, BitConverter.DoubleToInt64Bits(w.Value), w.Fresh)),
                    read.Select(r => (r.Index, BitConverter.DoubleToInt64Bits(r.Value), r.Fresh))
                );
            }

            Assert.False(encoder.Append(0, 1, fresh: false));
            Assert.False(encoder.Append(MetricTime.ChunkSlots, 1, fresh: false));
        }
    }

    [Fact]
    public void The_bytes_on_disk_are_these_for_good()
    {
        var encoder = new ChunkEncoder();
        var at = 0;
        foreach (var value in new[] { 0, 0, 5, 5, 5, 4000, 0.5, 0.75 })
        {
            encoder.Append(at, value, fresh: at == 2);
            at++;
        }

        encoder.Append(59, 0.75, fresh: false);
        // Version; 0 twice; fresh, +5; the same twice; +3995 as varint; 0.5 and 0.75 by their bits; 51 missing; the same once.
        Assert.Equal("01-02-80-A5-02-81-B6-3E-C2-7F-4F-40-C8-08-72-01", BitConverter.ToString(encoder.ToArray()));
    }

    [Fact]
    public void Damaged_bytes_end_the_reading_and_never_throw()
    {
        var random = new Random(1);
        var encoder = new ChunkEncoder();
        for (var i = 0; i < MetricTime.ChunkSlots; i++)
        {
            encoder.Append(i, random.NextDouble() * i, fresh: false);
        }

        var whole = encoder.ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = whole[..random.Next(whole.Length)];
            for (var changes = random.Next(4); changes > 0 && bytes.Length > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Assert.True(Read(bytes, out _).Count <= MetricTime.ChunkSlots);
        }

        Read([], out var damaged);
        Assert.True(damaged);
        Read([2, 1], out damaged);
        Assert.True(damaged);
    }

    [Fact]
    public void Ten_minutes_of_a_counter_that_runs_are_some_bytes_a_sample()
    {
        var (steady, busy, still) = (new ChunkEncoder(), new ChunkEncoder(), new ChunkEncoder());
        var random = new Random(1);
        var total = 0L;
        for (var i = 0; i < MetricTime.ChunkSlots; i++)
        {
            total += 100_000 + random.Next(10_000);
            busy.Append(i, total, fresh: false);
            steady.Append(i, i * 3, fresh: false);
            still.Append(i, 17, fresh: false);
        }

        Assert.InRange(busy.ToArray().Length, 1, 4 * MetricTime.ChunkSlots + 2);
        Assert.InRange(steady.ToArray().Length, 1, MetricTime.ChunkSlots + 2);
        Assert.InRange(still.ToArray().Length, 1, 4);
    }
}
