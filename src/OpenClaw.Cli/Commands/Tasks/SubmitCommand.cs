using System.CommandLine;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary><c>clw task submit</c>: one task, or a batch.</summary>
internal static class SubmitCommand
{
    private static readonly Option<bool> Wait = new("--wait", "-w") { Description = "Wait for the end; show progress and the result" };

    private static readonly Option<string?> File = new("--file", "-f")
    {
        Description = "A batch: one JSON object with type and payload a line; - reads the input",
        HelpName = "FILE",
    };

    private static readonly Option<bool> SkipBad = new("--skip-bad")
    {
        Description = "Leave bad lines of a batch out instead of refusing it",
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "submit",
            "Submit a task, or a batch of them; prints the id",
            RunAsync,
            [.. SpecOptions.All, Wait, File, SkipBad, .. ClusterSession.Options]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var spec = SpecOptions.Read(invocation);
        if (invocation.Get(File) is { } file)
        {
            if (SpecOptions.HasPayload(invocation) || SpecOptions.HasKey(invocation))
            {
                throw Usage("--payload and --key belong to one task; in a batch they stand in the lines").AsException();
            }

            return await SubmitBatch.RunAsync(invocation, file, spec, invocation.Get(SkipBad), invocation.Get(Wait));
        }

        if (spec.Type.Length == 0)
        {
            throw Usage("clw task submit needs a type, or --file for a batch").AsException();
        }

        spec.Payload = await SpecOptions.ReadPayloadAsync(invocation);
        using var client = ClusterSession.Open(invocation);
        var submitted = (await client.SubmitAsync(spec, invocation.Cancellation)).Value;
        if (invocation.Get(Wait))
        {
            return await FollowAsync(invocation, client, submitted, spec.Type);
        }

        if (invocation.Json)
        {
            Json.Write(
                invocation.Terminal,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("id", submitted.Id);
                    writer.WriteBoolean("created", submitted.Created);
                    writer.WriteBoolean("unserved", submitted.Unserved);
                    writer.WriteEndObject();
                }
            );
            return 0;
        }

        invocation.Terminal.WriteLine(submitted.Id);
        NoteExisting(invocation, submitted);
        NoteUnserved(invocation, submitted.Unserved ? [spec.Type] : []);
        return 0;
    }

    private static void NoteExisting(Invocation invocation, SubmitResponse submitted)
    {
        if (!submitted.Created)
        {
            invocation.Terminal.Note("note: a task with this key is there already; this is its id, and nothing new was stored");
        }
    }

    /// <summary>Says that tasks wait for a worker that is not there.</summary>
    internal static void NoteUnserved(Invocation invocation, IEnumerable<string> types)
    {
        foreach (var type in types)
        {
            invocation.Terminal.Note($"note: no worker serves '{type}' now; its tasks wait until one does (clw plugin list)");
        }
    }

    // The id and the result are the output; what happens in between goes to the person.
    private static async Task<int> FollowAsync(Invocation invocation, WireClient client, SubmitResponse submitted, string type)
    {
        var terminal = invocation.Terminal;
        if (!invocation.Json)
        {
            terminal.WriteLine(submitted.Id);
            terminal.Out.Flush();
            NoteExisting(invocation, submitted);
            NoteUnserved(invocation, submitted.Unserved ? [type] : []);
        }

        V1.Task? last = null;
        var follower = new TaskFollower(invocation.Time);
        try
        {
            await foreach (var happened in client.WatchAsync(submitted.Id, invocation.Cancellation))
            {
                last = happened.Task ?? last;
                if (follower.Line(happened) is { } line)
                {
                    terminal.Note(line);
                }
            }
        }
        catch (Exception e) when (invocation.Cancellation.IsCancellationRequested && e is OperationCanceledException or FailureException)
        {
            throw new Failure(
                Catalogue.Interrupted,
                "The wait was interrupted; the task goes on",
                $"Wait for it again: clw task wait {submitted.Id}"
            ).AsException(e);
        }

        var ended = last ?? (await client.GetAsync(submitted.Id, invocation.Cancellation)).Value;
        return ShowEnd(invocation, follower, ended);
    }

    private static int ShowEnd(Invocation invocation, TaskFollower follower, V1.Task task)
    {
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => TaskJson.Write(writer, task));
            return (int)(task.State == TaskState.Succeeded ? ExitCode.Ok : ExitCode.Failed);
        }

        if (task.State == TaskState.Succeeded)
        {
            invocation.Terminal.WriteLine(task.Result.IsEmpty ? "null" : task.Result.ToStringUtf8());
            return 0;
        }

        foreach (var line in follower.Unshown(task.Failure))
        {
            invocation.Terminal.Note($"  {Table.OneLine(line)}");
        }

        throw FailureOf(task).AsException();
    }

    // A plugin's own code is in no catalogue.
    private static string OwnCode(V1.Task task) => task.Failure is { Code: var code } && Catalogue.Find(code) is null ? code + ": " : "";

    private static Failure FailureOf(V1.Task task) =>
        task.State == TaskState.Cancelled
            ? new(
                Catalogue.TaskCancelled,
                $"{task.Id} was cancelled{(task.Reason.Length > 0 ? $": {task.Reason}" : "")}",
                $"To run it after all: clw task retry {task.Id}"
            )
            {
                Exit = ExitCode.Failed,
            }
            : new Failure(
                Catalogue.Find(task.Failure?.Code ?? "") ?? Catalogue.TaskFailed,
                $"{task.Id} ended {TaskMessages.Name(task.State)}: {OwnCode(task)}{task.Failure?.Message}",
                $"See everything about it: clw task show {task.Id}"
            )
            {
                // The code is the task's; the command line was in order.
                Exit = ExitCode.Failed,
            };

    private static Failure Usage(string message) => new(Catalogue.Usage, message, "See what it takes: clw task submit --help");
}
