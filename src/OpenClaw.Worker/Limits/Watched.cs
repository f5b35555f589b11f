using OpenClaw.Abi.Processes;

namespace OpenClaw.Worker.Limits;

internal sealed partial class TreeWatch
{
    /// <summary>A runner that is watched. Guard, Exceeded, Looks, Becomes and Told belong to the gate, the rest to who looks.</summary>
    private sealed class Watched(TreeWatch owner, int runner, string mark)
    {
        private long usedBefore;
        private long usedAt;
        private TaskGuard? seen;
        private long cpuBefore;
        private int threadsBefore;
        private double bytesPerSecond;
        private long exactNotBefore;
        private long walkedAt;

        /// <summary>What the last walk through the attempt's directory has found. Set by a thread of the pool.</summary>
        private volatile Walk? last;
        private volatile bool walks;

        public string Mark { get; } = mark;
        public TaskGuard? Guard { get; set; }
        public Action<Excess>? Exceeded { get; set; }
        public int Looks { get; set; }
        public ulong? Becomes { get; set; }
        public bool Told { get; set; }
        public long ToldAt { get; set; }

        /// <summary>Bytes in memory at the last look, shared pages counted for each.</summary>
        public long Used { get; private set; }

        public void Observe(List<ProcessStat> family, TaskGuard? guard, long now, TimeProvider time)
        {
            Used = family.Sum(p => p.HasEnded ? 0 : p.ResidentBytes);
            var seconds = time.GetElapsedTime(usedAt, now).TotalSeconds;
            bytesPerSecond = usedAt == 0 || seconds <= 0 ? 0 : Math.Max(0, (Used - usedBefore) / seconds);
            usedBefore = Used;
            usedAt = now;
            Looks++;
            if (!ReferenceEquals(seen, guard))
            {
                // What the process had used before this attempt is not the attempt's.
                seen = guard;
                cpuBefore = family.Sum(p => p.CpuTicks);
                threadsBefore = guard is { IsProgram: false } ? family.Where(p => p.Id == runner).Sum(p => p.Threads) : 0;
                walkedAt = 0;
                exactNotBefore = 0;
            }
        }

        /// <summary>How soon it could be over a limit, halved.</summary>
        public TimeSpan NextLook(TaskGuard guard, bool isBound)
        {
            var regular = guard.MemoryBytes is null && !isBound ? Calm : WithMemory;
            // The first looks come fast: nothing is known of it yet.
            var next = Looks < 4 ? Min(regular, Soon * (1 << Looks)) : regular;
            return guard.MemoryBytes is { } limit ? Min(next, Until(limit, next)) : next;
        }

        /// <summary>Half of the time until so many bytes are reached at the pace of the last look.</summary>
        public TimeSpan Until(long bytes, TimeSpan most) => HalfWay(bytes - Used, bytesPerSecond, most);

        public static TimeSpan HalfWay(long left, double bytesPerSecond, TimeSpan most)
        {
            if (bytesPerSecond <= 0)
            {
                return most;
            }

            var half = Math.Max(0, left) / bytesPerSecond / 2;
            return half >= most.TotalSeconds ? most
                : half <= Shortest.TotalSeconds ? Shortest
                : TimeSpan.FromSeconds(half);
        }

        public Excess? Judge(List<ProcessStat> family, TaskGuard guard, long now)
        {
            if (guard.Processes is { } most)
            {
                var count = family.Sum(p => Math.Max(1, p.Threads)) - threadsBefore;
                if (count > most)
                {
                    return new Excess(ExcessKind.Processes, guard.Handle, count, most);
                }
            }

            if (guard.MemoryBytes is { } limit)
            {
                var allowed = guard.IsProgram ? limit : limit + TaskGuard.RunnersOwnBytes;
                if (Used > allowed && now >= exactNotBefore)
                {
                    var exact = ProcessStat.HeldBy(family);
                    // Exact figures of large trees are dear: at most a tenth of the time goes into them.
                    var cost = owner.time.GetTimestamp() - now;
                    exactNotBefore = now + (cost * 10);
                    if (exact > allowed)
                    {
                        return new Excess(
                            ExcessKind.Memory,
                            guard.Handle,
                            guard.IsProgram ? exact : exact - TaskGuard.RunnersOwnBytes,
                            limit
                        );
                    }
                }
            }

            if (guard.Cpu is { } cpu)
            {
                var used = (family.Sum(p => p.CpuTicks) - cpuBefore) * (1000 / ProcessStat.TicksPerSecond);
                if (used >= cpu.TotalMilliseconds)
                {
                    return new Excess(ExcessKind.Cpu, guard.Handle, used, (long)cpu.TotalMilliseconds);
                }
            }

            return JudgeOutput(guard, now);
        }

        // A directory may hold many files on a slow disk, and nobody is looked at while one waits here: the last walk that has ended counts.
        private Excess? JudgeOutput(TaskGuard guard, long now)
        {
            if (guard.OutputBytes is not { } limit)
            {
                return null;
            }

            if (!walks && (walkedAt == 0 || owner.time.GetElapsedTime(walkedAt, now) >= BetweenWalks))
            {
                walkedAt = now;
                walks = true;
                ThreadPool.UnsafeQueueUserWorkItem(Measure, guard, preferLocal: false);
            }

            return last is { } known && ReferenceEquals(known.Guard, guard) && known.Bytes > limit
                ? new Excess(ExcessKind.Output, guard.Handle, known.Bytes, limit)
                : null;
        }

        private void Measure(TaskGuard guard)
        {
            last = new Walk(guard, owner.SizeOf(guard.OutputDirectory, guard.OutputBytes ?? 0));
            walks = false;
        }
    }

    /// <summary>What an attempt's directory held.</summary>
    private sealed record Walk(TaskGuard Guard, long Bytes);
}
