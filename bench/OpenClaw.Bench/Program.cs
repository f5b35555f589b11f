using OpenClaw.Bench.Cluster;
using OpenClaw.Bench.Rpc;

// Each verb is one benchmark: dotnet run -c Release --project bench/OpenClaw.Bench -- rpc
return args switch
{
    ["cluster", .. var rest] => await ClusterBench.RunAsync(rest),
    ["rpc", .. var rest] => await RpcBench.RunAsync(rest),
    ["rpc-server"] => await RpcBenchServer.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: OpenClaw.Bench cluster [--clw PATH] [--tasks N] [--slots N] [--json FILE]");
    Console.Error.WriteLine("       OpenClaw.Bench rpc [--seconds N] [--in-flight N] [--payload BYTES] [--one-process]");
    return 2;
}
