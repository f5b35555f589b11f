namespace OpenClaw.Core.Errors;

// Failures of reading the cluster's logs.
public static partial class Catalogue
{
    private static ErrorEntry[] LogEntries => [LogsBusy];

    public static ErrorEntry LogsBusy { get; } =
        new()
        {
            Code = "clw-logs-busy",
            Title = "Too many read the logs at the same time",
            Meaning = "Each reader of the cluster's logs costs the manager some memory, so their number is limited.",
            Causes = ["Many people or scripts follow the logs: clw logs --follow"],
            Checks = ["Look for readers that were forgotten: pgrep -af 'clw logs'"],
            Cure = ["End a reader that nobody looks at, and ask again", "Read the files on the machine itself: tail -f worker.log"],
            Related = ["clw-log-unwritable"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Exhausted,
        };
}
