using System.Reflection;
using OpenClaw.Core.Settings;

namespace OpenClaw.Tests.Settings;

public sealed class SchemaTests
{
    [Fact]
    public void Every_declared_row_is_in_the_schema()
    {
        var declared = typeof(SettingsSchema)
            .Assembly.GetTypes()
            .SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Static))
            .Where(p => typeof(SettingKey).IsAssignableFrom(p.PropertyType))
            .Select(p => ((SettingKey)p.GetValue(null)!).Path)
            .Order(StringComparer.Ordinal);
        Assert.Equal(declared, SettingsSchema.All.Select(k => k.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_two_keys_share_a_path_a_variable_or_a_flag()
    {
        var keys = SettingsSchema.All;
        AssertDistinct(keys.SelectMany(k => k.Aliases.Prepend(k.Path)));
        AssertDistinct(keys.SelectMany(k => k.Variables).Concat(SettingsSchema.OtherVariables));
        AssertDistinct(keys.SelectMany(k => k.Flags));
    }

    [Fact]
    public void No_key_is_a_section_too() => Assert.DoesNotContain(SettingsSchema.All, k => SettingsSchema.IsSection(k.Path));

    [Fact]
    public void Defaults_and_bounds_are_readable_and_agree()
    {
        foreach (var key in SettingsSchema.All)
        {
            foreach (var text in new[] { key.Default, key.Min, key.Max }.OfType<string>())
            {
                var value = key.Read(new SettingScalar(SourcePosition.Default, ScalarKind.Text, text), out var problem);
                Assert.True(value is not null, $"{key.Path}: '{text}' {problem}");
            }
            Assert.Matches("^[a-z][a-z_.]*$", key.Path);
            Assert.EndsWith(".", key.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Defaults_are_those_of_the_contract()
    {
        var s = OpenClawSettings.Defaults;
        Assert.Equal([new HostPort("127.0.0.1", 9090)], s.Cluster.ManagerAddress);
        Assert.Equal(TimeSpan.FromSeconds(10), s.Cluster.HeartbeatInterval);
        Assert.Equal(TimeSpan.FromSeconds(60), s.Cluster.AckTimeout);
        Assert.Equal(TimeSpan.FromMinutes(6), s.Cluster.TaskReassignAfter);
        Assert.Equal(TimeSpan.FromSeconds(320), s.Cluster.LeaseStop);
        Assert.Equal(0, s.Cluster.MaxReconnectAttempts);
        Assert.Equal(OnLinkLoss.Stop, s.Cluster.OnLinkLoss);
        Assert.Equal(new HostPort("127.0.0.1", 9080), s.Manager.Web);
        Assert.Equal("local", s.Manager.ClusterName);
        Assert.Equal(1_000_000, s.Queue.Capacity);
        Assert.Equal(3, s.Task.MaxRetries);
        Assert.Equal(5, s.Task.MaxLosses);
        Assert.Equal(TaskIsolation.Pool, s.Task.Isolation);
        Assert.Equal("/etc/claw/plugins", s.Task.PluginDir);
        Assert.Null(s.Task.MaxMemoryBytes);
        Assert.Equal(TimeSpan.FromSeconds(300), s.Task.Timeout);
        Assert.Equal(9091, s.Worker.HealthPort);
        Assert.Equal(TimeSpan.FromSeconds(30), s.Worker.ShutdownGrace);
        Assert.Equal(Environment.ProcessorCount, s.Worker.Slots);
        Assert.Null(s.Worker.MaxMemoryBytes);
    }

    private static void AssertDistinct(IEnumerable<string> names)
    {
        var twice = names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);
        Assert.Empty(twice);
    }
}
