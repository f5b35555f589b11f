using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

/// <summary>
/// What every engine promises. A subclass opens its engine; the rules stand in the other parts of this class by subject. A meta-test
/// holds that every engine has a subclass.
/// </summary>
public abstract partial class TaskStoreContract : IAsyncLifetime
{
    /// <summary>The clock that the store was opened with.</summary>
    protected ManualClock Clock { get; } = new();

    protected ITaskStore Store { get; private set; } = null!;

    /// <summary>Opens the store of this test: empty at first, with what was stored later.</summary>
    protected abstract Task<ITaskStore> OpenAsync(TimeProvider clock);

    /// <summary>Removes what the test stored.</summary>
    protected abstract ValueTask RemoveAsync();

    protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await OpenAsync(Clock);
    }

    public async ValueTask InitializeAsync() => Store = await OpenAsync(Clock);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }
}
