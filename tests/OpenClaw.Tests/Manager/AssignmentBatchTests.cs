using Google.Protobuf;
using OpenClaw.Core.Tasks;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Dispatch;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Tests.Manager;

/// <summary>Assignments go out in messages that a worker can take.</summary>
public sealed class AssignmentBatchTests
{
    [Theory]
    [InlineData(0, 6000)]
    [InlineData(300, 5000)]
    [InlineData(1 << 20, 7)]
    public void NoMessageIsLargerThanOneMayBeWhateverTheNamesAre(int payload, int count)
    {
        var batch = new AssignmentBatch();
        var seat = new WorkerSeat(new WorkerRef("w1", 1), 1, 0);
        for (var i = 0; i < count; i++)
        {
            var name = new string('n', TaskLimits.MaxNameBytes);
            batch.Add(
                seat,
                new Assignment
                {
                    Task = long.MaxValue - i,
                    Attempt = 1,
                    Type = name,
                    Queue = name,
                    Project = name,
                    PluginVersion = name,
                    Payload = ByteString.CopyFrom(new byte[payload]),
                }
            );
        }

        Assert.Equal(count, batch.BySeat.Sum(b => b.Message.Assignments_.Count));
        Assert.All(batch.BySeat, b => Assert.InRange(new ManagerMessage { Assignments = b.Message }.CalculateSize(), 1, (2 << 20) + 100));
        Assert.True(batch.BySeat.Count <= 7);
    }
}
