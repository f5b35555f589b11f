namespace OpenClaw.Core.Errors;

/// <summary>
/// One failure that OpenClaw can name. Every log line, task failure, health document, RPC error and
/// command-line error carries the <see cref="Code"/> of an entry; <c>clw explain CODE</c> prints the rest.
/// </summary>
public sealed record ErrorEntry
{
    /// <summary>The stable name: lower case, words joined by '-', starting with <c>clw-</c>. Never renamed, never reused.</summary>
    public required string Code { get; init; }

    /// <summary>A few words, without a final stop.</summary>
    public required string Title { get; init; }

    /// <summary>What the failure means for the user's work, in one to three sentences.</summary>
    public required string Meaning { get; init; }

    /// <summary>Likely causes, the most likely first.</summary>
    public required IReadOnlyList<string> Causes { get; init; }

    /// <summary>Commands or looks that tell the causes apart.</summary>
    public required IReadOnlyList<string> Checks { get; init; }

    /// <summary>What to do, the first step first. The first is also the default next step of a printed error.</summary>
    public required IReadOnlyList<string> Cure { get; init; }

    /// <summary>Codes that often come before, after or instead of this one.</summary>
    public IReadOnlyList<string> Related { get; init; } = [];

    /// <summary>The exit code of a command that ends with this failure.</summary>
    public required ExitCode Exit { get; init; }

    /// <summary>The gRPC status that carries this failure over the wire.</summary>
    public required FailureKind Kind { get; init; }
}

/// <summary>Exit codes of <c>clw</c>. Documented in <c>docs/errors.md</c>; never renumbered.</summary>
public enum ExitCode
{
    /// <summary>Done, or healthy.</summary>
    Ok = 0,

    /// <summary>The work itself failed: a task did not succeed, a cluster is degraded, a bug of ours.</summary>
    Failed = 1,

    /// <summary>The command line or the input is wrong; nothing was done.</summary>
    Usage = 2,

    /// <summary>The named thing does not exist.</summary>
    NotFound = 3,

    /// <summary>The manager, or another service, cannot be reached.</summary>
    Unreachable = 4,

    /// <summary>Understood and refused: not allowed, queue full, wrong state.</summary>
    Refused = 5,

    /// <summary>The configuration is wrong.</summary>
    Config = 6,

    /// <summary>Disk, database, port or another resource of this machine fails us.</summary>
    Resource = 7,

    /// <summary>Time ran out (the convention of <c>timeout(1)</c>).</summary>
    TimedOut = 124,

    /// <summary>Interrupted by Ctrl-C (128 + SIGINT).</summary>
    Interrupted = 130,
}

/// <summary>What sort of failure an entry is, as far as a caller's next move depends on it. Mapped one to one to gRPC status codes.</summary>
public enum FailureKind
{
    /// <summary>The caller's input is wrong; the same call fails again. INVALID_ARGUMENT.</summary>
    InvalidInput,

    /// <summary>NOT_FOUND.</summary>
    NotFound,

    /// <summary>The thing exists already. ALREADY_EXISTS.</summary>
    Conflict,

    /// <summary>Right input, wrong moment or state. FAILED_PRECONDITION.</summary>
    WrongState,

    /// <summary>A limit is reached; later it may go. RESOURCE_EXHAUSTED.</summary>
    Exhausted,

    /// <summary>Not signed in, or not with a valid token. UNAUTHENTICATED.</summary>
    NotSignedIn,

    /// <summary>Signed in, and not allowed. PERMISSION_DENIED.</summary>
    Forbidden,

    /// <summary>Nobody there, or going away; retry with backoff. UNAVAILABLE.</summary>
    Unavailable,

    /// <summary>DEADLINE_EXCEEDED.</summary>
    TimedOut,

    /// <summary>CANCELLED.</summary>
    Cancelled,

    /// <summary>A bug or a broken disk on our side. INTERNAL.</summary>
    Internal,

    /// <summary>The peer does not know the call. UNIMPLEMENTED.</summary>
    Unimplemented,
}
