using OpenClaw.Manager.Dispatch;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

/// <summary>Assignments on their way out, as few messages for each worker as the limit of a message allows.</summary>
internal sealed class AssignmentBatch
{
    /// <summary>A message may have 4 MiB; the largest payload has one.</summary>
    private const int MostBytes = 2 << 20;

    // Number and length of the field that an assignment is in the message.
    private const int FieldBytes = 10;

    private readonly List<(WorkerSeat Seat, Assignments Message)> bySeat = [];
    private readonly Dictionary<WorkerSeat, (Assignments Message, int Bytes)> open = [];

    public IReadOnlyList<(WorkerSeat Seat, Assignments Message)> BySeat => bySeat;

    public void Add(WorkerSeat seat, Assignment assignment)
    {
        var size = assignment.CalculateSize() + FieldBytes;
        if (!open.TryGetValue(seat, out var last) || last.Bytes + size > MostBytes)
        {
            last = (new Assignments(), 0);
            bySeat.Add((seat, last.Message));
        }

        last.Message.Assignments_.Add(assignment);
        open[seat] = (last.Message, last.Bytes + size);
    }
}
