using System.Globalization;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Store.Sqlite;

/// <summary>
/// The schema as numbered migrations; <c>user_version</c> says how many were carried out. A migration that was released is never
/// changed, only followed by another. A golden dump in the tests holds the result.
/// </summary>
internal static class Schema
{
    /// <summary>Says that the file is ours: "OClw".</summary>
    public const int ApplicationId = 0x4F436C77;

    public static int Version => Migrations.Length;

    /// <summary>The states in which a worker holds a task, as SQL; the partial index below and its readers need the same words.</summary>
    public static string Held { get; } = "state IN " + In(Enum.GetValues<TaskState>().Where(Transitions.IsHeld));

    /// <summary>The guard of the statement that carries an event out: the states from which the table of transitions allows it.</summary>
    public static string Guard(On on) => "state IN " + In(Transitions.FromStates(on));

    /// <summary>The state's number, as SQL.</summary>
    public static string Number(TaskState state) => ((int)state).ToString(CultureInfo.InvariantCulture);

    /// <summary>The number of the state that the event leads to, as SQL.</summary>
    public static string Target(On on) => Number(Transitions.To(on));

    private static string In(IEnumerable<TaskState> states) => "(" + string.Join(",", states.Order().Select(Number)) + ")";

    public static void Migrate(Connection connection)
    {
        for (var version = (int)connection.Scalar("PRAGMA user_version"); version < Migrations.Length; version++)
        {
            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                connection.Execute(Migrations[version]);
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version + 1}"));
                connection.Execute("COMMIT");
            }
            catch (SqliteException)
            {
                // A crash or an error here leaves the version before: the migration is carried out at the next start.
                if (!connection.InAutocommit)
                {
                    connection.Execute("ROLLBACK");
                }

                throw;
            }
        }
    }

    // A task is spread over three tables by how often its parts are written: `tasks` is small and changes with every transition,
    // `bodies` is written once, `results` when an attempt ends. So a claim rewrites some 50 bytes and not a megabyte of payload.
    // Partial indexes hold only what waits or is held: ended tasks cost nothing there.
    private static readonly string[] Migrations =
    [
        """
            -- One row. The next number is never taken back, so numbers are never reused, also after pruning.
            -- The counts are those of `tasks` by state, kept with every transaction.
            CREATE TABLE meta (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                next_seq INTEGER NOT NULL,
                pending INTEGER NOT NULL DEFAULT 0,
                assigned INTEGER NOT NULL DEFAULT 0,
                running INTEGER NOT NULL DEFAULT 0,
                succeeded INTEGER NOT NULL DEFAULT 0,
                failed INTEGER NOT NULL DEFAULT 0,
                cancelled INTEGER NOT NULL DEFAULT 0,
                dead INTEGER NOT NULL DEFAULT 0
            );
            INSERT INTO meta (id, next_seq) VALUES (1, 1);

            -- ready and delayed count the waiting tasks of the lane, kept with every transaction.
            CREATE TABLE lanes (
                id INTEGER PRIMARY KEY,
                project TEXT NOT NULL,
                queue TEXT NOT NULL,
                type TEXT NOT NULL,
                ready INTEGER NOT NULL DEFAULT 0,
                delayed INTEGER NOT NULL DEFAULT 0,
                UNIQUE (project, queue, type)
            );

            -- An incarnation that ever held a task.
            CREATE TABLE holders (
                id INTEGER PRIMARY KEY,
                worker TEXT NOT NULL,
                incarnation INTEGER NOT NULL,
                UNIQUE (worker, incarnation)
            );

            -- due: unix milliseconds, 0 = ready. Other times: 0 = has not happened. holder: 0 = none yet.
            -- recorded: the attempt whose outcome was recorded last, 0 = none.
            CREATE TABLE tasks (
                seq INTEGER PRIMARY KEY,
                lane INTEGER NOT NULL,
                state INTEGER NOT NULL,
                priority INTEGER NOT NULL,
                due INTEGER NOT NULL,
                attempt INTEGER NOT NULL,
                recorded INTEGER NOT NULL,
                holder INTEGER NOT NULL,
                retries INTEGER NOT NULL,
                max_retries INTEGER NOT NULL,
                losses INTEGER NOT NULL,
                created INTEGER NOT NULL,
                assigned INTEGER NOT NULL,
                started INTEGER NOT NULL,
                finished INTEGER NOT NULL
            );
            CREATE INDEX tasks_ready ON tasks (lane, priority DESC) WHERE state = 0 AND due = 0;
            CREATE INDEX tasks_delayed ON tasks (due) WHERE state = 0 AND due > 0;
            CREATE INDEX tasks_held ON tasks (holder) WHERE state IN (1,2);
            CREATE INDEX tasks_ended_badly ON tasks (state) WHERE state >= 4;

            CREATE TABLE bodies (
                seq INTEGER PRIMARY KEY,
                timeout_ms INTEGER NOT NULL,
                task_key TEXT,
                labels TEXT,
                submitted_by TEXT NOT NULL,
                plugin_version TEXT,
                payload BLOB NOT NULL
            );

            CREATE TABLE results (
                seq INTEGER PRIMARY KEY,
                run_micros INTEGER NOT NULL DEFAULT 0,
                plugin_version TEXT,
                reason TEXT,
                cancelled_by TEXT,
                failure BLOB,
                late_result BLOB,
                result BLOB
            );

            CREATE TABLE keys (
                project TEXT NOT NULL,
                task_key TEXT NOT NULL,
                seq INTEGER NOT NULL,
                PRIMARY KEY (project, task_key)
            ) WITHOUT ROWID;

            CREATE TABLE leases (
                worker TEXT NOT NULL,
                incarnation INTEGER NOT NULL,
                manager TEXT NOT NULL,
                until INTEGER NOT NULL,
                PRIMARY KEY (worker, incarnation)
            ) WITHOUT ROWID;
            """,
        """
            -- The worker's mark; empty in rows of earlier versions until the worker registers again.
            ALTER TABLE leases ADD COLUMN identity TEXT NOT NULL DEFAULT '';
            """,
        """
            -- How long the lease was when it was promised, in milliseconds; 0 in rows of earlier versions.
            ALTER TABLE leases ADD COLUMN length INTEGER NOT NULL DEFAULT 0;

            -- Workers that an operator took out of service, until he gives them back.
            CREATE TABLE drains (
                worker TEXT PRIMARY KEY,
                since INTEGER NOT NULL,
                ordered_by TEXT NOT NULL,
                reason TEXT NOT NULL
            ) WITHOUT ROWID;
            """,
        """
            -- The last that died, by the time of their end: numbers say only when a task was submitted.
            CREATE INDEX tasks_dead ON tasks (finished) WHERE state = 6;
            """,
    ];
}
