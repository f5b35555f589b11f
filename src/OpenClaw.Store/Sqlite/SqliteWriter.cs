using OpenClaw.Core.Errors;

namespace OpenClaw.Store.Sqlite;

/// <summary>Carries out operations on the one connection that writes. Used by one caller at a time.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly string path;
    private readonly Connection connection;
    private readonly TimeProvider clock;
    private readonly WriterState state;
    private readonly RecordReader records;
    private readonly Submissions submissions;
    private readonly Claims claims;
    private readonly Outcomes outcomes;
    private readonly Returns returns;
    private readonly CancelAndRetry cancelAndRetry;
    private readonly Housekeeping housekeeping;
    private readonly bool unsafeAckBeforeCommit;
    private readonly Statement begin;
    private readonly Statement commit;

    public SqliteWriter(string path, Connection connection, SqliteOptions options)
    {
        this.path = path;
        this.connection = connection;
        clock = options.Clock;
        unsafeAckBeforeCommit = options.UnsafeAckBeforeCommit;
        state = new WriterState(connection);
        records = new RecordReader(connection);
        submissions = new Submissions(connection, state, options.MostLanes);
        claims = new Claims(connection, state);
        outcomes = new Outcomes(connection, state);
        returns = new Returns(connection, state);
        cancelAndRetry = new CancelAndRetry(connection, state, records);
        housekeeping = new Housekeeping(connection, state, options);
        begin = connection.Prepare("BEGIN IMMEDIATE");
        commit = connection.Prepare(options.Commit);
    }

    /// <summary>Read by any thread.</summary>
    public IReadOnlyDictionary<string, long> DelayedByQueue => state.DelayedByQueue;

    /// <exception cref="FailureException">Nothing was stored.</exception>
    /// <exception cref="CommitUncertainException">Whether it was stored is unknown.</exception>
    public void Execute(IReadOnlyList<StoreOperation> operations)
    {
        try
        {
            begin.Run();
            // Never back: what is stored later has no earlier time.
            state.Now = Math.Max(state.Now, clock.GetUtcNow().ToUnixTimeMilliseconds());
            foreach (var operation in operations)
            {
                Execute(operation);
            }

            state.Flush();
            if (unsafeAckBeforeCommit)
            {
                AcknowledgeTooEarly(operations);
            }
        }
        catch (Exception error)
        {
            Undo(error);
            throw error is SqliteException sqlite
                ? SqliteErrors.ToFailure(sqlite, path).AsException(sqlite)
                : new InvalidOperationException("An operation of the store is broken.", error);
        }

        try
        {
            commit.Run();
        }
        catch (SqliteException error) when (error.Code is Native.Full)
        {
            // No room for the last pages: the mark that makes a transaction count comes after them and was not written.
            Undo(error);
            throw SqliteErrors.ToFailure(error, path).AsException(error);
        }
        catch (SqliteException error)
        {
            // The transaction may have reached the log before the error. A crash here leaves it to the next start to find out.
            throw new CommitUncertainException($"The commit to {path} ended with an error: {error.Message}", error);
        }
    }

    public void Dispose() => connection.Dispose();

    private void Execute(StoreOperation operation)
    {
        switch (operation)
        {
            case SubmitOperation submit:
                submissions.Execute(submit);
                break;
            case ClaimOperation claim:
                claims.Execute(claim);
                break;
            case StartedOperation started:
                outcomes.Execute(started);
                break;
            case OutcomeOperation outcome:
                outcomes.Execute(outcome);
                break;
            case ReturnOperation back:
                returns.Execute(back);
                break;
            case ReleaseOperation release:
                returns.Execute(release);
                break;
            case CancelOperation cancel:
                cancelAndRetry.Execute(cancel);
                break;
            case RetryOperation retry:
                cancelAndRetry.Execute(retry);
                break;
            case LeaseOperation lease:
                housekeeping.Execute(lease);
                break;
            case ExtendLeasesOperation extend:
                housekeeping.Execute(extend);
                break;
            case DrainOperation drain:
                housekeeping.Execute(drain);
                break;
            case PromoteOperation promote:
                housekeeping.Execute(promote);
                break;
            case PruneOperation prune:
                housekeeping.Execute(prune);
                break;
            default:
                throw new NotSupportedException($"{operation.GetType().Name} is not an operation that this engine knows.");
        }
    }

    // The fault that the chaos test plants; see SqliteOptions.
    private static void AcknowledgeTooEarly(IReadOnlyList<StoreOperation> operations)
    {
        foreach (var operation in operations)
        {
            operation.Settle(null);
        }

        using var never = new ManualResetEventSlim();
        never.Wait(10);
    }

    /// <summary>Rolls back and forgets what the transaction had changed in memory.</summary>
    private void Undo(Exception cause)
    {
        try
        {
            if (!connection.InAutocommit)
            {
                connection.Execute("ROLLBACK");
            }

            records.Forget();
            housekeeping.Forget();
            state.Load();
        }
        catch (SqliteException error)
        {
            throw new CommitUncertainException($"A transaction of {path} could not be undone: {error.Message}", cause);
        }
    }
}
