namespace OpenClaw.Store.Sqlite;

/// <summary>The file of the history of metrics. Of another schema, it is set aside and begun anew: there are no migrations.</summary>
internal static class MetricSchema
{
    /// <summary>Says that the file is ours: "OClm".</summary>
    public const int ApplicationId = 0x4F436C6D;

    public const int Version = 1;

    // By time first: what is written together, and goes together, lies together. A row of a series is some hundred bytes, so the current
    // chunk of three hundred series is a dozen pages.
    public const string Create = """
        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            latest INTEGER NOT NULL,
            UNIQUE (name, labels)
        );
        CREATE TABLE chunks (
            slot INTEGER NOT NULL,
            series INTEGER NOT NULL,
            samples BLOB NOT NULL,
            PRIMARY KEY (slot, series)
        ) WITHOUT ROWID;
        """;
}
