using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Rpc.Api;
using OpenClaw.V1;

namespace OpenClaw.Tests.Manager;

/// <summary>Numbers that a worker may make up: what runs in the loop of the manager must not end with them.</summary>
public sealed class WireNumberTests : IDisposable
{
    private const long Huge = 1L << 62;
    private readonly ManagerRig rig = new();

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData(Huge)]
    [InlineData(long.MaxValue)]
    [InlineData(3_600_001L)]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(long.MinValue)]
    public void AnIntervalOfHeartbeatsOutOfAllReasonIsRefused(long milliseconds)
    {
        var worker = new TestWorker(rig) { Info = { HeartbeatIntervalMs = milliseconds } };
        Assert.Equal(Catalogue.RegistrationFailed, worker.Connect()!.Entry);
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(3_600_000L)]
    public void TheWidestIntervalsAreTaken(long milliseconds)
    {
        var worker = new TestWorker(rig) { Info = { HeartbeatIntervalMs = milliseconds } };
        Assert.Null(worker.Connect());
        rig.Core.Tick();
        worker.Lose();
        Assert.Equal("UNREACHABLE", rig.Status("w1").State);
    }

    [Theory]
    [InlineData(Huge)]
    [InlineData(-1L)]
    public void ATimeUntilOthersTakeOverOutOfAllReasonIsRefused(long milliseconds)
    {
        var type = new TaskType { Name = "hasty", ReassignAfterMs = milliseconds };
        var refused = new TestWorker(rig, "w2", identity: "other");
        refused.Info.Types_.Add(type);
        Assert.Equal(Catalogue.RegistrationFailed, refused.Connect()!.Entry);

        var worker = new TestWorker(rig);
        Assert.Null(worker.Connect());
        rig.Core.OnTypesChanged(worker.Incarnation, new TypesChanged { Types_ = { type } });
        Assert.Equal(Catalogue.Protocol, worker.Session.ClosedFor!.Entry);
    }

    [Fact]
    public void TheLongestTimeUntilOthersTakeOverIsLookedAtWithoutHarm()
    {
        var worker = new TestWorker(rig);
        worker.Info.Types_.Add(new TaskType { Name = "hasty", ReassignAfterMs = (long)TaskLimits.MaxSpan.TotalMilliseconds });
        Assert.Null(worker.Connect());
        var number = rig.Submit("hasty");
        worker.Lose();
        rig.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(OpenClaw.Core.Tasks.TaskState.Assigned, rig.State(number));
    }

    // The worst that a message can say, and after it everything that time brings.
    [Fact]
    public void WhateverNumbersAWorkerSendsTheLoopGoesOn()
    {
        var worker = new TestWorker(rig) { Info = { Pid = int.MinValue, HealthPort = int.MinValue } };
        Assert.Null(worker.Connect());
        var retried = rig.Submit();
        var task = Assert.Single(worker.Session.Assigned);
        rig.Core.OnStarted(
            worker.Incarnation,
            new Started
            {
                Started_ =
                {
                    new StartedAttempt
                    {
                        Task = task.Task,
                        Attempt = task.Attempt,
                        StartedAtMs = long.MaxValue,
                    },
                },
            }
        );
        rig.Core.OnHeartbeat(
            worker.Incarnation,
            new Heartbeat
            {
                Sequence = long.MinValue,
                Outbox = int.MinValue,
                UptimeMs = long.MinValue,
                CpuSeconds = double.NaN,
                MemoryBytes = long.MinValue,
                RunnerStarts = long.MaxValue,
            }
        );
        var outcome = TestWorker.Outcome(task, ok: false);
        outcome.Failure.Code = "clw-worker-crash";
        outcome.Failure.ExitCode = int.MinValue;
        outcome.Failure.PeakMemoryBytes = long.MinValue;
        outcome.RunMicros = long.MaxValue;
        outcome.StartedAtMs = long.MinValue;
        rig.Core.OnOutcomes(worker.Incarnation, new Outcomes { Outcomes_ = { outcome } });
        rig.Core.OnHandBack(
            worker.Incarnation,
            new HandBack
            {
                Attempts =
                {
                    new Attempt { Task = long.MinValue, Attempt_ = -1 },
                },
            }
        );
        rig.Settle();
        _ = (rig.Core.Status(), rig.Core.WorkerFigures(), rig.Core.OutboxMeasurements());
        for (var i = 0; i < 6; i++)
        {
            worker.Beat();
            rig.Advance(TimeSpan.FromSeconds(10));
        }

        worker.Lose();
        rig.Advance(rig.Options.TaskReassignAfter * 2);
        Assert.Equal(2, rig.Task(retried).Attempt);
    }

    [Fact]
    public void ATimeBeyondAllTimeIsTheLast() =>
        Assert.Equal(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), LogMessages.TimeOf(Huge).ToUnixTimeMilliseconds());
}
