using OpenClaw.Simulation.Store;
using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

/// <summary>What the simulator stands on keeps the rules of every store, and does what the plainest model does.</summary>
public sealed class MemoryTaskStoreTests : TaskStoreContract
{
    private MemoryTaskStore? kept;

    protected override Task<ITaskStore> OpenAsync(TimeProvider clock)
    {
        kept ??= new MemoryTaskStore(clock);
        kept.Reopen(clock);
        return Task.FromResult<ITaskStore>(kept);
    }

    protected override ValueTask RemoveAsync()
    {
        kept = null;
        return ValueTask.CompletedTask;
    }
}
