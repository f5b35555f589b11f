using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C21: what stands in deploy/, judged by the tools that will read it.</summary>
public sealed class DeployTests
{
    private static string Deploy(params string[] parts) => Path.Combine([Checkout.Root, "deploy", .. parts]);

    [Fact]
    public async Task C21_the_compose_file_is_taken_by_docker_compose()
    {
        var compose = Checkout.Need("docker-compose");
        await using var room = new Room();
        var config = room.Start(compose, ["-f", Deploy("compose", "docker-compose.yaml"), "config"]);
        Assert.True(await config.EndWithOutputAsync() == 0, config.Said);
        Assert.Contains("subnet: 172.28.0.0/16", config.Output, StringComparison.Ordinal);
        Assert.Equal("", config.Errors);

        // It would find a mistake.
        var broken = room.Path("docker-compose.yaml");
        await File.WriteAllTextAsync(
            broken,
            (await File.ReadAllTextAsync(Deploy("compose", "docker-compose.yaml"), TestContext.Current.CancellationToken)).Replace(
                "start_period",
                "start_perid",
                StringComparison.Ordinal
            ),
            TestContext.Current.CancellationToken
        );
        var wrong = room.Start(compose, ["-f", broken, "config", "-q"]);
        Assert.NotEqual(0, await wrong.EndWithOutputAsync());
    }

    [Fact]
    public async Task C21_the_alerts_pass_promtool_and_fire_when_they_should()
    {
        var promtool = Checkout.Need("promtool");
        await using var room = new Room();
        foreach (
            var words in new[]
            {
                ["check", "rules", Deploy("prometheus", "prometheus-alerts.yaml")],
                ["check", "config", Deploy("prometheus", "prometheus.yaml")],
                new[] { "test", "rules", Deploy("prometheus", "prometheus-alerts.test.yaml") },
            }
        )
        {
            var check = room.Start(promtool, words);
            Assert.True(await check.EndWithOutputAsync() == 0, check.Said);
        }
    }

    [Fact]
    public async Task C21_the_manifests_are_what_kubernetes_knows()
    {
        var checks = await ChecksAsync();
        await using var room = new Room();
        var manifests = Directory.GetFiles(Deploy("kubernetes"), "*.yaml");
        var check = room.Start(Checkout.Need("node"), [Path.Combine(checks, "check.mjs"), .. manifests]);
        Assert.True(await check.EndWithOutputAsync() == 0, check.Said);

        // It would find a mistake, in a name as well as in a value.
        var broken = room.Path("worker.yaml");
        await File.WriteAllTextAsync(
            broken,
            (await File.ReadAllTextAsync(Deploy("kubernetes", "worker.yaml"), TestContext.Current.CancellationToken))
                .Replace("enableServiceLinks", "enableServiceLink", StringComparison.Ordinal)
                .Replace("periodSeconds: 30", "periodSeconds: often", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        var wrong = room.Start(Checkout.Need("node"), [Path.Combine(checks, "check.mjs"), broken]);
        Assert.Equal(1, await wrong.EndWithOutputAsync());
        Assert.Contains("nothing is called enableServiceLink there", wrong.Output, StringComparison.Ordinal);
        Assert.Contains("periodSeconds must be integer", wrong.Output, StringComparison.Ordinal);

        // Every file is part of the whole.
        var kustomization = await File.ReadAllTextAsync(Deploy("kubernetes", "kustomization.yaml"), TestContext.Current.CancellationToken);
        Assert.All(
            manifests.Select(Path.GetFileName).Where(f => f != "kustomization.yaml"),
            f => Assert.Contains($"- {f}\n", kustomization, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task C21_the_guides_own_network_policy_is_one_and_ours_lets_more_through()
    {
        var checks = await ChecksAsync();
        await using var room = new Room();
        var file = room.Path("network-policy.yaml");
        await File.WriteAllTextAsync(file, GuidesPolicy.ReplaceLineEndings("\n"), TestContext.Current.CancellationToken);
        var check = room.Start(Checkout.Need("node"), [Path.Combine(checks, "check.mjs"), file]);
        Assert.True(await check.EndWithOutputAsync() == 0, check.Said);
        var ours = await File.ReadAllTextAsync(Deploy("kubernetes", "network-policy.yaml"), TestContext.Current.CancellationToken);
        Assert.All([9090, 9091, 443, 53], port => Assert.Matches($@"(?m)^ +(- )?port: {port}$", ours));
    }

    private const string GuidesPolicy = """
        # network-policy.yaml
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: allow-worker-to-manager
          namespace: openclaw-system
        spec:
          podSelector:
            matchLabels:
              component: worker
          policyTypes:
          - Ingress
          - Egress
          egress:
          - to:
            - podSelector:
                matchLabels:
                  component: manager
            ports:
            - protocol: TCP
              port: 9090
        """;

    [Fact]
    public async Task C21_the_image_file_passes_its_linter()
    {
        var checks = await ChecksAsync();
        await using var room = new Room();
        var linter = Path.Combine(checks, "node_modules/dockerfile-utils/bin/dockerfile-utils");
        var lint = room.Start(Checkout.Need("node"), [linter, "lint", Deploy("Dockerfile")]);
        Assert.True(await lint.EndWithOutputAsync() == 0, lint.Said);
        Assert.Equal("", lint.Output.Trim());
        // What it copies is there, and what it calls works: the very commands of its build, here.
        var text = await File.ReadAllTextAsync(Deploy("Dockerfile"), TestContext.Current.CancellationToken);
        Assert.Contains("./clw install --prefix /out", text, StringComparison.Ordinal);
        Assert.Contains("""CMD ["clw", "health"]""", text, StringComparison.Ordinal);
    }

    /// <summary>The directory with the schemas, installed once from the lock file.</summary>
    private static async Task<string> ChecksAsync()
    {
        var npm = Checkout.Need("npm");
        var directory = Path.Combine(Checkout.Root, "tests", "deploy");
        var stamp = Path.Combine(directory, "node_modules", ".package-lock.json");
        var wanted = File.GetLastWriteTimeUtc(Path.Combine(directory, "package-lock.json"));
        await Installing.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (!File.Exists(stamp) || File.GetLastWriteTimeUtc(stamp) < wanted)
            {
                var environment = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
                {
                    environment[(string)variable.Key] = (string)variable.Value!;
                }

                await using var install = RealProcess.Start(npm, ["ci", "--ignore-scripts"], environment, directory);
                install.CloseInput();
                Assert.True(await install.EndWithOutputAsync(TimeSpan.FromMinutes(3)) == 0, install.Said);
            }
        }
        finally
        {
            Installing.Release();
        }

        return directory;
    }

    private static readonly SemaphoreSlim Installing = new(1);
}
