using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Runner;

// clw-runner                 runs tasks: commands on descriptor 0, reports on 1 (see docs/plugin-abi.md)
// clw-runner --check FILE    says in one line of JSON whether a Lua plugin can be used
if (args is ["--check", var file])
{
    return PluginCheck.Run(file);
}
if (args.Length != 0)
{
    Console.Error.WriteLine("clw-runner: this program is started by a worker; by hand only: clw-runner --check FILE");
    return ExitCodes.Usage;
}

ProcessName.Set("clw-runner");
BrokenPipes.IgnoreHereAlone();
var parent = int.TryParse(Environment.GetEnvironmentVariable(ParentDeath.Variable), out var number) ? number : (int?)null;
if (!ParentDeath.KillMe(parent))
{
    return ExitCodes.Ok;
}
ParentWatch.Start(parent);

var text = Environment.GetEnvironmentVariable(ProcessLimits.Variable) ?? "";
if (ProcessLimits.FromText(text) is not { } limits)
{
    Console.Error.WriteLine($"clw-runner: clw-init-fail: {ProcessLimits.Variable} is \"{text}\", which is not a list of limits");
    return ExitCodes.Usage;
}
var granted = Environment.GetEnvironmentVariable(HostRights.Variable) ?? "";
if (HostRights.FromText(granted) is not { } rights)
{
    Console.Error.WriteLine($"clw-runner: clw-init-fail: {HostRights.Variable} is \"{granted}\", which is not a list of rights");
    return ExitCodes.Usage;
}
foreach (var refused in ResourceLimits.Apply(limits))
{
    Console.Error.WriteLine($"clw-runner: {refused}");
}

using var channel = WorkerChannel.TakeStandardStreams();
using var lua = new OpenClaw.Runner.Lua.LuaEngine(limits.LuaBytes, rights);
return new RunnerLoop(channel, lua).Run();
