using System.Text.Json;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;
using OpenClaw.Supervisor;

// clw-supervisor PLANFILE    keeps the programs of a plan alive (see SupervisorPlan) until it is told to stop
StandardStreams.Require();
BrokenPipes.Ignore();
ProcessName.Set("clw-supervisor");
if (args is not [var file])
{
    Console.Error.WriteLine("clw-supervisor: one argument is needed, the path of a plan");
    return Keeper.ExitUsage;
}
SupervisorPlan plan;
try
{
    plan = SupervisorPlan.FromJson(File.ReadAllText(file));
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
{
    Console.Error.WriteLine($"clw-supervisor: clw-init-fail: the plan {file} cannot be used: {e.Message}");
    return Keeper.ExitConfig;
}
using var log = new LineWriter(2, plan.LogFile is { } kept ? new LineFile(kept, TimeProvider.System) : null);
using var events = new EventWriter(plan.EventsFd);
using var service = ServiceManager.FromEnvironment();
if (service is not null)
{
    service.OnTrouble = why => log.Say($"Supervisor: the service manager cannot be told how we stand: {why}");
}
using var keeper = new Keeper(plan, log, events, service, TimeProvider.System);
return await keeper.RunAsync();
