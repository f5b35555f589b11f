namespace OpenClaw.Worker.Core;

// Settings that change while the worker runs.
internal sealed partial class WorkerCore
{
    /// <summary>Counts the changes that a runner learns only when it starts.</summary>
    private int settingsNumber;

    /// <summary>
    /// Takes up what may change: limits, rights and times of tasks, and what happens when the link is lost. An attempt that runs keeps
    /// what it began with; a runner that was started under other limits takes no more tasks and is replaced.
    /// </summary>
    public void Reconfigure(WorkerOptions next)
    {
        options = options with
        {
            TaskTimeout = next.TaskTimeout,
            KillGrace = next.KillGrace,
            ContinueOnLinkLoss = next.ContinueOnLinkLoss,
            Isolation = next.Isolation,
            RecycleAfter = next.RecycleAfter,
            MaxTaskMemoryBytes = next.MaxTaskMemoryBytes,
            CoreBytes = next.CoreBytes,
            Cores = next.Cores,
            OomScore = next.OomScore,
            MaxCpu = next.MaxCpu,
            MaxProcesses = next.MaxProcesses,
            MaxTaskOpenFiles = next.MaxTaskOpenFiles,
            MaxFileSize = next.MaxFileSize,
            MaxOutput = next.MaxOutput,
            MaxCpus = next.MaxCpus,
            HostRights = next.HostRights,
        };
        settingsNumber++;
        TellTypesAgain();
        SayShorterGrace();
        foreach (var slot in slots)
        {
            if (slot.IsIdle)
            {
                Retire(slot);
            }
        }
    }
}
