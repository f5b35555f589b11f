using OpenClaw.Manager.Dispatch;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

/// <summary>Assignments on their way out, one message for each worker.</summary>
internal sealed class AssignmentBatch
{
    private readonly List<(WorkerSeat Seat, Assignments Message)> bySeat = [];

    public IReadOnlyList<(WorkerSeat Seat, Assignments Message)> BySeat => bySeat;

    public void Add(WorkerSeat seat, Assignment assignment)
    {
        foreach (var (known, message) in bySeat)
        {
            if (known == seat)
            {
                message.Assignments_.Add(assignment);
                return;
            }
        }

        var first = new Assignments();
        first.Assignments_.Add(assignment);
        bySeat.Add((seat, first));
    }
}
