using System.Globalization;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Cli.Rendering;

/// <summary>The cluster as a tree: manager, workers, queue.</summary>
internal static class ClusterTree
{
    private const string Unreachable = "UNREACHABLE";

    public static IEnumerable<string> Lines(Terminal terminal, StatusResponse status)
    {
        yield return $"CLUSTER: {status.Cluster}";
        var manager = status.Manager ?? new ManagerStatus { State = "unknown" };
        yield return $"├── Manager:        {PaintState(terminal, manager.State, manager.State)}{(manager.Leader ? " (leader)" : "")}";

        var unreachable = status.Workers.Count(w => w.State == Unreachable);
        var remark = unreachable > 0 ? $", {unreachable} unreachable" : "";
        yield return $"├── Workers:        {status.Workers.Count} total{remark}";
        var idWidth = Math.Max(11, status.Workers.Select(w => w.Id.Length).DefaultIfEmpty().Max());
        for (var i = 0; i < status.Workers.Count; i++)
        {
            var worker = status.Workers[i];
            var branch = i == status.Workers.Count - 1 ? "└──" : "├──";
            var line =
                $"│   {branch} {worker.Id.PadRight(idWidth)} {PaintState(terminal, worker.State, worker.State.PadRight(10))} {worker.Address}";
            yield return worker.Problem.Length > 0 ? $"{line}  {Table.OneLine(worker.Problem)}" : line;
        }

        yield return $"└── Queue Depth:    {Counted.Of(status.QueueDepth, "pending task")}{(status.Delayed > 0 ? $", {Count(status.Delayed)} of them delayed" : "")}";
        for (var i = 0; i < status.Unserved.Count; i++)
        {
            var unserved = status.Unserved[i];
            var branch = i == status.Unserved.Count - 1 ? "└──" : "├──";
            yield return $"    {branch} no worker serves {unserved.Type}: {Count(unserved.Waiting)} waiting{string.Concat(unserved.Refused.Select(r => $"; {Table.OneLine(r)}"))}";
        }

        if (status.Problems.Count > 0)
        {
            yield return "";
            foreach (var problem in status.Problems)
            {
                yield return $"{terminal.Yellow("!")} {Table.OneLine(problem)}";
            }
        }
    }

    private static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string PaintState(Terminal terminal, string state, string text) =>
        state switch
        {
            "healthy" => terminal.Green(text),
            Unreachable => terminal.Red(text),
            _ => terminal.Yellow(text),
        };
}
