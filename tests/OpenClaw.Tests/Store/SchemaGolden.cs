namespace OpenClaw.Tests.Store;

/// <summary>Schemas as they were released. One is added with each migration; none is ever changed.</summary>
internal static class SchemaGolden
{
    public const string Version1 = """
        CREATE TABLE bodies (
        seq INTEGER PRIMARY KEY,
        timeout_ms INTEGER NOT NULL,
        task_key TEXT,
        labels TEXT,
        submitted_by TEXT NOT NULL,
        plugin_version TEXT,
        payload BLOB NOT NULL
        )
        CREATE TABLE holders (
        id INTEGER PRIMARY KEY,
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        UNIQUE (worker, incarnation)
        )
        CREATE TABLE keys (
        project TEXT NOT NULL,
        task_key TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (project, task_key)
        ) WITHOUT ROWID
        CREATE TABLE lanes (
        id INTEGER PRIMARY KEY,
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        type TEXT NOT NULL,
        ready INTEGER NOT NULL DEFAULT 0,
        delayed INTEGER NOT NULL DEFAULT 0,
        UNIQUE (project, queue, type)
        )
        CREATE TABLE leases (
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        manager TEXT NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (worker, incarnation)
        ) WITHOUT ROWID
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
        )
        CREATE TABLE results (
        seq INTEGER PRIMARY KEY,
        run_micros INTEGER NOT NULL DEFAULT 0,
        plugin_version TEXT,
        reason TEXT,
        cancelled_by TEXT,
        failure BLOB,
        late_result BLOB,
        result BLOB
        )
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
        )
        CREATE INDEX tasks_delayed ON tasks (due) WHERE state = 0 AND due > 0
        CREATE INDEX tasks_ended_badly ON tasks (state) WHERE state >= 4
        CREATE INDEX tasks_held ON tasks (holder) WHERE state IN (1,2)
        CREATE INDEX tasks_ready ON tasks (lane, priority DESC) WHERE state = 0 AND due = 0
        """;

    public const string Version2 = """
        CREATE TABLE bodies (
        seq INTEGER PRIMARY KEY,
        timeout_ms INTEGER NOT NULL,
        task_key TEXT,
        labels TEXT,
        submitted_by TEXT NOT NULL,
        plugin_version TEXT,
        payload BLOB NOT NULL
        )
        CREATE TABLE holders (
        id INTEGER PRIMARY KEY,
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        UNIQUE (worker, incarnation)
        )
        CREATE TABLE keys (
        project TEXT NOT NULL,
        task_key TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (project, task_key)
        ) WITHOUT ROWID
        CREATE TABLE lanes (
        id INTEGER PRIMARY KEY,
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        type TEXT NOT NULL,
        ready INTEGER NOT NULL DEFAULT 0,
        delayed INTEGER NOT NULL DEFAULT 0,
        UNIQUE (project, queue, type)
        )
        CREATE TABLE leases (
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        manager TEXT NOT NULL,
        until INTEGER NOT NULL, identity TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (worker, incarnation)
        ) WITHOUT ROWID
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
        )
        CREATE TABLE results (
        seq INTEGER PRIMARY KEY,
        run_micros INTEGER NOT NULL DEFAULT 0,
        plugin_version TEXT,
        reason TEXT,
        cancelled_by TEXT,
        failure BLOB,
        late_result BLOB,
        result BLOB
        )
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
        )
        CREATE INDEX tasks_delayed ON tasks (due) WHERE state = 0 AND due > 0
        CREATE INDEX tasks_ended_badly ON tasks (state) WHERE state >= 4
        CREATE INDEX tasks_held ON tasks (holder) WHERE state IN (1,2)
        CREATE INDEX tasks_ready ON tasks (lane, priority DESC) WHERE state = 0 AND due = 0
        """;

    public const string Version3 = """
        CREATE TABLE bodies (
        seq INTEGER PRIMARY KEY,
        timeout_ms INTEGER NOT NULL,
        task_key TEXT,
        labels TEXT,
        submitted_by TEXT NOT NULL,
        plugin_version TEXT,
        payload BLOB NOT NULL
        )
        CREATE TABLE drains (
        worker TEXT PRIMARY KEY,
        since INTEGER NOT NULL,
        ordered_by TEXT NOT NULL,
        reason TEXT NOT NULL
        ) WITHOUT ROWID
        CREATE TABLE holders (
        id INTEGER PRIMARY KEY,
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        UNIQUE (worker, incarnation)
        )
        CREATE TABLE keys (
        project TEXT NOT NULL,
        task_key TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (project, task_key)
        ) WITHOUT ROWID
        CREATE TABLE lanes (
        id INTEGER PRIMARY KEY,
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        type TEXT NOT NULL,
        ready INTEGER NOT NULL DEFAULT 0,
        delayed INTEGER NOT NULL DEFAULT 0,
        UNIQUE (project, queue, type)
        )
        CREATE TABLE leases (
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        manager TEXT NOT NULL,
        until INTEGER NOT NULL, identity TEXT NOT NULL DEFAULT '', length INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (worker, incarnation)
        ) WITHOUT ROWID
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
        )
        CREATE TABLE results (
        seq INTEGER PRIMARY KEY,
        run_micros INTEGER NOT NULL DEFAULT 0,
        plugin_version TEXT,
        reason TEXT,
        cancelled_by TEXT,
        failure BLOB,
        late_result BLOB,
        result BLOB
        )
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
        )
        CREATE INDEX tasks_delayed ON tasks (due) WHERE state = 0 AND due > 0
        CREATE INDEX tasks_ended_badly ON tasks (state) WHERE state >= 4
        CREATE INDEX tasks_held ON tasks (holder) WHERE state IN (1,2)
        CREATE INDEX tasks_ready ON tasks (lane, priority DESC) WHERE state = 0 AND due = 0
        """;

    public const string Version4 = """
        CREATE TABLE bodies (
        seq INTEGER PRIMARY KEY,
        timeout_ms INTEGER NOT NULL,
        task_key TEXT,
        labels TEXT,
        submitted_by TEXT NOT NULL,
        plugin_version TEXT,
        payload BLOB NOT NULL
        )
        CREATE TABLE drains (
        worker TEXT PRIMARY KEY,
        since INTEGER NOT NULL,
        ordered_by TEXT NOT NULL,
        reason TEXT NOT NULL
        ) WITHOUT ROWID
        CREATE TABLE holders (
        id INTEGER PRIMARY KEY,
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        UNIQUE (worker, incarnation)
        )
        CREATE TABLE keys (
        project TEXT NOT NULL,
        task_key TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (project, task_key)
        ) WITHOUT ROWID
        CREATE TABLE lanes (
        id INTEGER PRIMARY KEY,
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        type TEXT NOT NULL,
        ready INTEGER NOT NULL DEFAULT 0,
        delayed INTEGER NOT NULL DEFAULT 0,
        UNIQUE (project, queue, type)
        )
        CREATE TABLE leases (
        worker TEXT NOT NULL,
        incarnation INTEGER NOT NULL,
        manager TEXT NOT NULL,
        until INTEGER NOT NULL, identity TEXT NOT NULL DEFAULT '', length INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (worker, incarnation)
        ) WITHOUT ROWID
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
        )
        CREATE TABLE results (
        seq INTEGER PRIMARY KEY,
        run_micros INTEGER NOT NULL DEFAULT 0,
        plugin_version TEXT,
        reason TEXT,
        cancelled_by TEXT,
        failure BLOB,
        late_result BLOB,
        result BLOB
        )
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
        )
        CREATE INDEX tasks_dead ON tasks (finished) WHERE state = 6
        CREATE INDEX tasks_delayed ON tasks (due) WHERE state = 0 AND due > 0
        CREATE INDEX tasks_ended_badly ON tasks (state) WHERE state >= 4
        CREATE INDEX tasks_held ON tasks (holder) WHERE state IN (1,2)
        CREATE INDEX tasks_ready ON tasks (lane, priority DESC) WHERE state = 0 AND due = 0
        """;
}
