using System.Diagnostics;

namespace OpenClaw.Tests.Rpc;

/// <summary>
/// Programs of other gRPC implementations, run as children: those under tests/js on Node, with packages installed once from the lock
/// file, and those under tests/python on Debian's Python. Without their tools, tests are skipped on a laptop and fail in CI.
/// </summary>
internal static class ForeignPeers
{
    private const string Python = "/usr/bin/python3";
    private static readonly SemaphoreSlim Installing = new(1);

    public static string EchoProto => Path.Combine(Root, "tests/OpenClaw.Tests/Rpc/Protos/echo.proto");

    /// <summary>Where our .proto files are, and those of gRPC's interop description.</summary>
    public static string[] ProtoFolders =>
        [Path.Combine(Root, "src/OpenClaw.Rpc/Protos"), Path.Combine(Root, "tests/OpenClaw.RpcPeer/Protos")];

    private static string Root
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "OpenClaw.slnx")))
            {
                directory = directory.Parent;
            }
            return directory?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }
    }

    private static string Js => Path.Combine(Root, "tests/js");

    public static async Task<PeerProcess> StartNodeAsync(string script, params string[] arguments)
    {
        await Installing.WaitAsync();
        try
        {
            Require(OnPath("node") && OnPath("npm"), "node and npm");
            var stamp = Path.Combine(Js, "node_modules/.package-lock.json");
            if (!File.Exists(stamp) || File.GetLastWriteTimeUtc(stamp) < File.GetLastWriteTimeUtc(Path.Combine(Js, "package-lock.json")))
            {
                await using var npm = PeerProcess.Start("npm", Js, "ci", "--ignore-scripts");
                var (code, errors) = await npm.EndAsync();
                Assert.True(code == 0, string.Join('\n', npm.All) + errors);
            }
        }
        finally
        {
            Installing.Release();
        }
        return PeerProcess.Start("node", Js, [script, .. arguments]);
    }

    public static async Task<PeerProcess> StartPythonAsync(string script, params string[] arguments)
    {
        Require(File.Exists(Python), Python);
        await using (var probe = PeerProcess.Start(Python, Root, "-c", "import grpc, google.protobuf"))
        {
            Require((await probe.EndAsync()).Code == 0, "python3-grpcio");
        }
        return PeerProcess.Start(Python, Path.Combine(Root, "tests/python"), [script, .. arguments]);
    }

    private static void Require(bool there, string what)
    {
        var ci = Environment.GetEnvironmentVariable("CI") == "true";
        Assert.False(!there && ci, $"{what} is missing, and CI needs it for the tests against other gRPC implementations");
        Assert.SkipUnless(there, $"{what} is not installed: the tests against another gRPC implementation are left out");
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => File.Exists(Path.Combine(directory, program)));
}
