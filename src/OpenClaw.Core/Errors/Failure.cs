namespace OpenClaw.Core.Errors;

/// <summary>
/// A failure as a value: an entry of the catalogue and what is particular to this occurrence.
/// Immutable; safe to share between threads.
/// </summary>
/// <param name="Entry">The entry of the catalogue.</param>
/// <param name="Message">One line: what failed, with names and positions, no final newline, no secret.</param>
/// <param name="Next">The next step for this occurrence; <see cref="NextStep"/> falls back to the entry's first cure.</param>
public sealed record Failure(ErrorEntry Entry, string Message, string? Next = null)
{
    /// <summary>The key of <see cref="Data"/> under which a silent connection carries for how many seconds nothing had come.</summary>
    public const string SilentSecondsKey = "silent_seconds";

    /// <summary>Machine-readable particulars (cause, file, line, limit…), for <c>--json</c> and RPC details.</summary>
    public IReadOnlyDictionary<string, string> Data { get; init; } = EmptyData;

    private static readonly IReadOnlyDictionary<string, string> EmptyData = new Dictionary<string, string>();

    public string Code => Entry.Code;

    /// <summary>
    /// The exit code of a command that ends with this failure: the entry's, unless the failure is another's. A task that failed because
    /// its payload is wrong is no wrong command line.
    /// </summary>
    public ExitCode Exit
    {
        get => exit ?? Entry.Exit;
        init => exit = value;
    }

    private readonly ExitCode? exit;

    /// <summary>What the user should do now.</summary>
    public string NextStep => Next ?? Entry.Cure[0];

    public override string ToString() => $"{Code}: {Message}";

    /// <summary>The failure as an exception, for the edges where only an exception can pass.</summary>
    public FailureException AsException(Exception? inner = null) => new(this, inner);
}

/// <summary>Carries a <see cref="Failure"/> to the one place that prints or sends it. The message is safe to show; the stack is not for users.</summary>
public sealed class FailureException(Failure failure, Exception? inner = null) : Exception(failure.ToString(), inner)
{
    public Failure Failure { get; } = failure;
}

/// <summary>A value, or the failure that stands in its place.</summary>
public readonly record struct Result<T>
{
    private readonly T? value;

    private Result(T? value, Failure? failure)
    {
        this.value = value;
        Failure = failure;
    }

    /// <summary>Null when there is a value.</summary>
    public Failure? Failure { get; }

    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(false, nameof(Failure))]
    public bool IsOk => Failure is null;

    /// <summary>The value. Throws <see cref="FailureException"/> when there is none.</summary>
    public T Value => Failure is null ? value! : throw Failure.AsException();

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Failure failure) => new(default, failure);
}
