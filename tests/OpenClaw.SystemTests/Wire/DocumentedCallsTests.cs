using System.Text.RegularExpressions;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Health;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Wire;

/// <summary>Proves: a cluster is called from other languages with the very text of docs/wire.md, and its health by anybody.</summary>
public sealed partial class DocumentedCallsTests
{
    private static readonly string Protos = Path.Combine(Checkout.Root, "src/OpenClaw.Rpc/Protos");

    [Fact]
    public async Task The_program_for_Node_on_the_page_runs_as_printed()
    {
        var node = Checkout.Need("node");
        await using var up = new Up();
        var packages = Path.Combine(Checkout.Root, "tests/js");
        if (!Directory.Exists(Path.Combine(packages, "node_modules")))
        {
            var npm = up.Room.Start("/bin/sh", ["-c", $"cd '{packages}' && npm ci --ignore-scripts"]);
            npm.CloseInput();
            Assert.Equal(0, await npm.EndWithOutputAsync(TimeSpan.FromSeconds(60)));
        }

        Directory.CreateSymbolicLink(up.Room.Path("node_modules"), Path.Combine(packages, "node_modules"));
        File.WriteAllText(up.Room.Path("submit.mjs"), Block("js"));
        await RunAsync(up, node, "submit.mjs", Protos, up.Room.Path("data"));
    }

    [Fact]
    public async Task The_program_for_Python_on_the_page_runs_as_printed()
    {
        var protoc = Checkout.Need("protoc");
        const string Python = "/usr/bin/python3";
        Checkout.Unless(File.Exists(Python), "python3 is not installed");
        await using var up = new Up();
        var probe = up.Room.Start(Python, ["-c", "import grpc, google.protobuf"]);
        Checkout.Unless(await probe.EndWithOutputAsync(TimeSpan.FromSeconds(20)) == 0, "python3-grpcio is not installed");
        Directory.CreateDirectory(up.Room.Path("generated"));
        string[] files = [.. Directory.GetFiles(Path.Combine(Protos, "openclaw/v1"), "*.proto")];
        var generating = up.Room.Start(protoc, ["-I", Protos, $"--python_out={up.Room.Path("generated")}", .. files]);
        Assert.True(await generating.EndWithOutputAsync(TimeSpan.FromSeconds(20)) == 0, generating.Errors);
        File.WriteAllText(up.Room.Path("submit.py"), Block("python"));
        up.Room.Environment["PYTHONPATH"] = up.Room.Path("generated");
        await RunAsync(up, Python, "submit.py", up.Room.Path("data"));
    }

    [Fact]
    public async Task Anybody_may_ask_for_health_and_for_nothing_else()
    {
        await using var up = new Up();
        await up.StartAsync();
        using var channel = new RpcChannel(new Uri($"http://{LocalCluster.FindAddress(up.Room.Path("data"))}"));
        foreach (var service in new[] { "", TaskMethods.Service, WorkerMethods.Service, ClusterMethods.Service })
        {
            var status = (await channel.UnaryAsync(HealthMethods.Check, new() { Service = service })).Value.Status;
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, status);
        }

        Assert.Equal(Catalogue.AuthRefused, (await channel.UnaryAsync(ClusterMethods.Status, new())).Failure?.Entry);
        await up.StopAsync();
    }

    private static async Task RunAsync(Up up, string program, params string[] arguments)
    {
        await up.StartAsync();
        var manager = $"{LocalCluster.FindAddress(up.Room.Path("data"))}";
        var called = up.Room.Start(program, arguments, ("MANAGER", manager));
        called.CloseInput();
        var code = await called.EndWithOutputAsync(TimeSpan.FromSeconds(60));
        Assert.True(code == 0, called.Said + called.Errors);
        var id = Submitted().Match(called.Said).Groups[1].Value;
        Assert.StartsWith("task-", id, StringComparison.Ordinal);
        Assert.Matches($"{id} (TASK_STATE_)?SUCCEEDED", called.Said);

        // And what it prints of a failure is the code and the next step.
        Directory.CreateDirectory(up.Room.Path("other"));
        File.WriteAllText(up.Room.Path("other", "token"), "wrong");
        var refused = up.Room.Start(program, [.. arguments[..^1], up.Room.Path("other")], ("MANAGER", manager));
        refused.CloseInput();
        Assert.Equal(1, await refused.EndWithOutputAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("clw-auth-refused", refused.Errors, StringComparison.Ordinal);
        Assert.Contains(Catalogue.AuthRefused.Cure[0], refused.Errors, StringComparison.Ordinal);
        await up.StopAsync();
    }

    private static string Block(string language) =>
        Regex
            .Match(
                File.ReadAllText(Path.Combine(Checkout.Root, "docs/wire.md")),
                $"```{language}\n(.*?)```",
                RegexOptions.Singleline,
                TimeSpan.FromSeconds(5)
            )
            .Groups[1]
            .Value;

    [GeneratedRegex("submitted (\\S+)", RegexOptions.None, 5000)]
    private static partial Regex Submitted();
}
