namespace OpenClaw.Core.Errors;

// Failures of the processes that run tasks, and of plugins.
public static partial class Catalogue
{
    private static ErrorEntry[] WorkerEntries =>
        [
            WorkerCrash,
            ManagerCrash,
            InitFail,
            PluginMissing,
            PluginInvalid,
            PluginStart,
            PluginProtocol,
            OutboxFull,
            OutboxDamaged,
            RespawnLimit,
        ];

    public static ErrorEntry WorkerCrash { get; } =
        new()
        {
            Code = "clw-worker-crash",
            Title = "The process of a task ended unexpectedly",
            Meaning =
                "The process that ran the task was ended by a signal, could not be loaded, or went away. That attempt failed; the worker and its other tasks go on. Said of the worker itself, its supervisor starts it again and its tasks run again, unblamed.",
            Causes =
            [
                "segfault (139): a memory error in native code that the task uses",
                "out_of_memory, killed (137): the kernel ended it for lack of memory, or somebody killed it",
                "abort (134): it gave itself up, by an assertion or a library that found damage",
                "library (126, 127): a library is missing or does not fit, or the program is for another machine",
                "exit: a script that ended its process instead of answering",
            ],
            Checks =
            [
                "clw task show ID shows cause, signal, address, backtrace, core, memory, processor time and the last lines",
                "clw diag --worker-logs --since=1h collects the crashes of this machine, with its limits and settings",
                "dmesg | tail shows kills for lack of memory",
            ],
            Cure =
            [
                "Read the backtrace and the last lines with: clw task show ID",
                "Without a backtrace: turn cores on (--core-dump=true, enable_core_dumps under [task]), install gdb, and retry the task",
                "Try the input alone: clw plugin run TYPE --payload …",
                "After mending: clw task retry ID",
            ],
            Related = ["clw-memory-exhaust", "clw-task-timeout", "clw-init-fail"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Internal,
        };

    public static ErrorEntry ManagerCrash { get; } =
        new()
        {
            Code = "clw-manager-crash",
            Title = "The manager ended unexpectedly",
            Meaning =
                "The manager's process was ended by a signal or gave up after it had been ready. Its supervisor starts it again; what was acknowledged is safe, and workers go on with what they hold.",
            Causes = ["The kernel ended it for lack of memory", "Somebody killed it", "A disk that fails", "A fault of ours"],
            Checks = ["The lines before this one, and the manager's log", "dmesg | tail shows kills for lack of memory"],
            Cure = ["Nothing, if it is back: clw cluster status; else read the manager's last lines"],
            Related = ["clw-store-uncertain", "clw-respawn-limit", "clw-worker-crash"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry InitFail { get; } =
        new()
        {
            Code = "clw-init-fail",
            Title = "The program could not start",
            Meaning =
                "A worker, a runner or a manager ended before it was ready. A wrong setting, a port or a disk would end the next start alike, so it is not tried again.",
            Causes =
            [
                "A wrong setting",
                "A port that is taken",
                "A directory that cannot be written",
                "A runner that is missing or does not fit the machine",
            ],
            Checks =
            [
                "The lines before this one",
                "clw validate-config FILE, and clw worker --dry-run with the flags of the start",
                "clw doctor looks at ports, disks and libraries",
            ],
            Cure = ["Mend what the line before names, then start again"],
            Related = ["clw-config-invalid", "clw-port-in-use", "clw-worker-crash"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry PluginMissing { get; } =
        new()
        {
            Code = "clw-plugin-missing",
            Title = "There is no such plugin",
            Meaning = "The worker has no handler for the type: no built-in, no Lua function, no executable in plugin_dir.",
            Causes = ["A typing error in the type", "The file is not in plugin_dir, or was removed", "The executable bit is missing"],
            Checks = ["clw plugin list", "ls -l PLUGIN_DIR"],
            Cure = ["See what is there with: clw plugin list", "Make an executable one executable: chmod +x FILE"],
            Related = ["clw-plugin-invalid", "clw-type-unserved"],
            Exit = ExitCode.NotFound,
            Kind = FailureKind.NotFound,
        };

    public static ErrorEntry PluginInvalid { get; } =
        new()
        {
            Code = "clw-plugin-invalid",
            Title = "The plugin cannot be loaded",
            Meaning = "The plugin's file is there but cannot be used. Its types are not served by this worker; the others are.",
            Causes =
            [
                "A syntax error in a Lua file",
                "A Lua file that defines no function process_NAME",
                "An executable for another machine",
            ],
            Checks = ["clw plugin check FILE names file and line"],
            Cure = ["Mend the file at the line named, then: clw plugin check FILE"],
            Related = ["clw-plugin-missing"],
            Exit = ExitCode.Usage,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry PluginStart { get; } =
        new()
        {
            Code = "clw-plugin-start",
            Title = "A plugin that serves did not come up",
            Meaning =
                "The manifest says mode: serve, and the program ended, or its start_timeout (30 s) passed, before it said hello. Its task had not begun, and its time limit has nothing to do with it. Another process is started for the next task.",
            Causes =
            [
                "It loads or connects too much before it says hello",
                "It waits for something that does not come",
                "It fails at its start: an import, a file or a library is missing",
            ],
            Checks = ["clw plugin run TYPE --payload …", "clw task show ID shows the last lines that it wrote"],
            Cure =
            [
                "Say hello first, and load what a task needs when the first task comes",
                "Allow it more: start_timeout: 2m in its manifest",
            ],
            Related = ["clw-plugin-protocol", "clw-plugin-invalid"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Internal,
        };

    public static ErrorEntry PluginProtocol { get; } =
        new()
        {
            Code = "clw-plugin-protocol",
            Title = "A plugin that serves does not keep to the protocol",
            Meaning =
                "The manifest says mode: serve, and what the program wrote to its standard output was no line of the protocol, or the wrong one. The process was ended; another is started for the next task.",
            Causes =
            [
                "The program prints to standard output, which belongs to the protocol",
                "Its first line is not hello",
                "It was written for another version of the protocol",
                "It is a plain program, and its manifest says mode: serve",
            ],
            Checks = ["clw plugin run TYPE --payload …", "clw task show ID shows the line that was refused"],
            Cure =
            [
                "Write everything that is no line of the protocol to standard error",
                "docs/plugin-abi.md has each line with an example",
            ],
            Related = ["clw-plugin-start", "clw-plugin-invalid", "clw-worker-crash"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Internal,
        };

    public static ErrorEntry OutboxFull { get; } =
        new()
        {
            Code = "clw-outbox-full",
            Title = "The worker cannot keep outcomes",
            Meaning =
                "The worker's outbox cannot be written or has reached its size. It starts no more tasks until outcomes are acknowledged or the disk has room; nothing is dropped.",
            Causes = ["The disk is full", "The manager is out of reach for long", "The directory cannot be written"],
            Checks = ["df -h", "clw cluster status"],
            Cure = ["Make room on the disk of the worker's state directory"],
            Related = ["clw-store-full", "clw-worker-unreachable"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry OutboxDamaged { get; } =
        new()
        {
            Code = "clw-outbox-damaged",
            Title = "A part of the worker's outbox cannot be read",
            Meaning =
                "At its start the worker found bytes in its outbox that are no whole record. What stands before and behind them is kept and delivered; a task whose outcome was lost with them runs again.",
            Causes =
            [
                "The machine lost power, or the process was killed, in the middle of a write",
                "The disk is damaged",
                "The file was edited",
            ],
            Checks = ["dmesg | grep -i error", "clw task list --status RUNNING"],
            Cure = ["Nothing, when it happened once after a crash", "Replace the disk when it happens again"],
            Related = ["clw-outbox-full", "clw-worker-crash"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Internal,
        };

    public static ErrorEntry RespawnLimit { get; } =
        new()
        {
            Code = "clw-respawn-limit",
            Title = "A program ended too often and is not started again",
            Meaning =
                "The supervisor started the program as often as its budget allows within the window; it gave up so that the cause is seen.",
            Causes = ["The program cannot start: see its last lines", "A task or a plugin brings it down at once"],
            Checks = ["The supervisor's lines name exit code and signal of each end", "The program's own log"],
            Cure = ["Mend what the program's last lines name, then start again"],
            Related = ["clw-init-fail", "clw-worker-crash"],
            Exit = ExitCode.Resource,
            Kind = FailureKind.Unavailable,
        };
}
