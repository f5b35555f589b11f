using System.CommandLine;
using System.Globalization;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;
using LogFilter = OpenClaw.Core.Telemetry.LogFilter;

namespace OpenClaw.Cli.Commands.Logs;

/// <summary><c>clw logs</c>: the logs of all machines of the cluster, through its manager.</summary>
internal static class LogsCommand
{
    private const int MostLines = 10_000;
    private const int LastLines = 100;
    private const int LastLinesFollowed = 10;

    /// <summary>What <c>--component</c> takes, in the order of the help.</summary>
    public static IReadOnlyList<string> ComponentNames { get; } =
    [Components.Manager, Components.Worker, Components.Supervisor, Components.Task, Components.Gateway, Components.Shipper];

    private static readonly Option<bool> Follow = new("--follow", "-f")
    {
        Description = "Go on with lines as they are written, until Ctrl-C",
    };

    private static readonly Option<string[]> Component = new("--component")
    {
        Description = $"Lines about these alone: {string.Join(", ", ComponentNames)}",
        HelpName = "NAME",
    };

    private static readonly Option<string?> Since = new("--since")
    {
        Description = "Lines since then alone: 10m, 2h, 10:30, 2024-01-15T10:23:45Z (UTC)",
        HelpName = "TIME",
    };

    private static readonly Option<string?> Grep = new("--grep")
    {
        Description = "Lines that a regular expression matches",
        HelpName = "REGEX",
    };

    private static readonly Option<string?> OfTask = new("--task") { Description = "Lines of a task and about it", HelpName = "ID" };

    private static readonly Option<string[]> OfWorker = new("--worker")
    {
        Description = "The logs of these workers, and what the manager's says about them",
        HelpName = "W",
    };

    private static readonly Option<int?> Lines = LinesOption();

    private static Option<int?> LinesOption()
    {
        var option = Options.Int(
            "--lines",
            $"Begin with so many lines before the end ({LastLines}; {LastLinesFollowed} with --follow; all with --since)",
            0,
            MostLines
        );
        option.Aliases.Add("-n");
        return option;
    }

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "logs",
            "Show the logs of all machines of the cluster",
            RunAsync,
            [Follow, Component, Since, Grep, OfTask, OfWorker, Lines, .. ClusterSession.Options]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var request = Request(invocation);
        using var client = ClusterSession.OpenToLook(invocation);
        var view = new LogView(invocation, showsComponent: request.Filter.Components.Count != 1);
        try
        {
            await foreach (var batch in client.LogsAsync(request, invocation.Cancellation))
            {
                view.Show(batch);
            }
        }
        catch (Exception e)
            when (request.Follow && invocation.Cancellation.IsCancellationRequested && e is OperationCanceledException or FailureException)
        {
            // Ctrl-C: that is how following ends.
        }

        return (int)ExitCode.Ok;
    }

    private static LogsRequest Request(Invocation invocation)
    {
        var now = invocation.Time.GetUtcNow();
        var follow = invocation.Get(Follow);
        var since = invocation.Get(Since) is { } text ? TimeOf(text, now) : (DateTimeOffset?)null;
        var pattern = invocation.Get(Grep) ?? "";

        // Before a cluster is asked: the mistake is here.
        if (LogFilter.Create([], pattern: pattern).Failure is { } wrong)
        {
            throw (wrong with { Message = $"--grep: {wrong.Message}" }).AsException();
        }

        var last =
            invocation.Get(Lines)
            ?? (
                since is not null ? 0
                : follow ? LastLinesFollowed
                : LastLines
            );
        if (invocation.Get(Lines) == 0)
        {
            if (!follow)
            {
                throw new Failure(
                    Catalogue.Usage,
                    "--lines 0 without --follow shows nothing",
                    "Give --follow as well, or a number"
                ).AsException();
            }

            since = now;
        }

        var filter = new V1.LogFilter
        {
            Task = invocation.Get(OfTask) ?? "",
            Pattern = pattern,
            SinceMs = since?.ToUnixTimeMilliseconds() ?? 0,
        };
        filter.Components.AddRange(Named(invocation));
        var request = new LogsRequest
        {
            Filter = filter,
            Last = last,
            Follow = follow,
            BeganMs = now.ToUnixTimeMilliseconds(),
        };
        request.Workers.AddRange(Parts(invocation.Get(OfWorker)));
        return request;
    }

    private static IEnumerable<string> Named(Invocation invocation)
    {
        foreach (var name in Parts(invocation.Get(Component)).Distinct(StringComparer.Ordinal))
        {
            if (!ComponentNames.Contains(name))
            {
                var near = NearestName.Find(name, ComponentNames) is { } found ? $"; did you mean {found}?" : "";
                throw new Failure(
                    Catalogue.Usage,
                    $"--component: there is no component '{name}'{near}",
                    $"One of them: {string.Join(", ", ComponentNames)}"
                ).AsException();
            }

            yield return name;
        }
    }

    private static IEnumerable<string> Parts(string[]? words) =>
        (words ?? []).SelectMany(w => w.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>What <c>--since</c> means: a span before now, a time of day, or a time.</summary>
    internal static DateTimeOffset TimeOf(string text, DateTimeOffset now)
    {
        if (SettingTypes.Duration.TryParse(text, out var span) && span >= TimeSpan.Zero && span < now - DateTimeOffset.UnixEpoch)
        {
            return now - span;
        }

        // A time of day is today's, or yesterday's when it is still to come.
        if (TimeOnly.TryParse(text, CultureInfo.InvariantCulture, out var ofDay))
        {
            var today = new DateTimeOffset(DateOnly.FromDateTime(now.UtcDateTime), ofDay, TimeSpan.Zero);
            return today > now ? today.AddDays(-1) : today;
        }

        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, utc, out var at) && at > DateTimeOffset.UnixEpoch
            ? at
            : throw new Failure(
                Catalogue.Usage,
                $"--since takes a span or a time, not '{text}'",
                "For example: --since 10m, --since 2h, --since 10:30, --since 2024-01-15T10:23:45Z"
            ).AsException();
    }
}
