using OpenClaw.Bench.Client;
using OpenClaw.Bench.Isolation;
using OpenClaw.Bench.Limits;
using OpenClaw.Bench.Metrics;
using OpenClaw.Bench.Rpc;
using OpenClaw.Bench.Scale;
using OpenClaw.Bench.Suite;

// Called by bench/run, from the root of a checkout.
return args switch
{
    ["rpc", .. var rest] => await RpcBench.RunAsync(rest),
    ["isolation", .. var rest] => await IsolationBench.RunAsync(rest),
    ["limits", .. var rest] => await LimitsBench.RunAsync(rest),
    ["scale", .. var rest] => await ScaleBench.RunAsync(rest),
    ["metrics", .. var rest] => await MetricsBench.RunAsync(rest),
    ["soak", .. var rest] => await SoakCommand.RunAsync(rest),
    ["client", .. var rest] => await ClientBench.RunAsync(rest),
    ["rpc-server"] => await RpcBenchServer.RunAsync(),
    _ => await SuiteCommand.RunAsync(args),
};
