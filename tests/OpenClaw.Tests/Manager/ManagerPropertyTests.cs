using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Tests.Manager;

/// <summary>
/// Random days of a manager with three workers that break off, restart and die, a disk that fills up, people who cancel and retry, and
/// restarts of the manager itself. At the end of every day every task has ended.
/// </summary>
public sealed class ManagerPropertyTests
{
    private static readonly ManagerOptions Options = new()
    {
        ManagerId = "m1",
        DataDirectory = "/nowhere",
        MaxLosses = 1000,
        Limits = new DispatchLimits { ByQueue = new Dictionary<string, int> { ["narrow"] = 2 } },
    };

    private sealed class Day : IDisposable
    {
        private readonly ManagerRig rig = new(Options);
        private readonly TestWorker?[] workers = new TestWorker?[3];
        private readonly List<Assignment>[] holding =
        [
            [],
            [],
            [],
        ];
        private readonly int[] read = new int[3];
        private readonly bool[] connected = new bool[3];
        private long incarnation = 1;

        public void Happen(int happening)
        {
            var detail = happening / 32;
            var who = detail % 3;
            switch (happening % 32)
            {
                case < 6:
                    var queue = detail % 5 == 0 ? "narrow" : "default";
                    rig.Core.Submit([rig.NewTask(queue: queue, delayMs: detail % 4 == 0 ? detail % 3000 : 0, retries: 2)]);
                    break;
                case < 11:
                    rig.Commit(1 + (detail % 4));
                    break;
                case 11:
                    rig.Commit(1 + (detail % 4), ManagerRig.DiskFull);
                    break;
                case < 18:
                    Read(who);
                    Finish(who, detail);
                    break;
                case 18 or 19 when workers[who] is not null:
                    rig.Core.OnClosed(workers[who]!.Incarnation, workers[who]!.Session, null);
                    Read(who);
                    connected[who] = false;
                    break;
                case 20 or 21 when workers[who] is not null && !connected[who]:
                    Connect(who, workers[who]!);
                    break;
                case 22 or 23 when detail % 2 == 0:
                    Restart(who);
                    break;
                case 24 when detail % 2 == 0 && workers[who] is { } dead:
                    rig.Core.OnDeathReported(new WorkerRef("w" + who, dead.Info.Incarnation), "killed");
                    (workers[who], connected[who]) = (null, false);
                    break;
                case 25 when rig.Store.Tasks.Count > 0:
                    var any = new TaskId(rig.Store.Tasks.Keys.ElementAt(detail % rig.Store.Tasks.Count));
                    _ = detail % 3 == 0 ? (StoreOperation)rig.Core.Retry(any) : rig.Core.Cancel(any, "", "anna", detail % 2 == 0);
                    break;
                case 26 when detail % 4 == 0:
                    rig.Restart();
                    connected.AsSpan().Clear();
                    break;
                case 27 when detail % 8 == 0:
                    Pass(TimeSpan.FromMinutes(detail % 8));
                    break;
                case 28 when connected[who]:
                    Read(who);
                    rig.Core.OnHandBack(
                        workers[who]!.Incarnation,
                        new HandBack { Attempts = { holding[who].Take(2).Select(TestWorker.Name) } }
                    );
                    holding[who].RemoveRange(0, Math.Min(2, holding[who].Count));
                    break;
                default:
                    Pass(TimeSpan.FromMilliseconds(detail % 2000));
                    break;
            }

            rig.RunLoop();
        }

        private void Pass(TimeSpan time)
        {
            rig.Clock.Advance(time);
            for (var i = 0; i < 3; i++)
            {
                if (connected[i])
                {
                    rig.Core.OnHeard(workers[i]!.Incarnation);
                }
            }

            rig.Core.Tick();
        }

        private void Restart(int who)
        {
            holding[who].Clear();
            Connect(who, new TestWorker(rig, "w" + who, incarnation++, identity: "mark" + who));
        }

        private void Connect(int who, TestWorker worker)
        {
            connected[who] = worker.Open([.. holding[who]]) is null;
            (workers[who], read[who]) = (worker, 0);
        }

        // What was sent arrives; what was not read when the connection broke never does.
        private void Read(int who)
        {
            if (!connected[who])
            {
                return;
            }

            foreach (var message in workers[who]!.Session.Sent.Skip(read[who]))
            {
                holding[who].RemoveAll(h => message.Registered?.Superseded.Contains(TestWorker.Name(h)) == true);
                holding[who].RemoveAll(h => message.Cancel?.Attempts.Contains(TestWorker.Name(h)) == true);
                holding[who].AddRange(message.Assignments?.Assignments_ ?? []);
            }

            read[who] = workers[who]!.Session.Sent.Count;
            connected[who] &= !workers[who]!.Session.IsClosed;
        }

        private void Finish(int who, int detail)
        {
            if (connected[who] && holding[who].Count > 0)
            {
                var task = holding[who][detail % holding[who].Count];
                holding[who].Remove(task);
                workers[who]!.Finish(task, ok: detail % 4 != 0, settle: false);
            }
        }

        public void End()
        {
            for (var round = 0; round < 400; round++)
            {
                for (var who = 0; who < 3; who++)
                {
                    Read(who);
                    if (!connected[who])
                    {
                        Restart(who);
                    }

                    while (connected[who] && holding[who].Count > 0)
                    {
                        Finish(who, 1);
                    }
                }

                rig.Settle();
                Pass(TimeSpan.FromSeconds(2));
                rig.Settle();
                if (rig.Store.Tasks.Values.All(t => Transitions.HasEnded(t.State)))
                {
                    rig.CheckCounts();
                    return;
                }
            }

            Assert.Fail("Some task never ends: " + string.Join("; ", rig.Store.Tasks.Values.Where(t => !Transitions.HasEnded(t.State))));
        }

        public void Check()
        {
            var narrow = rig.Store.Tasks.Values.Count(t => Transitions.IsHeld(t.State) && t.Queue == "narrow");

            // An outcome that has arrived frees its place, though it is not stored yet.
            var done = rig.Store.Tasks.Values.Count(t =>
                Transitions.IsHeld(t.State) && t.Queue == "narrow" && !holding.Any(h => h.Any(a => a.Task == t.Number))
            );
            Assert.True(narrow - done <= 2, $"{narrow} of the narrow queue are held");
        }

        public void Dispose() => rig.Dispose();
    }

    [Fact]
    public void EveryTaskEndsWhateverHappens() =>
        Prop.ForAll<int[]>(happenings =>
            {
                using var day = new Day();
                foreach (var happening in happenings)
                {
                    day.Happen((int)(unchecked((uint)happening * 2_654_435_761u) >> 8));
                    day.Check();
                }

                day.End();
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(250));
}
