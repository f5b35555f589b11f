using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>
/// What guide 001 does with Kubernetes and Docker needs an API server and an engine, which tests do not have: its files are judged by
/// the tools that read them, ours by the names that its commands use, and what it runs in a pod is run with the pod's variables.
/// </summary>
public sealed class GuideFilesTests
{
    private const string ComposeBefore = """
        # docker-compose.yaml
        version: '3.8'
        services:
          worker:
            image: openclaw/worker:latest
            network_mode: host
            restart: unless-stopped
        """;

    private const string ComposeAfter = """
        # docker-compose.yaml
        version: '3.8'
        services:
          worker:
            image: openclaw/worker:latest
            networks:
              - openclaw-net
            restart: unless-stopped
            deploy:
              resources:
                limits:
                  memory: 2G
                reservations:
                  memory: 1G
            sysctls:
              - net.netfilter.nf_conntrack_max=1572864
            healthcheck:
              test: ["CMD", "clw", "health"]
              interval: 30s
              timeout: 10s
              retries: 3
              start_period: 60s

        networks:
          openclaw-net:
            driver: bridge
            ipam:
              config:
                - subnet: 172.28.0.0/16
        """;

    /// <summary><c>docker-compose down</c> and <c>docker-compose up -d</c>: not run, their files are read.</summary>
    [Theory]
    [InlineData(ComposeBefore)]
    [InlineData(ComposeAfter)]
    public async Task The_compose_files_of_the_guide_are_taken_without_an_engine(string file)
    {
        await using var room = new Room();
        await File.WriteAllTextAsync(
            room.Path("docker-compose.yaml"),
            file.ReplaceLineEndings("\n"),
            TestContext.Current.CancellationToken
        );
        var config = room.Start(Checkout.Need("docker-compose"), ["config", "-q"]);
        Assert.True(await config.EndWithOutputAsync() == 0, config.Said);

        // The service and the check of ours bear the same names.
        var ours = await ReadAsync("compose", "docker-compose.yaml");
        foreach (
            var line in new[]
            {
                "  worker:\n    image: openclaw/worker:latest\n",
                "      test: [\"CMD\", \"clw\", \"health\"]\n",
                "        - subnet: 172.28.0.0/16\n",
            }
        )
        {
            Assert.Contains(line, ours, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// <c>kubectl edit deployment openclaw-worker -n openclaw-system</c>, <c>kubectl exec -it openclaw-worker-xyz -- clw debug config</c>
    /// and <c>-- env | grep OPENCLAW</c>: the names are in the manifests, and the command runs here with the variables of the pod.
    /// </summary>
    [Fact]
    public async Task The_guides_commands_in_a_pod_find_its_names_and_show_its_variables()
    {
        var deployment = await ReadAsync("kubernetes", "worker.yaml");
        Assert.Contains(
            "kind: Deployment\nmetadata:\n  name: openclaw-worker\n  namespace: openclaw-system\n",
            deployment,
            StringComparison.Ordinal
        );
        Assert.Contains("        - name: worker\n          image: openclaw/worker:latest\n", deployment, StringComparison.Ordinal);
        (string Name, string Value)[] variables =
        [
            ("OPENCLAW_MANAGER_HOST", "openclaw-manager.openclaw-system.svc.cluster.local"),
            ("OPENCLAW_MANAGER_PORT", "9090"),
        ];
        await using var room = new Room();
        foreach (var (name, value) in variables)
        {
            Assert.Contains($"            - name: {name}\n              value: \"{value}\"\n", deployment, StringComparison.Ordinal);
            room.Environment[name] = value;
        }

        // The guide's third variable is of another runtime; it is nothing to us and does no harm.
        room.Environment["GOMAXPROCS"] = "4";
        var config = await room.RunAsync("debug", "config");
        Assert.True(config.ExitCode == 0, config.Said);
        Assert.Matches(
            @"(?m)^cluster.manager_address +openclaw-manager\.openclaw-system\.svc\.cluster\.local:9090 +OPENCLAW_MANAGER_HOST",
            config.Output
        );
        var env = await LogsTests.BashAsync(room, "env | grep OPENCLAW");
        Assert.Contains("OPENCLAW_MANAGER_PORT=9090\n", env.Output, StringComparison.Ordinal);
    }

    private static Task<string> ReadAsync(params string[] path) =>
        File.ReadAllTextAsync(Path.Combine([Checkout.Root, "deploy", .. path]), TestContext.Current.CancellationToken);
}
