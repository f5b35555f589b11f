using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager;
using OpenClaw.Rpc.Api;
using OpenClaw.Store;
using OpenClaw.V1;
using TaskState = OpenClaw.Core.Tasks.TaskState;

namespace OpenClaw.Tests.Manager;

/// <summary>What operators order of workers (docs/operations.md), and settings that change while a manager runs.</summary>
public sealed class OperatorTests : IDisposable
{
    private readonly ManagerRig rig = new();

    public void Dispose() => rig.Dispose();

    private TestWorker Connected(string id = "w1", long incarnation = 1, int slots = 2, bool restartable = true)
    {
        var worker = new TestWorker(rig, id, incarnation, slots, "mark of " + id);
        worker.Info.Restartable = restartable;
        worker.Info.AnswersRestart = true;
        Assert.Null(worker.Connect());
        return worker;
    }

    private void Drain(string worker, bool drained = true, string reason = "")
    {
        Assert.True(rig.Core.Drain([worker], drained, reason, "anna").IsOk);
        rig.Settle();
    }

    [Fact]
    public void A_drained_worker_finishes_what_it_runs_and_gets_nothing_more()
    {
        var worker = Connected(slots: 1);
        var (first, second) = (rig.Submit(), rig.Submit());
        var task = Assert.Single(worker.Session.Assigned);
        Drain("w1", reason: "a new disk");

        // What it has not begun it is asked to give back; what it runs it keeps.
        Assert.Equal([task.Task], worker.Session.Recalled.Select(r => r.Task));
        var status = rig.Status("w1");
        Assert.Equal(("draining", "anna", "a new disk", 1), (status.State, status.Drain.By, status.Drain.Reason, status.Held));
        Assert.True(rig.Core.Status().Healthy, "whoever drains a worker knows that he did");
        worker.Finish(task);
        rig.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((TaskState.Succeeded, TaskState.Pending), (rig.State(first), rig.State(second)));
        Assert.Single(worker.Session.Assigned);

        Drain("w1", drained: false);
        Assert.Equal("healthy", rig.Status("w1").State);
        Assert.Null(rig.Status("w1").Drain);
        Assert.Equal(second, worker.Session.Assigned.Last().Task);
        rig.CheckCounts();
    }

    [Fact]
    public void A_drain_outlasts_the_restarts_of_both_sides()
    {
        var worker = Connected();
        Drain("w1");
        var since = rig.Status("w1").Drain.SinceMs;
        worker.Lose();
        Assert.Equal("UNREACHABLE", rig.Status("w1").State);
        Assert.NotNull(rig.Status("w1").Drain);
        var next = Connected(incarnation: 2);
        Assert.Equal("draining", rig.Status("w1").State);
        rig.Submit();
        Assert.Empty(next.Session.Assigned);

        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        rig.Restart();
        next = Connected(incarnation: 3);
        Assert.Equal(("draining", since), (rig.Status("w1").State, rig.Status("w1").Drain.SinceMs));
        Assert.Empty(next.Session.Assigned);
        Drain("w1", drained: false);
        Assert.Single(next.Session.Assigned);
        rig.Restart();
        Connected(incarnation: 4);
        Assert.Equal("healthy", rig.Status("w1").State);
    }

    [Fact]
    public void A_worker_that_is_away_can_be_drained_and_is_when_it_comes_back()
    {
        var worker = Connected();
        worker.Lose();
        Drain("w1");
        Assert.Equal("UNREACHABLE", rig.Status("w1").State);
        Assert.Null(worker.Connect());
        Assert.Equal("draining", rig.Status("w1").State);
    }

    [Fact]
    public void A_drained_worker_that_is_empty_and_breaks_off_has_not_stopped()
    {
        var worker = Connected();
        Drain("w1");
        worker.Lose();
        Assert.Equal("UNREACHABLE", rig.Status("w1").State);
        Assert.Null(worker.Connect());
        worker.SayGoodbye();
        Assert.Equal("stopped", rig.Status("w1").State);
    }

    [Fact]
    public void A_claim_that_was_under_way_at_the_drain_still_reaches_its_worker()
    {
        var worker = Connected(slots: 1);
        var first = rig.Submit();
        var second = rig.Submit();
        worker.Finish(Assert.Single(worker.Session.Assigned), settle: false);
        rig.RunLoop();
        rig.Commit(most: 1);
        // The claim for the second is posted; the drain comes behind it and is taken back again at once.
        rig.Core.Drain(["w1"], true, "", "anna");
        rig.Core.Drain(["w1"], false, "", "anna");
        rig.Settle();
        Assert.Equal([first, second], worker.Session.Assigned.Select(a => a.Task));
        rig.CheckCounts();
    }

    [Fact]
    public void A_worker_is_closed_to_work_from_the_moment_that_somebody_drains_it()
    {
        var worker = Connected(slots: 1);
        Assert.True(rig.Core.Drain(["w1"], true, "", "anna").IsOk);

        // Behind the drain, and stored with it: it waits for another worker.
        var late = rig.Core.Submit([rig.NewTask()]);
        rig.RunLoop();
        rig.Settle();
        Assert.Empty(worker.Session.Assigned);
        Assert.Equal(TaskState.Pending, rig.State(late.Numbers[0]));
        Drain("w1", drained: false);
        Assert.Single(worker.Session.Assigned);

        // What the store refuses is undone.
        Assert.True(rig.Core.Drain(["w1"], true, "", "anna").IsOk);
        rig.Commit(failure: ManagerRig.DiskFull);
        rig.Settle();
        worker.Finish(worker.Session.Assigned.Single());
        rig.Submit();
        Assert.Equal(2, worker.Session.Assigned.Count());
        rig.CheckCounts();
    }

    [Fact]
    public void What_is_on_its_way_to_a_worker_when_it_is_drained_counts_as_held_and_is_asked_back()
    {
        var worker = Connected(slots: 1);
        var under = rig.Core.Submit([rig.NewTask()]);
        Assert.True(rig.Core.Drain(["w1"], true, "", "anna").IsOk);
        Assert.Equal(1, rig.Status("w1").Held);
        rig.Commit(most: 1);
        Assert.Equal(under.Numbers, worker.Session.Assigned.Select(a => a.Task));
        Assert.Equal(under.Numbers, worker.Session.Recalled.Select(a => a.Task));
        rig.Settle();
        worker.HandBack(worker.Session.Assigned.Single());
        Assert.Equal(("draining", 0), (rig.Status("w1").State, rig.Status("w1").Held));
        rig.CheckCounts();
    }

    [Fact]
    public void A_task_of_a_worker_out_of_reach_is_cancelled_without_force_and_one_of_a_worker_in_reach_is_not()
    {
        var worker = Connected(slots: 1);
        var number = rig.Submit();
        var refused = rig.Core.Cancel(new TaskId(number), "", "anna", force: false);
        rig.Settle();
        Assert.Equal("clw-task-wrong-state", refused.Refused?.Code);
        worker.Lose();
        var task = Assert.Single(worker.Session.Assigned);
        var cancel = rig.Core.Cancel(new TaskId(number), "away for 20 minutes", "anna", force: false);
        rig.Settle();
        Assert.Null(cancel.Refused);
        Assert.Equal(TaskState.Cancelled, rig.State(number));

        // It is back and has done it: nothing of that is lost.
        Assert.Null(worker.Connect(task));
        worker.Finish(task);
        Assert.Equal(TaskState.Cancelled, rig.State(number));
        Assert.NotNull(rig.Task(number).LateResult);
        rig.CheckCounts();
    }

    [Fact]
    public void A_flapping_worker_that_is_given_back_still_waits_for_its_time()
    {
        var worker = Connected();
        for (var i = 0; i <= rig.Options.FlapDrops; i++)
        {
            worker.Lose();
            Assert.Null(worker.Connect());
        }

        Assert.Equal("flapping", rig.Status("w1").State);
        Drain("w1");
        Assert.Equal("draining", rig.Status("w1").State);
        Drain("w1", drained: false);
        Assert.Equal("flapping", rig.Status("w1").State);
        Drain("w1");
        worker.Beat();
        rig.Advance(rig.Options.FlapHold / 2);
        worker.Beat();
        rig.Advance(rig.Options.FlapHold / 2);
        worker.Beat();
        Drain("w1", drained: false);
        Assert.Equal("healthy", rig.Status("w1").State);
        rig.Submit();
        Assert.Single(worker.Session.Assigned);
    }

    /// <summary>A message has 4 MiB; so large a cluster is one deployment, or one and the next.</summary>
    [Fact]
    public void The_status_of_five_thousand_workers_fits_into_a_message()
    {
        using var large = new ManagerRig(rig.Options with { MaxWorkers = 5_000 });
        for (var i = 0; i < 5_000; i++)
        {
            var worker = new TestWorker(large, $"worker-{i:0000}", identity: $"{i}");
            worker.Info.Types_.Clear();
            for (var t = 0; t < 40; t++)
            {
                var version = new string(i % 2 == 0 ? 'a' : 'b', 64);
                worker.Info.Types_.Add(
                    new TaskType
                    {
                        Name = $"type-of-tasks-{t}",
                        Kind = "lua",
                        Version = version,
                    }
                );
            }

            Assert.Null(worker.Open());
        }

        large.Settle();
        var status = large.Core.Status();
        Assert.Equal(5_000, status.Workers.Count);
        Assert.InRange(status.CalculateSize(), 1, 2 << 20);
        Assert.Equal(2, status.TypeSets.Count);
        Assert.All(status.Workers, w => Assert.Equal(40, status.TypesOf(w).Count));
        Assert.Equal(["a", "b"], status.Workers.Take(2).Select(w => status.TypesOf(w)[7].Version[..1]));

        // One of them serves something else from now on.
        var changed = new TestWorker(large, "worker-0000", identity: "0");
        Assert.Null(changed.Connect());
        large.Core.OnTypesChanged(changed.Incarnation, new TypesChanged { Types_ = { new TaskType { Name = "other" } } });
        status = large.Core.Status(["worker-0000", "worker-0001"]);
        Assert.Equal(["other"], status.TypesOf(status.Workers[0]).Select(t => t.Name));
        Assert.Equal(40, status.TypesOf(status.Workers[1]).Count);
        var drained = large.Core.Drained(["worker-0001"]);
        Assert.Equal(40, drained.TypesOf(Assert.Single(drained.Workers)).Count);
    }

    [Fact]
    public void A_name_that_no_worker_has_changes_nothing_and_names_the_nearest()
    {
        Connected("worker-01");
        var refused = rig.Core.Drain(["worker-01", "worker-O1"], true, "", "anna");
        Assert.Equal("clw-worker-unknown", refused.Failure!.Code);
        Assert.Contains("did you mean worker-01?", refused.Failure.Message, StringComparison.Ordinal);
        rig.Settle();
        Assert.Equal("healthy", rig.Status("worker-01").State);
        Assert.Equal("clw-worker-unknown", rig.Core.Restart("worker-7", 1).Failure!.Code);
    }

    [Fact]
    public void Who_waits_for_a_type_learns_that_its_worker_is_drained()
    {
        Connected();
        Drain("w1");
        rig.Submit();
        var unserved = Assert.Single(rig.Core.Status().Unserved);
        Assert.Contains("w1 serves it and is drained", Assert.Single(unserved.Refused), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_is_told_to_the_incarnation_that_is_meant_and_to_no_later_one()
    {
        var worker = Connected();
        Assert.True(rig.Core.Restart("w1", 1).Value);
        Assert.Single(worker.Session.Sent, m => m.Restart is not null);

        // The call was repeated because its answer was lost: the worker that came back is left alone.
        worker.SayGoodbye();
        var next = Connected(incarnation: 2);
        Assert.False(rig.Core.Restart("w1", 1).Value);
        Assert.DoesNotContain(next.Session.Sent, m => m.Restart is not null);
    }

    [Fact]
    public void A_worker_that_could_not_start_again_stays_and_who_asked_is_told()
    {
        var worker = Connected();
        var answers = new List<Failure?>();
        Assert.True(rig.Core.Restart("w1", 1, answers.Add).Value);
        var number = Assert.Single(worker.Session.Sent, m => m.Restart is not null).Restart.Number;
        Assert.Empty(answers);
        rig.Core.OnRestartAnswer(
            worker.Incarnation,
            new RestartAnswer
            {
                Number = number,
                Code = "clw-config-invalid",
                Message = "/w.yaml:3:5: task.timeout: unknown key",
            }
        );
        var refusal = Assert.Single(answers)!;
        Assert.Equal("clw-config-invalid", refusal.Code);
        Assert.Contains("w1 stays at work", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("/w.yaml:3:5:", refusal.Message, StringComparison.Ordinal);

        // Stopped by somebody later: that is deliberate.
        worker.SayGoodbye();
        rig.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("stopped", rig.Status("w1").State);
        Assert.Single(answers);
    }

    [Fact]
    public void A_worker_that_went_in_order_to_come_back_is_missed()
    {
        var worker = Connected();
        var answers = new List<Failure?>();
        Assert.True(rig.Core.Restart("w1", 1, answers.Add).Value);
        worker.SayGoodbye();
        Assert.Null(Assert.Single(answers));
        Assert.True(rig.Core.Status().Healthy);
        rig.Advance(TimeSpan.FromSeconds(31));
        Assert.False(rig.Core.Status().Healthy);
        Assert.Equal("UNREACHABLE", rig.Status("w1").State);
        Assert.Contains("has not come back within 30 seconds", rig.Status("w1").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_that_failed_is_named_with_its_reason_and_a_worker_that_is_here_is_left_alone()
    {
        var worker = Connected();
        var why = new Failure(Catalogue.ConfigInvalid, "/w.yaml:3:5: task.timeout: unknown key");
        Assert.Equal(0, rig.Core.OnDeathReported(new WorkerRef("w1", 2), "exit code 6", why));
        Assert.Equal("healthy", rig.Status("w1").State);
        worker.SayGoodbye();
        Assert.Equal(0, rig.Core.OnDeathReported(new WorkerRef("w1", 2), "exit code 6", why));
        Assert.False(rig.Core.Status().Healthy);
        Assert.Contains(
            "clw-config-invalid: it does not start (exit code 6): /w.yaml:3:5:",
            rig.Status("w1").Problem,
            StringComparison.Ordinal
        );
        Assert.Null(Connected(incarnation: 3).Session.ClosedFor);
        Assert.True(rig.Core.Status().Healthy);
    }

    [Fact]
    public void Who_was_turned_away_is_shown_until_it_comes_in_or_an_hour_has_passed()
    {
        Connected();
        var why = new Failure(Catalogue.RegistrationFailed, "Registration rejected: worker ID 'w1' already exists in cluster");
        rig.Core.OnRefused("w1", "other", "10.0.0.9:4000", why);
        rig.Advance(TimeSpan.FromSeconds(5));
        rig.Core.OnRefused("w1", "other", "10.0.0.9:4001", why);
        rig.Core.OnRefused("w2", "third", "10.0.0.8:1", new Failure(Catalogue.ManagerStopping, "it comes back by itself"));
        var status = rig.Core.Status();
        var refused = Assert.Single(status.Refused);
        Assert.Equal(("w1", "10.0.0.9", "clw-registration-failed", 2), (refused.Worker, refused.Address, refused.Code, refused.Times));
        Assert.True(status.Healthy);

        // The one that has the name comes back: that is another worker.
        Connected(incarnation: 2);
        Assert.Single(rig.Core.Status().Refused);
        for (var i = 0; i < 30; i++)
        {
            rig.Core.OnRefused($"x{i}", "m", "10.0.0.9:1", why);
        }

        Assert.Equal(20, rig.Core.Status().Refused.Count);
        rig.Core.OnRefused("w3", "mark of w3", "10.0.0.9:1", why);
        Connected("w3");
        Assert.DoesNotContain(rig.Core.Status().Refused, r => r.Worker == "w3");
        rig.Clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Empty(rig.Core.Status().Refused);
    }

    [Fact]
    public void Who_cannot_be_restarted_is_refused_with_the_reason()
    {
        var worker = Connected(restartable: false);
        Assert.Equal("clw-worker-unsupervised", rig.Core.Restart("w1", 1).Failure!.Code);
        worker.Lose();
        Assert.Equal("clw-worker-unreachable", rig.Core.Restart("w1", 1).Failure!.Code);
    }

    [Fact]
    public void A_restart_in_good_order_blames_no_task()
    {
        var worker = Connected(slots: 1);
        var number = rig.Submit();
        var task = Assert.Single(worker.Session.Assigned);
        Assert.True(rig.Core.Restart("w1", 1).Value);
        rig.Core.OnDraining(worker.Incarnation);
        worker.HandBack(task);
        worker.SayGoodbye();
        var next = Connected(incarnation: 2, slots: 1);
        var again = Assert.Single(next.Session.Assigned);
        Assert.Equal((number, 2), (again.Task, again.Attempt));
        Assert.Equal((0, 0), (rig.Task(number).Retries, rig.Task(number).Losses));
    }

    [Fact]
    public void Limits_change_while_it_runs_and_nothing_else_does()
    {
        Connected("w1");
        rig.Core.Reconfigure(rig.Options with { MaxWorkers = 1, QueueCapacity = 1, TaskReassignAfter = TimeSpan.FromSeconds(1) });
        Assert.Equal("clw-registration-failed", new TestWorker(rig, "w2", identity: "other").Connect()!.Code);
        Assert.Equal(1, rig.Core.Status().QueueCapacity);
        rig.Core.Reconfigure(rig.Options);
        Assert.Null(new TestWorker(rig, "w2", identity: "other").Connect());

        // A lease that workers count with is none of it.
        Assert.All(rig.Store.Leases.Values, l => Assert.Equal((long)rig.Options.TaskReassignAfter.TotalMilliseconds, l.Length));
    }

    [Fact]
    public void A_retention_that_was_shortened_counts_at_once()
    {
        var worker = Connected();
        var number = rig.Submit();
        worker.Finish(Assert.Single(worker.Session.Assigned));
        rig.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains(number, rig.Store.Tasks.Keys);
        rig.Core.Reconfigure(rig.Options with { Retention = TimeSpan.FromSeconds(1) });
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(number, rig.Store.Tasks.Keys);
    }

    [Fact]
    public void A_shorter_lease_setting_takes_nothing_from_a_worker_that_was_promised_more()
    {
        var worker = Connected();
        var number = rig.Submit();
        var task = Assert.Single(worker.Session.Assigned);
        var promised = rig.Options.TaskReassignAfter;
        worker.Lose();
        rig.Restart(rig.Options with { TaskReassignAfter = promised / 10, LeaseStop = promised / 20 });
        rig.Advance(promised / 2);
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((TaskState.Assigned, 1), (rig.State(number), rig.Task(number).Attempt));
        Assert.Null(worker.Connect(task));
        Assert.Empty(worker.Session.Registered!.Superseded);
    }
}
