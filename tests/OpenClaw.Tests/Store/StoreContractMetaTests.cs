using OpenClaw.Store;

namespace OpenClaw.Tests.Store;

public sealed class StoreContractMetaTests
{
    [Fact]
    public void Every_engine_is_held_to_the_contract()
    {
        var engines = typeof(ITaskStore).Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(ITaskStore))).ToList();
        var suites = typeof(TaskStoreContract)
            .Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(TaskStoreContract)) && !t.IsAbstract)
            .ToList();
        Assert.NotEmpty(engines);
        foreach (var engine in engines)
        {
            Assert.Contains(suites, suite => suite.Name == engine.Name + "Tests");
        }
    }
}
