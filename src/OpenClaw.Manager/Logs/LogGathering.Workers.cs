using OpenClaw.Core.Telemetry;
using OpenClaw.Manager.Core;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Manager.Logs;

// Whose logs are read: workers come, go and come back while somebody reads.
internal sealed partial class LogGathering
{
    private async Task MeetAsync(bool isFirst)
    {
        if (isFirst)
        {
            foreach (var log in here.Shelf.Sources)
            {
                Join("", log.Name, isFirst);
            }
        }

        var wanted = (await here.Holders()).Where(IsWanted).ToList();
        several |= wanted.Count(h => h.Logs.Count > 0) > 1 || wanted.Any(h => h.Host.Length > 0 && h.Host != Environment.MachineName);
        foreach (var holder in wanted)
        {
            if (holder.IsHere)
            {
                told.Remove(holder.Worker);
                foreach (var log in holder.Logs)
                {
                    Join(holder.Worker, log, isFirst);
                }
            }
            else
            {
                Miss(holder);
            }
        }
    }

    // What is about managers alone stands in no worker's log.
    private bool IsWanted(LogHolder holder) =>
        (request.Workers.Count == 0 || request.Workers.Contains(holder.Worker))
        && (request.Filter is not { Components.Count: > 0 } some || some.Components.Any(c => c != Components.Manager));

    private void Join(string worker, string log, bool isFirst)
    {
        if (ComponentOf(log) == Components.Task && !filter.Wants(Components.Task))
        {
            return;
        }

        if (feeds.TryGetValue(LogFeed.KeyOf(worker, log), out var known))
        {
            known.IsAway = known.IsBroken;
            return;
        }

        var feed = new LogFeed(worker, log, worker.Length == 0 ? here.Shelf.Find(log) : null) { Holds = isFirst };
        feed.Place = places.GetValueOrDefault(feed.Key, "");
        if (!isFirst || places.Count > 0)
        {
            feed.Start = SinceBegan();
        }

        feeds[feed.Key] = feed;
    }

    // Who comes later is read from when the caller began, or from when it said.
    private ReadLog SinceBegan()
    {
        var later = request.Filter?.Clone() ?? new V1.LogFilter();
        if (later.SinceMs == 0 || request.Last > 0)
        {
            later.SinceMs = began;
        }

        return new ReadLog { Filter = later };
    }

    private void Miss(LogHolder holder)
    {
        // A manager that has just started has not met its workers yet; whoever reads on was told before what is missing.
        var isUnknown = places.Count > 0 && holder.Logs.Count == 0;
        if (isUnknown || (request.Follow && holder.State is WorkerState.Registering or WorkerState.Stopped))
        {
            return;
        }

        NoteMissing(
            holder.Worker,
            holder.State switch
            {
                WorkerState.Stopped => "has stopped",
                WorkerState.Registering => "is just registering",
                _ => "is unreachable",
            }
        );
    }

    private void NoteMissing(string worker, string why)
    {
        if (told.Add(worker))
        {
            var then = request.Follow ? "its lines follow when it is back" : "its lines are missing here";
            Note($"{NameOf(worker)} {why}: {then}");
        }
    }

    private static string NameOf(string worker) => worker.Length == 0 ? "the manager" : worker;

    private static string ComponentOf(string log) => log.Split('.')[0];
}
