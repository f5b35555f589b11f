using OpenClaw.Bench.Rpc;

// Each verb is one benchmark: dotnet run -c Release --project bench/OpenClaw.Bench -- rpc
return args switch
{
    ["rpc", .. var rest] => await RpcBench.RunAsync(rest),
    ["rpc-server"] => await RpcBenchServer.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: OpenClaw.Bench rpc [--seconds N] [--in-flight N] [--payload BYTES] [--one-process]");
    return 2;
}
