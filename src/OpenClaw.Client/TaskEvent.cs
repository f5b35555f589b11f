namespace OpenClaw.Client;

/// <summary>
/// Something that happened to a watched task: a <see cref="TaskStateChanged"/>, a <see cref="TaskProgressed"/> or a
/// <see cref="TaskLogged"/>. More kinds may come: pass over those that you do not know.
/// </summary>
public abstract record TaskEvent
{
    private protected TaskEvent() { }
}

/// <summary>The task is in another state; also the first event of each watch.</summary>
/// <param name="Task">The task as it is now.</param>
public sealed record TaskStateChanged(TaskInfo Task) : TaskEvent;

/// <summary>The running attempt told how far it is.</summary>
/// <param name="Progress">How far.</param>
public sealed record TaskProgressed(TaskProgress Progress) : TaskEvent;

/// <summary>The running attempt wrote a line.</summary>
/// <param name="Level">DEBUG, INFO, WARN or ERROR.</param>
/// <param name="Text">The line, without its end.</param>
/// <param name="At">When, by the worker's clock.</param>
public sealed record TaskLogged(string Level, string Text, DateTimeOffset At) : TaskEvent;
