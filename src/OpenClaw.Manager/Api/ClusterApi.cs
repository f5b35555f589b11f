using OpenClaw.Core.Tasks;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Core;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;

namespace OpenClaw.Manager.Api;

/// <summary><c>openclaw.v1.ClusterService</c>.</summary>
internal static class ClusterApi
{
    public static RpcService Create(OwnerLoop loop, ManagerCore core, ITaskStore store) =>
        new RpcService(ClusterMethods.Service).Unary(
            ClusterMethods.Status,
            async (_, context) =>
            {
                var status = await loop.AskAsync(core.Status);
                var counts = await store.CountStatesAsync(context.Cancellation);
                for (var i = 0; i < counts.Length; i++)
                {
                    status.TasksByState[Transitions.Name((TaskState)i)] = counts[i];
                }

                var lanes = await store.CountLanesAsync(context.Cancellation);
                status.QueueDepth = lanes.Sum(l => l.Ready + l.Delayed);
                status.Delayed = lanes.Sum(l => l.Delayed);
                return status;
            }
        );
}
