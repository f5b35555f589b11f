namespace OpenClaw.Core.Errors;

// Failures of single calls between the parts of a cluster.
public static partial class Catalogue
{
    private static ErrorEntry[] RpcEntries => [DeadlineExceeded, CallCancelled, MessageTooLarge, RemoteFailure];

    public static ErrorEntry DeadlineExceeded { get; } =
        new()
        {
            Code = "clw-deadline-exceeded",
            Title = "The call was not answered in time",
            Meaning =
                "The time that the caller allowed ran out before the answer came. A call that changes something may or may not have been carried out.",
            Causes = ["The manager is overloaded", "The network is slow or broken", "The time allowed is too short"],
            Checks = ["clw cluster status", "The manager's log"],
            Cure = ["Ask again; give a submission an idempotency key (--key) to repeat it safely"],
            Related = ["clw-connection-timeout", "clw-connection-lost"],
            Exit = ExitCode.TimedOut,
            Kind = FailureKind.TimedOut,
        };

    public static ErrorEntry CallCancelled { get; } =
        new()
        {
            Code = "clw-call-cancelled",
            Title = "The call was cancelled",
            Meaning =
                "The caller gave the call up, or went away, before it was answered. A call that changes something may or may not have been carried out.",
            Causes = ["The program that asked was stopped", "It needs the answer no more"],
            Checks = ["The log of the caller"],
            Cure = ["Ask again if the answer is still wanted"],
            Related = ["clw-interrupted", "clw-deadline-exceeded"],
            Exit = ExitCode.Interrupted,
            Kind = FailureKind.Cancelled,
        };

    public static ErrorEntry MessageTooLarge { get; } =
        new()
        {
            Code = "clw-message-too-large",
            Title = "A message is over the size limit",
            Meaning = "One message of a call is larger than the limit of the side that sends or receives it. The call was ended.",
            Causes = ["Too many or too large items in one call", "A limit that was lowered on one side"],
            Checks = ["The message names the size and the limit"],
            Cure = ["Ask for less at once, or send it in several calls"],
            Related = ["clw-payload-too-large", "clw-result-too-large"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Exhausted,
        };

    public static ErrorEntry RemoteFailure { get; } =
        new()
        {
            Code = "clw-remote-failure",
            Title = "The other side reported a failure without a code of ours",
            Meaning = "The answer carries a gRPC status but no code of this catalogue, so it was not written by OpenClaw.",
            Causes = ["A proxy or a load balancer answered", "Another gRPC service listens on the address"],
            Checks = ["clw cluster status", "clw explain CODE does not know it: read the message and grpc_status"],
            Cure = ["Check that the address is the manager's"],
            Related = ["clw-protocol", "clw-unimplemented"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Internal,
        };
}
