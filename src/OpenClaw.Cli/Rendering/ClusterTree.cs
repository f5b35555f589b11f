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

        // The states that deserve a look, the worst first.
        var remark = string.Concat(
            new[] { Unreachable, "flapping", "draining", "registering" }
                .Select(s => (State: s, Count: status.Workers.Count(w => w.State == s)))
                .Where(s => s.Count > 0)
                .Select(s => Format($", {s.Count} {s.State.ToLowerInvariant()}"))
        );
        yield return $"├── Workers:        {status.Workers.Count} total{remark}";
        var idWidth = Math.Max(11, status.Workers.Select(w => w.Id.Length).DefaultIfEmpty().Max());
        for (var i = 0; i < status.Workers.Count; i++)
        {
            var worker = status.Workers[i];
            var branch = i == status.Workers.Count - 1 ? "└──" : "├──";
            yield return WithDetails(
                terminal,
                $"│   {branch} {worker.Id.PadRight(idWidth)} {PaintState(terminal, worker.State, worker.State.PadRight(10))} {worker.Address}".TrimEnd(),
                worker
            );
        }

        yield return $"└── Queue Depth:    {Counted.Of(status.QueueDepth, "pending task")}{(status.Delayed > 0 ? $", {Count(status.Delayed)} of them delayed" : "")}";
        for (var i = 0; i < status.Unserved.Count; i++)
        {
            var unserved = status.Unserved[i];
            var branch = i == status.Unserved.Count - 1 ? "└──" : "├──";
            yield return $"    {branch} no worker serves {unserved.Type}: {Count(unserved.Waiting)} waiting{string.Concat(unserved.Refused.Select(r => $"; {Table.OneLine(r)}"))}";
        }

        var remarks = status.Problems.Concat(status.Refused.Select(r => Refused(r, status.NowMs))).ToList();
        if (remarks.Count > 0)
        {
            yield return "";
            foreach (var line in remarks)
            {
                yield return $"{terminal.Yellow("!")} {Table.OneLine(line)}";
            }
        }
    }

    private static string Refused(RefusedWorker refused, long now)
    {
        var who = refused.Worker.Length > 0 ? $"worker {refused.Worker}" : "a connection";
        var ago = Times.Age(TimeSpan.FromMilliseconds(Math.Max(0, now - refused.LastMs)));
        var times = refused.Times > 1 ? Format($", {refused.Times} times") : "";
        return $"{who} from {refused.Address} was turned away {ago} ago{times}: {refused.Code}: {refused.Reason}";
    }

    // As many as the window has room for; a pipe gets them all.
    private static string WithDetails(Terminal terminal, string line, WorkerStatus worker)
    {
        var room = terminal.IsInteractive ? terminal.Size().Width - 1 : int.MaxValue;
        foreach (var detail in Details(worker))
        {
            var longer = $"{line}  {Table.OneLine(detail)}";
            if (AnsiText.Width(longer) > room)
            {
                break;
            }

            line = longer;
        }

        return line;
    }

    private static IEnumerable<string> Details(WorkerStatus worker)
    {
        if (worker.Drain is { } drain)
        {
            yield return worker.Held == 0 ? "drained" : $"drained, holds {Counted.Of(worker.Held, "task")}";
            if (drain.Reason.Length > 0)
            {
                yield return $"({drain.Reason})";
            }
        }

        if (worker.Slots > 0 && worker.State is not ("UNREACHABLE" or "stopped"))
        {
            yield return Format($"{worker.Running}/{worker.Slots} busy");
            yield return Format($"pid {worker.Pid}");
        }
        else if (worker.Held > 0)
        {
            yield return $"holds {Counted.Of(worker.Held, "task")}";
        }
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string PaintState(Terminal terminal, string state, string text) =>
        state switch
        {
            "healthy" => terminal.Green(text),
            Unreachable => terminal.Red(text),
            _ => terminal.Yellow(text),
        };
}
