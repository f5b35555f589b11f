using Google.Protobuf.Collections;
using OpenClaw.V1;

namespace OpenClaw.Manager.Core;

/// <summary>
/// The sets of types of one answer, each said once: with the types of every worker the status of a few thousand workers would be larger
/// than a message may be.
/// </summary>
/// <param name="said">Of the answer.</param>
internal sealed class TypeSets(RepeatedField<WorkerTypes> said)
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    /// <summary>The place of the worker's set, counted from 1.</summary>
    public int PlaceOf(Incarnation worker)
    {
        if (!places.TryGetValue(worker.TypesMark, out var place))
        {
            said.Add(worker.Types);
            place = said.Count;
            places[worker.TypesMark] = place;
        }

        return place;
    }
}
