using Google.Protobuf;
using Google.Protobuf.Reflection;
using OpenClaw.Rpc;
using OpenClaw.RpcPeer;
using OpenClaw.RpcPeer.Wire;

namespace OpenClaw.Tests.Rpc;

/// <summary>
/// gRPC's public interop list, both ways, against @grpc/grpc-js and python3-grpcio: each row is one case, one peer, one direction.
/// </summary>
public sealed class InteropTests(InteropTests.Peers peers) : IClassFixture<InteropTests.Peers>
{
    private const string Js = "grpc-js";
    private const string Python = "grpcio";

    /// <summary>What only a server of ours has.</summary>
    private static readonly string[] OursAlone = ["status_details", "largest_failure", "health"];

    public static TheoryData<string, string> Served => [.. Rows([.. InteropCases.All.Keys, .. OursAlone])];

    public static TheoryData<string> Cases => [.. InteropCases.All.Keys];

    // The server of grpc-js never compresses; Python's row has that case.
    public static TheoryData<string, string> Called =>
        [.. Rows(InteropCases.All.Keys).Where(row => row.Data != (Js, "server_compressed_unary"))];

    [Theory]
    [MemberData(nameof(Served))]
    public async Task TheirClientOurServer(string peer, string name)
    {
        var client = peer == Js ? await peers.Node : await peers.Python;
        var ours = await (await peers.Ours).AddressAsync();
        Assert.Equal($"ok {name}", await client.AskAsync($"run {name} {ours.Authority}"));
    }

    [Theory]
    [MemberData(nameof(Called))]
    public async Task OurClientTheirServer(string peer, string name)
    {
        var server = peer == Js ? await peers.Node : await peers.Python;
        using var channel = new RpcChannel(await server.AddressAsync());
        await InteropCases.All[name](channel).WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>And with ourselves, where a case looks at the bytes: that the server does compress.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task OurClientOurServer(string name)
    {
        using var channel = new RpcChannel(await (await peers.Ours).AddressAsync());
        await InteropCases.All[name](channel).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static IEnumerable<TheoryDataRow<string, string>> Rows(IEnumerable<string> cases) =>
        cases.SelectMany(name => new[] { new TheoryDataRow<string, string>(Js, name), new(Python, name) });

    /// <summary>The three programs, started once. A start that fails, or a tool that is not there, is the result of each row that needs it.</summary>
    public sealed class Peers : IAsyncLifetime
    {
        private readonly string descriptors = Path.GetTempFileName();

        internal Task<PeerProcess> Ours { get; private set; } = null!;

        internal Task<PeerProcess> Node { get; private set; } = null!;

        internal Task<PeerProcess> Python { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Ours = Task.FromResult(OurPeer.Start());
            await File.WriteAllBytesAsync(descriptors, Descriptors());
            Node = ForeignPeers.StartNodeAsync("interop.mjs", ForeignPeers.ProtoFolders);
            Python = ForeignPeers.StartPythonAsync("interop.py", descriptors);
            await Task.WhenAny(Task.WhenAll(Node, Python));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var peer in new[] { Ours, Node, Python })
            {
                if (peer.IsCompletedSuccessfully)
                {
                    await (await peer).DisposeAsync();
                }
            }
            File.Delete(descriptors);
        }

        // All messages that Python needs, each file behind those that it imports.
        private static byte[] Descriptors()
        {
            var set = new FileDescriptorSet();
            foreach (
                var file in new[]
                {
                    TestReflection.Descriptor,
                    OpenClaw.Rpc.Health.HealthReflection.Descriptor,
                    OpenClaw.Rpc.Wire.StatusReflection.Descriptor,
                    OpenClaw.Rpc.Wire.ErrorDetailsReflection.Descriptor,
                }
            )
            {
                Add(set, file);
            }
            return set.ToByteArray();
        }

        private static void Add(FileDescriptorSet set, FileDescriptor file)
        {
            foreach (var import in file.Dependencies)
            {
                Add(set, import);
            }
            if (set.File.All(known => known.Name != file.Name))
            {
                set.File.Add(file.ToProto());
            }
        }
    }
}

/// <summary>tests/OpenClaw.RpcPeer: our server with the interop service as a program.</summary>
internal static class OurPeer
{
    public static PeerProcess Start(params string[] options) =>
        PeerProcess.Start("dotnet", AppContext.BaseDirectory, [Path.Combine(AppContext.BaseDirectory, "OpenClaw.RpcPeer.dll"), .. options]);
}
