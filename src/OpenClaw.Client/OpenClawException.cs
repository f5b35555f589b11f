using OpenClaw.Core.Errors;

namespace OpenClaw.Client;

/// <summary>
/// Something failed that is no fault of the calling program: the cluster is away, a queue is full, a task is not known. Its
/// <see cref="Code"/> is an entry of the catalogue (docs/errors.md; <c>clw explain CODE</c>) and never changes its meaning; the texts may.
/// </summary>
public class OpenClawException : Exception
{
    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>For tests of programs that use the client: it throws these itself.</summary>
    /// <param name="code">The code of the catalogue, <c>clw-…</c>.</param>
    /// <param name="reason">What failed, in one line.</param>
    /// <param name="nextStep">What to do now.</param>
    /// <param name="kind">What sort of failure it is.</param>
    /// <param name="details">The particulars; null for none.</param>
    /// <param name="inner">What caused it, when that was an exception.</param>
    public OpenClawException(
        string code,
        string reason,
        string nextStep,
        ErrorKind kind,
        IReadOnlyDictionary<string, string>? details = null,
        Exception? inner = null
    )
        : base($"{code}: {reason.TrimEnd('.')}. {nextStep}", inner)
    {
        Code = code;
        Reason = reason;
        NextStep = nextStep;
        Kind = kind;
        Details = details ?? Nothing;
    }

    /// <summary>The stable name of the failure, such as <c>clw-task-not-found</c>. The common ones are in <see cref="ErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>What failed, with names, in one line; safe to show to a user. <see cref="Exception.Message"/> has the code and the next step as well.</summary>
    public string Reason { get; }

    /// <summary>What to do now, in one line.</summary>
    public string NextStep { get; }

    /// <summary>What sort of failure it is, as far as a program's next move depends on it.</summary>
    public ErrorKind Kind { get; }

    /// <summary>Particulars that a program can read, such as <c>acknowledged</c> and <c>uncertain</c> after a bulk submission; never null.</summary>
    public IReadOnlyDictionary<string, string> Details { get; }

    /// <summary>Whether the same call may go well later: nobody answered, or a limit was reached.</summary>
    public bool IsTransient => Kind is ErrorKind.Unavailable or ErrorKind.Exhausted or ErrorKind.TimedOut;

    internal static OpenClawException From(Failure failure, Exception? inner = null) =>
        new(failure.Code, failure.Message, failure.NextStep, (ErrorKind)failure.Entry.Kind, failure.Data, inner);
}

/// <summary>A task whose result was asked for has ended without one: it failed, was cancelled, or was given up.</summary>
public sealed class TaskFailedException : OpenClawException
{
    /// <summary>For tests of programs that use the client: it throws these itself.</summary>
    /// <param name="task">A task that has ended, and not well.</param>
    public TaskFailedException(TaskInfo task)
        : base(CodeOf(task), ReasonOf(task), $"Look closer with: clw task show {task.Id}", ErrorKind.WrongState)
    {
        Task = task;
    }

    /// <summary>The task as it ended, with its <see cref="TaskInfo.Failure"/>.</summary>
    public TaskInfo Task { get; }

    private static string CodeOf(TaskInfo task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.State == TaskState.Cancelled ? ErrorCodes.TaskCancelled : task.Failure?.Code ?? ErrorCodes.TaskFailed;
    }

    private static string ReasonOf(TaskInfo task)
    {
        var why = task.State == TaskState.Cancelled ? task.Reason : task.Failure?.Message;
        return $"{task.Id} ({task.Type}) ended {task.State}{(string.IsNullOrEmpty(why) ? "" : $": {why}")}";
    }
}

/// <summary>What sort of failure it is, as far as a program's next move depends on it.</summary>
public enum ErrorKind
{
    /// <summary>The input is wrong; the same call fails again.</summary>
    InvalidInput,

    /// <summary>There is no such thing.</summary>
    NotFound,

    /// <summary>The thing exists already, and is another.</summary>
    Conflict,

    /// <summary>The input is right and the moment or the state is not.</summary>
    WrongState,

    /// <summary>A limit is reached; later it may go.</summary>
    Exhausted,

    /// <summary>The token is missing or not accepted.</summary>
    NotSignedIn,

    /// <summary>The token is accepted, and does not allow this.</summary>
    Forbidden,

    /// <summary>Nobody is there, or whoever is goes away; later it may go.</summary>
    Unavailable,

    /// <summary>Time ran out.</summary>
    TimedOut,

    /// <summary>The call was given up.</summary>
    Cancelled,

    /// <summary>A bug, or a broken disk, on the cluster's side.</summary>
    Internal,

    /// <summary>The manager does not know the call: it is older than this client.</summary>
    Unimplemented,
}
