using System.Text.RegularExpressions;
using OpenClaw.Abi.Files;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Deploy;

/// <summary>What stands in deploy/ speaks of settings, metrics and graces that exist.</summary>
public sealed partial class DeployFilesTests
{
    private static readonly string Root = FindRoot();

    private static IEnumerable<string> Files =>
        Directory.EnumerateFiles(Path.Combine(Root, "deploy"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    [Fact]
    public void Every_variable_is_one_of_ours()
    {
        var named = Files
            .SelectMany(f => Variable().Matches(File.ReadAllText(f)).Select(m => (File: Path.GetFileName(f), Name: m.Value)))
            .Distinct()
            .ToList();
        Assert.NotEmpty(named);
        // The image's build argument is no setting.
        var unknown = named.Where(v =>
            v.Name != "OPENCLAW_UID" && SettingsSchema.FindVariable(v.Name) is null && !SettingsSchema.OtherVariables.Contains(v.Name)
        );
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("prometheus-alerts.yaml")]
    [InlineData("prometheus-alerts.test.yaml")]
    public void Every_metric_of_an_alert_is_one_of_ours(string file)
    {
        var text = File.ReadAllText(Path.Combine(Root, "deploy", "prometheus", file));
        var names = Metric().Matches(text).Select(m => m.Value).Distinct().ToList();
        Assert.NotEmpty(names);
        // Prometheus adds these to the name of a histogram.
        var unknown = names.Where(n => MetricNames.Find(Suffix().Replace(n, "")) is null);
        Assert.Empty(unknown);
        if (file == "prometheus-alerts.yaml")
        {
            Assert.Contains("expr: openclaw_worker_status{status=\"unreachable\"} == 1", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_file_in_the_config_map_is_valid()
    {
        var text = File.ReadAllText(Path.Combine(Root, "deploy", "kubernetes", "config.yaml"));
        var begin = text.IndexOf("worker.yaml: |\n", StringComparison.Ordinal) + "worker.yaml: |\n".Length;
        var file = Path.Combine(Path.GetTempPath(), $"clw-config-{Guid.NewGuid():N}.yaml");
        File.WriteAllLines(file, text[begin..].Split('\n').Select(l => l.Length > 4 ? l[4..] : ""));
        try
        {
            var loaded = SettingsLoader.Load(new SettingsRequest { ConfigFiles = [file] }, Machine.Here);
            Assert.True(loaded.IsOk, loaded.Failure?.ToString());
            // Kubernetes must not kill what still has its grace.
            var settings = loaded.Value.Settings;
            var worker = (settings.Worker.ShutdownGrace + settings.Task.KillGrace).TotalSeconds + Slack;
            Assert.True(Number("kubernetes/worker.yaml", "terminationGracePeriodSeconds: ") >= worker);
            var manager = settings.Manager.ShutdownGrace.TotalSeconds + Slack;
            Assert.True(Number("kubernetes/manager.yaml", "terminationGracePeriodSeconds: ") >= manager);
        }
        finally
        {
            File.Delete(file);
        }
    }

    // What the supervisor adds to a program's own grace (10 s), and clearing up.
    private const double Slack = 25;

    [Theory]
    [InlineData("systemd/openclaw-worker.service", "TimeoutStopSec=")]
    [InlineData("systemd/openclaw-manager.service", "TimeoutStopSec=")]
    public void Nobody_kills_what_still_has_its_grace(string file, string key)
    {
        var settings = OpenClawSettings.Defaults;
        var grace = settings.Worker.ShutdownGrace + settings.Task.KillGrace;
        Assert.True(Number(file, key) >= grace.TotalSeconds + Slack);
    }

    [Fact]
    public void The_guides_names_are_there()
    {
        var worker = File.ReadAllText(Path.Combine(Root, "deploy/kubernetes/worker.yaml"));
        var manager = File.ReadAllText(Path.Combine(Root, "deploy/kubernetes/manager.yaml"));
        var policy = File.ReadAllText(Path.Combine(Root, "deploy/kubernetes/network-policy.yaml"));
        Assert.All([worker, manager, policy], t => Assert.Contains("namespace: openclaw-system", t, StringComparison.Ordinal));
        Assert.Matches(@"kind: Deployment\nmetadata:\n  name: openclaw-worker\n", worker);
        Assert.Contains("containers:\n        - name: worker\n", worker, StringComparison.Ordinal);
        Assert.Contains("component: worker", worker, StringComparison.Ordinal);
        Assert.Matches(@"kind: Service\nmetadata:\n  name: openclaw-manager\n", manager);
        Assert.Contains("component: manager", manager, StringComparison.Ordinal);
        Assert.Contains("name: OPENCLAW_MANAGER_HOST", worker, StringComparison.Ordinal);
        Assert.Contains("name: OPENCLAW_MANAGER_PORT", worker, StringComparison.Ordinal);
        Assert.Contains("name: allow-worker-to-manager", policy, StringComparison.Ordinal);
        foreach (var port in new[] { "port: 9090", "port: 53", "port: 9091", "port: 443" })
        {
            Assert.Contains(port, policy, StringComparison.Ordinal);
        }
        var compose = File.ReadAllText(Path.Combine(Root, "deploy/compose/docker-compose.yaml"));
        Assert.Contains("""test: ["CMD", "clw", "health"]""", compose, StringComparison.Ordinal);
        Assert.DoesNotContain("\n    sysctls:", compose, StringComparison.Ordinal);
    }

    [Fact]
    public void The_service_group_is_found_by_its_name()
    {
        string[] lines = ["root:x:0:", "openclaw-old:x:998:", "openclaw:x:997:alice,bob", "broken"];
        Assert.Equal(997u, ServiceGroup.Find(lines, "openclaw"));
        Assert.Null(ServiceGroup.Find(lines, "claw"));
        Assert.Null(ServiceGroup.Find(["openclaw:x:many:"], "openclaw"));
    }

    private static double Number(string file, string key)
    {
        var text = File.ReadAllText(Path.Combine(Root, "deploy", file));
        var match = Regex.Match(text, Regex.Escape(key) + "([0-9]+)", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.True(match.Success, $"{file} has no {key}");
        return double.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OpenClaw.slnx")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("no OpenClaw.slnx above the tests");
        }
        return directory.FullName;
    }

    [GeneratedRegex(@"\bOPENCLAW_[A-Z0-9_]+\b", RegexOptions.None, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\bopenclaw_[a-z0-9_]+\b", RegexOptions.None, 1000)]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Suffix();
}
