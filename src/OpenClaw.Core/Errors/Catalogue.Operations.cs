namespace OpenClaw.Core.Errors;

// Failures of what operators order.
public static partial class Catalogue
{
    private static ErrorEntry[] OperationEntries => [WorkerUnknown, WorkerUnsupervised];

    public static ErrorEntry WorkerUnknown { get; } =
        new()
        {
            Code = "clw-worker-unknown",
            Title = "There is no worker of this name",
            Meaning = "The cluster knows no worker with this id. Nothing was done, also not to others that were named beside it.",
            Causes =
            [
                "A slip in the name",
                "The worker has never registered with this cluster",
                "It stopped, or was lost, so long ago that it is forgotten",
            ],
            Checks = ["clw cluster status lists the workers"],
            Cure = ["Look for its name: clw cluster status"],
            Related = ["clw-worker-unreachable", "clw-registration-failed"],
            Exit = ExitCode.NotFound,
            Kind = FailureKind.NotFound,
        };

    public static ErrorEntry WorkerUnsupervised { get; } =
        new()
        {
            Code = "clw-worker-unsupervised",
            Title = "Nobody would start the worker again",
            Meaning = "The worker has no supervisor of ours above it, so an order to restart would only end it. Nothing was done.",
            Causes = ["It was started by a program of somebody's own", "It is a worker that was written in another language"],
            Checks = ["clw cluster status --json: restartable is false"],
            Cure = ["Restart it where it was started; clw worker keeps a worker under a supervisor"],
            Related = ["clw-worker-unreachable"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.WrongState,
        };
}
