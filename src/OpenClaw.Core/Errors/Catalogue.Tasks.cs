namespace OpenClaw.Core.Errors;

// Failures of tasks and of calls about tasks.
public static partial class Catalogue
{
    private static ErrorEntry[] TaskEntries =>
        [
            PayloadInvalid,
            PayloadTooLarge,
            ResultTooLarge,
            TaskNotFound,
            TaskWrongState,
            TypeUnserved,
            TaskQueueFull,
            LaneLimit,
            KeyConflict,
            TaskFailed,
            TaskTimeout,
            TaskCancelled,
            WorkerLost,
            LeaseLost,
            MemoryExhaust,
            CpuExhaust,
            ProcessExhaust,
            FileTooLarge,
            OutputExhaust,
            PictureInvalid,
            PictureTool,
            PathRefused,
            HttpRefused,
        ];

    public static ErrorEntry PayloadInvalid { get; } =
        new()
        {
            Code = "clw-payload-invalid",
            Title = "The payload is not JSON",
            Meaning = "The task was not accepted because its payload cannot be read as one JSON value. Nothing was stored.",
            Causes =
            [
                "The shell removed quotes from the payload",
                "A file was cut short",
                "A value that is not JSON (a bare word, a trailing comma)",
            ],
            Checks = ["echo the payload through `jq .`"],
            Cure = ["Put the payload in single quotes, as in --payload '{\"n\": 1}'", "Pass it from a file: --payload @file.json"],
            Related = ["clw-payload-too-large"],
            Exit = ExitCode.Usage,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry PayloadTooLarge { get; } =
        new()
        {
            Code = "clw-payload-too-large",
            Title = "The payload is over 1 MiB",
            Meaning =
                "A task's payload travels through the queue and is kept with the task; it is limited to 1,048,576 bytes. Nothing was stored.",
            Causes = ["The data itself was put into the payload instead of a path or a URL to it"],
            Checks = ["Count the bytes of the payload: wc -c"],
            Cure = ["Put the data where the workers can read it and submit its path", "Split the work into several tasks"],
            Related = ["clw-payload-invalid", "clw-result-too-large"],
            Exit = ExitCode.Usage,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry ResultTooLarge { get; } =
        new()
        {
            Code = "clw-result-too-large",
            Title = "The result is over 1 MiB",
            Meaning =
                "The task ran, but its result is over 1,048,576 bytes and was not kept. The attempt counts as failed and is not repeated.",
            Causes = ["The plugin prints its data instead of writing it to a file", "A debug print went to stdout instead of stderr"],
            Checks = ["clw plugin run TYPE --payload … | wc -c"],
            Cure = ["Write the data to a file and return its path", "Send diagnostics to stderr"],
            Related = ["clw-payload-too-large"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry TaskNotFound { get; } =
        new()
        {
            Code = "clw-task-not-found",
            Title = "No such task",
            Meaning = "No task with this id is kept here.",
            Causes =
            [
                "A typing error in the id",
                "The task ended and its retention time has passed",
                "The command talks to another cluster",
            ],
            Checks = ["clw task list", "clw cluster status shows which cluster answers"],
            Cure = ["Check the id with: clw task list"],
            Exit = ExitCode.NotFound,
            Kind = FailureKind.NotFound,
        };

    public static ErrorEntry TaskWrongState { get; } =
        new()
        {
            Code = "clw-task-wrong-state",
            Title = "The task's state does not allow this",
            Meaning = "The task exists, but the transition asked for is not in the table of transitions. The task is unchanged.",
            Causes = ["The task ended in the meantime", "Retry was asked for a task that is still active or has succeeded"],
            Checks = ["clw task show ID"],
            Cure = ["Look at the task's state with: clw task show ID"],
            Related = ["clw-task-not-found"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry TypeUnserved { get; } =
        new()
        {
            Code = "clw-type-unserved",
            Title = "No worker serves this type",
            Meaning = "No worker that is connected now has a handler for the task's type. Without --strict the task waits until one has.",
            Causes =
            [
                "A typing error in the type",
                "The plugin is missing in the workers' plugin directory",
                "The worker that has it is down",
            ],
            Checks = ["clw plugin list", "clw cluster status"],
            Cure = ["Compare the type with: clw plugin list", "Add the plugin to plugin_dir of a worker; it is taken up without a restart"],
            Related = ["clw-plugin-missing", "clw-plugin-invalid"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry LaneLimit { get; } =
        new()
        {
            Code = "clw-lane-limit",
            Title = "There are too many queues and types",
            Meaning =
                "Each combination of project, queue and type is a lane of its own, kept as long as a task of it is, and the store has as many as it keeps. A task that would need another one was refused; nothing of its submission was stored. Tasks of known lanes are taken.",
            Causes = ["Queue or type names are made of ids, users or dates", "A program submits types by mistake"],
            Checks = ["clw task list --limit 100 shows the names in use"],
            Cure = ["Put what varies into the payload or a label, and keep queues and types few"],
            Related = ["clw-task-queue-full", "clw-type-unserved"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry TaskQueueFull { get; } =
        new()
        {
            Code = "clw-task-queue-full",
            Title = "The task queue is full",
            Meaning =
                "As many tasks wait as queue.capacity allows. The submission was refused; nothing of it was stored. Workers go on emptying the queue.",
            Causes =
            [
                "Work arrives faster than the workers finish it",
                "No worker serves the types that wait",
                "queue.capacity is small for the load",
            ],
            Checks = ["clw cluster status shows the depth and types that no worker serves", "clw task list --status PENDING"],
            Cure = ["Wait as long as the answer says, then submit again", "Add workers or slots", "Raise queue.capacity"],
            Related = ["clw-type-unserved"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry KeyConflict { get; } =
        new()
        {
            Code = "clw-key-conflict",
            Title = "The idempotency key belongs to another task",
            Meaning = "A task with the same project and key exists and differs in type or payload. Nothing was stored.",
            Causes = ["A key was used for two different pieces of work"],
            Checks = ["clw task show ID, with the id that the message names"],
            Cure = ["Use a key that names this piece of work alone"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Conflict,
        };

    public static ErrorEntry TaskFailed { get; } =
        new()
        {
            Code = "clw-task-failed",
            Title = "The task's own code reported a failure",
            Meaning = "The handler ended by itself with an error (a Lua error, a non-zero exit code). The worker is fine.",
            Causes = ["What the message says", "An input that the handler does not expect"],
            Checks =
            [
                "clw task show ID shows the message and the last lines",
                "clw plugin run TYPE --payload … tries it without a cluster",
            ],
            Cure = ["Read the last lines with: clw task show ID", "After mending the cause: clw task retry ID"],
            Related = ["clw-worker-crash", "clw-task-timeout"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry TaskTimeout { get; } =
        new()
        {
            Code = "clw-task-timeout",
            Title = "The task took longer than its limit",
            Meaning =
                "The attempt was ended after its time limit: SIGTERM, 5 s, SIGKILL to its whole process group. Nothing of it runs on.",
            Causes =
            [
                "An endless loop or a deadlock in the handler",
                "A blocking call without a limit of its own",
                "A limit that is too short for the input",
            ],
            Checks =
            [
                "clw task show ID shows the last lines before the end, and the processor time: as much as it ran is a loop, next to none is a wait",
                "clw task list --status FAILED shows whether one type or all are hit",
            ],
            Cure =
            [
                "Raise the limit: --timeout for one task, timeout in the manifest of its plugin, timeout_sec under [task] for all others",
                "Report progress and bound the waits inside the handler",
            ],
            Related = ["clw-worker-crash", "clw-memory-exhaust"],
            Exit = ExitCode.TimedOut,
            Kind = FailureKind.TimedOut,
        };

    public static ErrorEntry TaskCancelled { get; } =
        new()
        {
            Code = "clw-task-cancelled",
            Title = "The task was cancelled",
            Meaning = "Somebody cancelled the task; the reason is kept with it. A result that still arrives is kept as late_result.",
            Causes = ["clw task cancel, or a client's call"],
            Checks = ["clw task show ID shows who and why"],
            Cure = ["To run it after all: clw task retry ID"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Cancelled,
        };

    public static ErrorEntry WorkerLost { get; } =
        new()
        {
            Code = "clw-worker-lost",
            Title = "The task lost its worker too often",
            Meaning = "The task lost its worker more often than max_losses allows; it is DEAD so that it cannot take more workers down.",
            Causes = ["The workers are stopped or killed while it runs", "The task itself brings its worker's machine down"],
            Checks =
            [
                "clw task show ID shows how the last worker ended",
                "clw cluster status names the types that do this",
                "clw diag --worker-logs on the worker's machine",
            ],
            Cure = ["Find out why the workers ended, then: clw task retry ID"],
            Related = ["clw-worker-crash", "clw-worker-unreachable"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry LeaseLost { get; } =
        new()
        {
            Code = "clw-lease-lost",
            Title = "The attempt is no longer the current one",
            Meaning =
                "An outcome arrived from an attempt that was superseded. It was refused by its attempt number; the current attempt decides.",
            Causes = ["The worker was out of reach for longer than task_reassign_after", "The task was cancelled or retried meanwhile"],
            Checks = ["clw task show ID lists the attempts"],
            Cure = ["Nothing is to be done: the current attempt's outcome counts"],
            Related = ["clw-worker-unreachable"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry MemoryExhaust { get; } =
        new()
        {
            Code = "clw-memory-exhaust",
            Title = "The task used more memory than it may",
            Meaning =
                "The attempt was ended because of the memory that it held, and the worker and its other tasks go on. The scope says whose limit was reached: of scope task it is the task's own; of scope worker all tasks of the worker together came near what the worker may hold, and this one held most. Scope queue is kept for a limit of the task's queue, and nothing ends an attempt by it: a queue is bounded by the number of its tasks (queue.capacity), and who submits more gets clw-task-queue-full.",
            Causes =
            [
                "The input is larger than the limit was made for",
                "A leak or an unbounded buffer in the handler",
                "Scope worker: more slots than the worker has memory for",
            ],
            Checks =
            [
                "clw task show ID shows used, allowed and scope: task or worker",
                "The worker says its own limit, and where it comes from, when it starts: clw logs --component worker --grep Memory:",
                "clw diag shows the memory of this machine and of its programs' groups",
            ],
            Cure =
            [
                "Raise the limit that the message names: max_memory in the plugin's manifest, max_memory_gb under [task], or --max-mem of the worker",
                "Scope worker: fewer slots, or a limit for each task, so that one cannot take all of it",
                "Process the input in parts",
            ],
            Related = ["clw-worker-crash", "clw-task-timeout", "clw-process-exhaust", "clw-task-queue-full"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry CpuExhaust { get; } =
        new()
        {
            Code = "clw-cpu-exhaust",
            Title = "The task used more processor time than it may",
            Meaning =
                "The attempt was ended because it, with all that it had started, had computed for longer than its limit. Time in which it waits does not count: that is what clw-task-timeout is for.",
            Causes = ["An endless loop in the handler", "A limit that is too short for the input"],
            Checks = ["clw task show ID shows used and allowed, and the last lines before the end"],
            Cure = ["Raise the limit that the message names: max_cpu in the plugin's manifest, or max_cpu_sec under [task]"],
            Related = ["clw-task-timeout"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry ProcessExhaust { get; } =
        new()
        {
            Code = "clw-process-exhaust",
            Title = "The task had more processes than it may",
            Meaning =
                "The attempt was ended with everything that it had started because it had more processes and threads at one time than its limit. Those that have ended and that their parent never waited for (zombies) count: the kernel keeps their numbers.",
            Causes =
            [
                "A program that starts itself again and again",
                "A parent that does not wait for its children",
                "As many threads as the machine has processors, in many processes",
            ],
            Checks = ["clw task show ID shows how many there were and how many are allowed"],
            Cure = ["Raise the limit that the message names: max_processes in the plugin's manifest, or max_processes under [task]"],
            Related = ["clw-memory-exhaust"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry FileTooLarge { get; } =
        new()
        {
            Code = "clw-file-too-large",
            Title = "The task wrote a larger file than it may",
            Meaning = "The program wrote to a file beyond max_file_size and the kernel ended it (SIGXFSZ).",
            Causes = ["An output that grows without end", "A limit that is too small for the output"],
            Checks = ["clw task show ID shows the limit and the last lines", "ls -l in the task's output directory on the worker"],
            Cure = ["Raise the limit that the message names: max_file_size in the plugin's manifest, or under [task]"],
            Related = ["clw-output-exhaust"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry OutputExhaust { get; } =
        new()
        {
            Code = "clw-output-exhaust",
            Title = "The task left more in its output directory than it may",
            Meaning =
                "The attempt was ended because its output directory held more than max_output. What it wrote stays until it is pruned.",
            Causes = ["An output that grows without end", "A limit that is too small for the output"],
            Checks = ["clw task show ID shows how much there was and how much is allowed", "du -sh of the directory on the worker"],
            Cure = ["Raise the limit that the message names: max_output in the plugin's manifest, or under [task]"],
            Related = ["clw-file-too-large"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry PictureInvalid { get; } =
        new()
        {
            Code = "clw-picture-invalid",
            Title = "The picture cannot be read",
            Meaning =
                "A plugin loaded a file that is no picture, a damaged one, or one that is too large. The message names what is wrong and the byte where it was seen. The task is not repeated: the file would be the same.",
            Causes =
            [
                "The file was cut short or changed on its way (a transfer in text mode changes the ends of lines)",
                "It is not what its name says",
                "A side is over 100,000 pixels, or the whole over 100,000,000",
            ],
            Checks = ["file PICTURE", "pngcheck -v PICTURE"],
            Cure = ["Transfer or make the picture again", "Scale a picture that is too large down first"],
            Related = ["clw-picture-tool", "clw-memory-exhaust"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry PictureTool { get; } =
        new()
        {
            Code = "clw-picture-tool",
            Title = "The program that reads this kind of picture is missing or failed",
            Meaning =
                "PNG is read by OpenClaw itself; every other format by ImageMagick or vips, where one of them is installed on the worker.",
            Causes = ["Neither is installed, or not in the PATH of the worker", "It took over 60 s", "It cannot be started"],
            Checks = ["Which of them the worker's machine has: command -v magick convert vips"],
            Cure = ["Install imagemagick or libvips-tools on the worker", "Convert the pictures to PNG first"],
            Related = ["clw-picture-invalid"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry PathRefused { get; } =
        new()
        {
            Code = "clw-path-refused",
            Title = "A task may not use this path",
            Meaning =
                "A path usually comes from a payload, so host functions read only below the plugin's directory, the task's output directory and task.read_roots, and write only below the task's output directory and task.write_roots. Links and .. are resolved before the path is compared.",
            Causes =
            [
                "The directory is not listed in the worker's configuration",
                "A link below a listed directory leads out of it",
                "The directory does not exist, or the worker may not use it",
            ],
            Checks = ["What is set: clw debug config", "Where the path leads: realpath PATH"],
            Cure = ["Add the directory to task.read_roots or task.write_roots of the worker and start it again"],
            Related = ["clw-picture-invalid"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.InvalidInput,
        };

    public static ErrorEntry HttpRefused { get; } =
        new()
        {
            Code = "clw-http-refused",
            Title = "A task's http request was not made, or not answered",
            Meaning =
                "http is off unless the worker's owner lists hosts in task.http_hosts. Private addresses are asked only where a host is listed by its name. A request has a time limit, and its answer a size limit of 16 MiB.",
            Causes =
            [
                "task.http_hosts is empty, or does not list the host (with its port, unless that is 80 or 443)",
                "The host leads to a private address and is covered by * or *.domain alone",
                "The host does not answer in time",
            ],
            Checks = ["What is set: clw debug config", "curl -v URL on the worker's machine"],
            Cure = ["Add the host to task.http_hosts of the worker and start it again"],
            Related = ["clw-path-refused"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.Unavailable,
        };
}
