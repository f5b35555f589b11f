using System.CommandLine;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;
using TaskState = OpenClaw.V1.TaskState;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary><c>clw task …</c>, all but submit and wait.</summary>
internal static class TaskCommands
{
    private const int LargestLimit = 1_000_000;

    /// <summary>Written out: asking the table of transitions would make every start of clw build it.</summary>
    internal const string StateNames = "PENDING, ASSIGNED, RUNNING, SUCCEEDED, FAILED, CANCELLED, DEAD";

    private static readonly Option<string[]> Status = new("--status", "-s")
    {
        Description = "Only tasks in this state: " + StateNames,
        HelpName = "STATE",
    };

    private static readonly Option<string?> Type = new("--type", "-t") { Description = "Only tasks of this type", HelpName = "TYPE" };
    private static readonly Option<string?> Worker = new("--worker")
    {
        Description = "Only tasks that this worker holds or held last",
        HelpName = "ID",
    };
    private static readonly Option<string?> Queue = new("--queue") { Description = "Only tasks of this queue", HelpName = "NAME" };
    private static readonly Option<string?> Project = new("--project") { Description = "Only tasks of this project", HelpName = "NAME" };
    private static readonly Option<string?> Key = new("--key") { Description = "Only the task with this key", HelpName = "KEY" };
    private static readonly Option<string[]> Label = new("--label", "-l")
    {
        Description = "Only tasks with this label; repeated, with all of them",
        HelpName = "NAME=VALUE",
    };

    private static readonly Option<int?> Limit = Options.Int("--limit", "At most this many, newest first [100]", 1, LargestLimit);

    private static readonly Argument<string> Id = new("id") { Description = "The task's id" };
    private static readonly Argument<string[]> Ids = new("ids") { Description = "Ids of tasks", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string[]> SomeIds = new("ids") { Description = "Ids of tasks", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string[]> TaskIdOption = new("--task-id")
    {
        Description = "Id of a task; the same as naming it",
        HelpName = "ID",
    };

    private static readonly Option<string?> Reason = new("--reason") { Description = "Kept with the task", HelpName = "TEXT" };

    private static readonly Option<bool> Force = new("--force", "-f") { Description = "Don't ask, and stop it when a worker holds it" };

    public static Command Create(VerbRunner run)
    {
        var session = ClusterSession.Options;
        return new("task", "Submit work and look after it")
        {
            SubmitCommand.Create(run),
            CommandTree.Verb(
                run,
                "list",
                "List tasks, newest first; filters combine",
                ListAsync,
                [Status, Type, Worker, Queue, Project, Key, Label, Limit, Watch.Flag, .. session]
            ),
            CommandTree.Verb(run, "show", "Show everything about a task", ShowAsync, [Id, Watch.Flag, .. session]),
            WaitCommand.Create(run),
            CommandTree.Verb(run, "cancel", "Cancel tasks", CancelAsync, [SomeIds, TaskIdOption, Reason, Force, .. session]),
            CommandTree.Verb(run, "retry", "Put tasks that ended without success back into the queue", RetryAsync, [Ids, .. session]),
        };
    }

    private static async Task<int> ListAsync(Invocation invocation)
    {
        var request = new ListRequest
        {
            Type = invocation.Get(Type) ?? "",
            Worker = invocation.Get(Worker) ?? "",
            Queue = invocation.Get(Queue) ?? "",
            Project = invocation.Get(Project) ?? "",
            Key = invocation.Get(Key) ?? "",
        };
        request.States.AddRange(States(invocation.Get(Status) ?? []));
        SpecOptions.AddLabels(request.Labels, invocation.Get(Label) ?? []);
        var limit = invocation.Get(Limit) ?? 100;
        using var client = ClusterSession.OpenToLook(invocation);
        if (invocation.Get(Watch.Flag))
        {
            return await Watch.RepeatAsync(
                invocation,
                async () => FrameOf(invocation, await NewestAsync(invocation, client, request, limit))
            );
        }

        var tasks = await NewestAsync(invocation, client, request, limit);
        if (tasks.Count == limit && invocation.Get(Limit) is null)
        {
            invocation.Terminal.Note($"note: the newest {limit} tasks; --limit shows more");
        }

        var frame = FrameOf(invocation, tasks);
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, frame.Json);
            return 0;
        }

        foreach (var line in frame.Lines)
        {
            invocation.Terminal.WriteLine(line);
        }

        return 0;
    }

    private static async Task<List<V1.Task>> NewestAsync(Invocation invocation, WireClient client, ListRequest request, int limit)
    {
        var tasks = new List<V1.Task>();
        await foreach (var task in client.ListAllAsync(request, limit, invocation.Cancellation))
        {
            tasks.Add(task);
        }

        return tasks;
    }

    private static WatchFrame FrameOf(Invocation invocation, List<V1.Task> tasks) =>
        new(
            [.. TaskTable.Lines(invocation.Terminal, tasks, invocation.Time.GetUtcNow().ToUnixTimeMilliseconds())],
            writer =>
            {
                writer.WriteStartArray();
                tasks.ForEach(task => TaskJson.Write(writer, task));
                writer.WriteEndArray();
            }
        );

    /// <summary>States as they were named, several with commas between too.</summary>
    internal static IEnumerable<TaskState> States(IEnumerable<string> given)
    {
        foreach (var name in given.SelectMany(g => g.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (TaskMessages.ParseState(name) is not { } state)
            {
                var near = NearestName.Find(name, Transitions.AllNames);
                throw new Failure(
                    Catalogue.Usage,
                    $"there is no state '{name}'{(near is null ? "" : $"; did you mean {near}?")}",
                    $"States are {string.Join(", ", Transitions.AllNames)}"
                ).AsException();
            }

            yield return state;
        }
    }

    private static async Task<int> ShowAsync(Invocation invocation)
    {
        using var client = ClusterSession.OpenToLook(invocation);
        if (invocation.Get(Watch.Flag))
        {
            return await ShowTask.WatchAsync(invocation, client, invocation.Get(Id)!);
        }

        var task = (await client.GetAsync(invocation.Get(Id)!, invocation.Cancellation)).Value;
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => TaskJson.Write(writer, task));
        }
        else
        {
            foreach (var line in TaskView.Lines(invocation.Terminal, task))
            {
                invocation.Terminal.WriteLine(line);
            }
        }

        return 0;
    }

    private static async Task<int> CancelAsync(Invocation invocation)
    {
        string[] ids = [.. invocation.Get(SomeIds) ?? [], .. invocation.Get(TaskIdOption) ?? []];
        if (ids.Length == 0)
        {
            throw new Failure(
                Catalogue.Usage,
                "clw task cancel needs the id of a task",
                "See what it takes: clw task cancel --help"
            ).AsException();
        }

        var force = invocation.Get(Force);
        if (!force && invocation.Terminal.CanAsk && !Confirm(invocation.Terminal, ids))
        {
            throw new Failure(Catalogue.Interrupted, "Nothing was cancelled.", "Say yes, or --force").AsException();
        }

        var reason = invocation.Get(Reason) ?? "";
        using var client = ClusterSession.Open(invocation);
        return await EachAsync(
            invocation,
            ids,
            "cancelled",
            async id =>
            {
                var result = await client.CancelAsync(id, reason, force, invocation.Cancellation);
                return result.Failure is { } failure && failure.Entry == Catalogue.TaskWrongState && !force && failure.Next is null
                    ? failure with
                    {
                        Next = $"If a worker holds it, stop it with: clw task cancel --force {id}",
                    }
                    : result;
            }
        );
    }

    private static bool Confirm(Terminal terminal, string[] ids)
    {
        terminal.Flush();
        terminal.Error.Write(ids.Length == 1 ? $"Cancel {ids[0]}? [y/N] " : $"Cancel {ids.Length} tasks? [y/N] ");
        terminal.Error.Flush();
        using var input = new StreamReader(terminal.OpenInput());
        return input.ReadLine()?.Trim() is "y" or "Y" or "yes" or "Yes";
    }

    private static async Task<int> RetryAsync(Invocation invocation)
    {
        using var client = ClusterSession.Open(invocation);
        return await EachAsync(invocation, invocation.Get(Ids)!, "queued again", id => client.RetryAsync(id, invocation.Cancellation));
    }

    // Each is tried; the first failure decides the exit code, and all are shown.
    private static async Task<int> EachAsync(Invocation invocation, string[] ids, string done, Func<string, Task<Result<V1.Task>>> change)
    {
        var code = ExitCode.Ok;
        foreach (var id in ids)
        {
            var result = await change(id);
            if (!result.IsOk)
            {
                invocation.Cancellation.ThrowIfCancellationRequested();
                FailurePrinter.Print(invocation.Terminal, Hint.For(result.Failure, id), invocation.Json);
                code = code == ExitCode.Ok ? result.Failure.Entry.Exit : code;
                if (result.Failure.Entry.Kind == FailureKind.Unavailable)
                {
                    break;
                }
            }
            else if (invocation.Json)
            {
                Json.WriteLine(invocation.Terminal, writer => TaskJson.Write(writer, result.Value));
            }
            else
            {
                invocation.Terminal.WriteLine($"{result.Value.Id} {done}");
            }
        }

        return (int)code;
    }
}
