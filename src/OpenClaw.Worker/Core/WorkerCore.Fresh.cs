using OpenClaw.Abi.Processes;
using OpenClaw.Core.Settings;
using OpenClaw.Worker.Plugins;
using OpenClaw.Worker.Runners;

namespace OpenClaw.Worker.Core;

// A fresh process for a task: a runner that has done its work leaves, and its slot goes on with another without waiting for its end.
internal sealed partial class WorkerCore
{
    /// <summary>Runners that have done their work and were told so, and when they are taken for hung.</summary>
    private readonly List<(IRunner Runner, TimeSpan KillAt)> leaving = [];

    private TaskIsolation IsolationOf(TaskHandler handler) => handler.Manifest.Isolation ?? options.Isolation;

    private int RecycleAfter(TaskHandler handler) => IsolationOf(handler) == TaskIsolation.Task ? 1 : options.RecycleAfter;

    /// <summary>A program that is run once is a process of its own whatever its runner did before; the others need a runner that has done nothing.</summary>
    private bool NeedsFresh(TaskHandler handler) => handler.Form != HandlerForm.Executable && IsolationOf(handler) == TaskIsolation.Task;

    /// <summary>An idle slot whose runner has run nothing. Where there is none, one is made of an idle one: it takes the attempt when it is ready.</summary>
    private Slot? FreshSlot()
    {
        Slot? used = null;
        var comes = false;
        foreach (var slot in slots)
        {
            if (slot.IsIdle && slot.Serving is null)
            {
                if (slot.TasksRun == 0)
                {
                    return slot;
                }

                used ??= slot;
            }

            comes |= slot.Runner is not null && !slot.Ready && slot.InRunner.Count == 0;
        }

        if (used is not null && !comes)
        {
            Replace(used);
        }

        return null;
    }

    /// <summary>Sends an idle runner of ours away and gives its slot another at once.</summary>
    private void Replace(Slot slot)
    {
        slot.Runner!.Close();
        leaving.Add((slot.Runner, Elapsed + options.KillGrace));
        slot.Clear();
        if (!Stopping)
        {
            StartRunner(slot);
        }
    }

    private void Left(IRunner runner) => leaving.RemoveAll(l => ReferenceEquals(l.Runner, runner));

    // It ends by itself in a moment. Should a script have left something in it that does not end, it is killed, and again until it is gone.
    private void KillLeaving(TimeSpan now)
    {
        foreach (var (runner, at) in leaving)
        {
            if (at <= now)
            {
                runner.Signal(Signals.Kill);
            }
        }
    }
}
