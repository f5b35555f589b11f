using OpenClaw.Core.Errors;
using OpenClaw.Manager.Core;
using OpenClaw.Simulation.World;
using OpenClaw.V1;

namespace OpenClaw.Simulation.Cluster;

/// <summary>The manager's end of a worker's connection; does what the stream of the real one does.</summary>
internal sealed class ManagerSession(ManagerProcess manager, Wire wire) : IWorkerSession
{
    private Incarnation? incarnation;
    private bool closed;

    public string Peer { get; } = $"10.0.0.{wire.Worker.Number + 1}:40000";

    public ManagerProcess Manager => manager;

    public void Send(ManagerMessage message)
    {
        if (!closed)
        {
            if (manager.World.Options.Plant == Plant.LongKillGrace && message.Registered is { } registered)
            {
                registered.LeaseMs = 0;
            }

            wire.ToWorker.Send(message);
        }
    }

    public void Close(Failure? reason)
    {
        if (closed)
        {
            return;
        }

        closed = true;
        wire.ToWorker.Send(new Closing(reason));
        if (incarnation is { } of)
        {
            manager.Later(core => core.OnClosed(of, this, reason));
        }
    }

    /// <summary>What the worker sent, in the manager's loop.</summary>
    public void Receive(ManagerCore core, object message)
    {
        if (closed)
        {
            return;
        }

        switch (message)
        {
            case Closing closing:
                closed = true;
                if (incarnation is { } of)
                {
                    core.OnClosed(of, this, closing.Reason);
                }

                break;
            case WorkerMessage heard:
                wire.Worker.HeardAt = manager.World.Now;
                Handle(core, heard);
                break;
            default:
                throw new InvalidOperationException($"{message} is nothing that a worker sends.");
        }
    }

    private void Handle(ManagerCore core, WorkerMessage message)
    {
        if (incarnation is not { } from)
        {
            Open(core, message);
            return;
        }

        core.OnHeard(from);
        switch (message.MessageCase)
        {
            case WorkerMessage.MessageOneofCase.Outcomes:
                core.OnOutcomes(from, message.Outcomes);
                break;
            case WorkerMessage.MessageOneofCase.Started:
                core.OnStarted(from, message.Started);
                break;
            case WorkerMessage.MessageOneofCase.Heartbeat:
                core.OnHeartbeat(from, message.Heartbeat);
                break;
            case WorkerMessage.MessageOneofCase.HandBack:
                core.OnHandBack(from, message.HandBack);
                break;
            case WorkerMessage.MessageOneofCase.Draining:
                core.OnDraining(from);
                break;
            case WorkerMessage.MessageOneofCase.Progress:
                core.OnProgress(from, message.Progress);
                break;
            case WorkerMessage.MessageOneofCase.Logs:
                core.OnTaskLines(message.Logs);
                break;
            default:
                throw new InvalidOperationException($"{message.MessageCase} is not expected here.");
        }
    }

    private void Open(ManagerCore core, WorkerMessage message)
    {
        if (message.MessageCase == WorkerMessage.MessageOneofCase.EarlierOutcomes)
        {
            core.OnEarlierOutcomes(this, message.EarlierOutcomes);
            return;
        }

        if (core.Register(this, message.Register, out incarnation) is { } refusal)
        {
            Close(refusal);
        }
    }
}
