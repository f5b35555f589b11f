namespace OpenClaw.Core.Errors;

// Failures of this machine: command line, configuration, disk, ports.
public static partial class Catalogue
{
    private static ErrorEntry[] LocalEntries =>
        [
            Usage,
            ConfigInvalid,
            FileUnreadable,
            StoreFull,
            StoreCorrupt,
            StoreNewer,
            StoreUnwritable,
            StoreInUse,
            StoreUncertain,
            StoreBusy,
            PortInUse,
            ListenFailed,
            AddressInsecure,
            LogUnwritable,
            OutputFailed,
            InstallFailed,
            Interrupted,
            WaitTimeout,
            Internal,
        ];

    public static ErrorEntry Usage { get; } =
        new()
        {
            Code = "clw-usage",
            Title = "The command line is wrong",
            Meaning = "A command, an option or a value is not known. Nothing was done.",
            Causes = ["A typing error", "An option that belongs to another command"],
            Checks = ["clw COMMAND --help"],
            Cure = ["See what the command takes: clw COMMAND --help"],
            Exit = ExitCode.Usage,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry ConfigInvalid { get; } =
        new()
        {
            Code = "clw-config-invalid",
            Title = "The configuration is wrong",
            Meaning = "A setting is unknown, of the wrong type, out of its range, or given twice with two values. Nothing was started.",
            Causes = ["A typing error in a key", "A unit is missing or not known", "Indentation that was lost when the text was copied"],
            Checks = ["The message names file, line and column"],
            Cure = ["Mend the place that the message names"],
            Related = ["clw-file-unreadable"],
            Exit = ExitCode.Config,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry FileUnreadable { get; } =
        new()
        {
            Code = "clw-file-unreadable",
            Title = "A file cannot be read",
            Meaning = "A file that was named is missing or may not be read.",
            Causes = ["A typing error in the path", "Missing rights"],
            Checks = ["ls -l PATH"],
            Cure = ["Check the path and its rights"],
            Exit = ExitCode.Usage,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry StoreFull { get; } =
        new()
        {
            Code = "clw-store-full",
            Title = "The disk of the database is full",
            Meaning =
                "The change could not be written and was undone as a whole. What was acknowledged before is safe; reading still works.",
            Causes = ["The disk is full", "A quota is reached"],
            Checks = ["df -h DATA_DIR", "du -sh DATA_DIR"],
            Cure = ["Make room on the disk of the data directory; the manager goes on by itself"],
            Related = ["clw-store-unwritable", "clw-outbox-full"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry StoreCorrupt { get; } =
        new()
        {
            Code = "clw-store-corrupt",
            Title = "The database is damaged",
            Meaning = "The database file is not what it should be. The manager does not start on it and changes nothing in it.",
            Causes = ["The file was overwritten or cut short", "A failing disk", "The file is not a database of ours"],
            Checks = ["sqlite3 FILE 'PRAGMA integrity_check'"],
            Cure = ["Restore the file from a backup, or move it aside to start with an empty queue"],
            Related = ["clw-store-newer"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Internal,
        };

    public static ErrorEntry StoreNewer { get; } =
        new()
        {
            Code = "clw-store-newer",
            Title = "The database was written by a newer version",
            Meaning = "The database's schema is newer than this program knows. Nothing was changed in it.",
            Causes = ["The program was replaced by an older version"],
            Checks = ["clw version"],
            Cure = ["Run the version that wrote the database, or a newer one"],
            Related = ["clw-store-corrupt"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry StoreUnwritable { get; } =
        new()
        {
            Code = "clw-store-unwritable",
            Title = "The data directory cannot be written",
            Meaning = "A file or directory that the program needs cannot be created or written. Nothing was started.",
            Causes = ["Missing rights", "A file system that is mounted read-only"],
            Checks = ["ls -ld DATA_DIR", "touch DATA_DIR/probe"],
            Cure = ["Give the directory to the user that runs the program, or name another: --data-dir"],
            Related = ["clw-store-full"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Internal,
        };

    public static ErrorEntry StoreInUse { get; } =
        new()
        {
            Code = "clw-store-in-use",
            Title = "Another process uses the data directory",
            Meaning = "One program at a time owns a data directory; another one holds its lock. Nothing was started.",
            Causes = ["It is already running: clw up or a service"],
            Checks = ["clw cluster status", "The message names the process that holds the lock"],
            Cure = ["Use the one that runs (clw cluster status), or start this one with a --data-dir and a --port of its own"],
            Related = ["clw-port-in-use"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry StoreUncertain { get; } =
        new()
        {
            Code = "clw-store-uncertain",
            Title = "A commit's result is unknown",
            Meaning =
                "The disk reported an error while a commit was being made durable. The manager ended rather than guess; after its restart the database itself tells what was committed.",
            Causes = ["A failing disk or file system"],
            Checks = ["dmesg | tail", "The manager's log"],
            Cure = ["Check the disk; the supervisor restarts the manager by itself"],
            Related = ["clw-store-full", "clw-store-corrupt"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry StoreBusy { get; } =
        new()
        {
            Code = "clw-store-busy",
            Title = "Too many changes wait to be stored",
            Meaning =
                "Changes arrive faster than the disk makes them durable, and the room for those that wait is used up. Nothing was stored.",
            Causes = ["A disk that is slow to sync", "More load than one machine takes"],
            Checks = ["The metrics openclaw_store_commit_seconds and openclaw_store_inbox_rows", "iostat -x 1"],
            Cure = ["Ask again in a moment", "Put the data directory on a faster disk"],
            Related = ["clw-store-full", "clw-task-queue-full"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry PortInUse { get; } =
        new()
        {
            Code = "clw-port-in-use",
            Title = "The port is taken",
            Meaning = "Another program listens on the address that this one needs. Nothing was started.",
            Causes = ["It is already running", "Another program uses the port"],
            Checks = ["ss -ltnp | grep :PORT", "clw cluster status"],
            Cure = ["Stop the other program, or choose another port: --port"],
            Related = ["clw-store-in-use"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry ListenFailed { get; } =
        new()
        {
            Code = "clw-listen-failed",
            Title = "The program cannot listen on its address",
            Meaning = "The system refuses the address that the program is to listen on. Nothing was started.",
            Causes =
            [
                "The address belongs to another machine, or the name has none",
                "A port below 1024, which only root may take",
                "IPv6 is switched off and the address is one of IPv6",
            ],
            Checks = ["ip address", "id -u", "clw debug config"],
            Cure = ["Listen on an address of this machine and a port from 1024 on: --listen 127.0.0.1:9090"],
            Related = ["clw-port-in-use", "clw-host-unknown"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry LogUnwritable { get; } =
        new()
        {
            Code = "clw-log-unwritable",
            Title = "A log file cannot be written",
            Meaning =
                "The program goes on without that file: its work does not depend on it, and every line still goes to the error output. It tries again with the next lines, and counts those that are missing.",
            Causes = ["Missing rights on the directory", "The disk is full", "Something else stands where the directory should be"],
            Checks = ["ls -ld LOG_DIR", "df -h LOG_DIR", "clw debug config tells the directory"],
            Cure = ["Give the directory to the user that runs the program, or name another: --log-dir"],
            Related = ["clw-store-unwritable", "clw-store-full"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry OutputFailed { get; } =
        new()
        {
            Code = "clw-output-failed",
            Title = "The output cannot be written",
            Meaning = "What the command had to say could not be written, or not all of it. What it did before is done.",
            Causes = ["The disk that the output goes to is full", "The output was closed by whoever started the command"],
            Checks = ["df -h", "Where the output is redirected to"],
            Cure = ["Make room, or send the output elsewhere; what was submitted is shown by: clw task list"],
            Related = ["clw-store-full"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry AddressInsecure { get; } =
        new()
        {
            Code = "clw-address-insecure",
            Title = "The address would be open to the network without protection",
            Meaning =
                "A port that changes or reveals data may listen beyond this machine, and a token may be sent there, only with TLS and sign-in. Nothing was started, nothing was sent.",
            Causes =
            [
                "manager.listen names an address other than loopback",
                "cluster.manager_address (--manager, OPENCLAW_MANAGER_HOST) names a manager of another machine",
            ],
            Checks = ["clw debug config"],
            Cure =
            [
                "Make certificates: clw certs init, then clw certs issue manager and clw certs issue worker (docs/security.md)",
                "Listen on 127.0.0.1, or say --insecure if the network is protected by other means",
                "Workers and commands say --insecure-manager (cluster.insecure) to talk to a manager of another machine without TLS",
            ],
            Exit = ExitCode.Config,
            Kind = FailureKind.Forbidden,
        };

    public static ErrorEntry InstallFailed { get; } =
        new()
        {
            Code = "clw-install-failed",
            Title = "The installation did not come to its end",
            Meaning = "A step of clw install could not be done. The steps before it stand; running it again does only what is missing.",
            Causes = ["Not run as root", "A directory of the system is read-only", "A program of the system is missing (useradd)"],
            Checks = ["clw install --dry-run"],
            Cure = ["Run it as root: sudo clw install; or below a directory of your own: clw install --prefix DIR"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry Interrupted { get; } =
        new()
        {
            Code = "clw-interrupted",
            Title = "Interrupted",
            Meaning = "The command was ended by Ctrl-C or by a signal. What was acknowledged is safe.",
            Causes = ["Ctrl-C"],
            Checks = ["clw task list"],
            Cure = ["Start the command again"],
            Exit = ExitCode.Interrupted,
            Kind = FailureKind.Cancelled,
        };

    public static ErrorEntry WaitTimeout { get; } =
        new()
        {
            Code = "clw-wait-timeout",
            Title = "The wait ended before the task",
            Meaning = "The task did not end within the time that the command was ready to wait. It goes on.",
            Causes = ["The task takes longer", "No worker serves its type", "All slots are busy"],
            Checks = ["clw task show ID", "clw cluster status"],
            Cure = ["Wait longer: clw task wait ID --timeout …"],
            Related = ["clw-type-unserved"],
            Exit = ExitCode.TimedOut,
            Kind = FailureKind.TimedOut,
        };

    public static ErrorEntry Internal { get; } =
        new()
        {
            Code = "clw-internal",
            Title = "A fault in OpenClaw",
            Meaning = "Something happened that the program did not foresee. What was acknowledged is safe.",
            Causes = ["A bug"],
            Checks = ["The log of the program around this time"],
            Cure = ["Report it with the log line; it carries the details"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Internal,
        };
}
