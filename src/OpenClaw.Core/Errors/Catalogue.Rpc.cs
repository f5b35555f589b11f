namespace OpenClaw.Core.Errors;

// Failures of single calls between the parts of a cluster.
public static partial class Catalogue
{
    private static ErrorEntry[] RpcEntries => [DeadlineExceeded, CallCancelled, MessageTooLarge, SlowPeer, ServiceNotFound, RemoteFailure];

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

    public static ErrorEntry SlowPeer { get; } =
        new()
        {
            Code = "clw-slow-peer",
            Title = "The other side sends or takes a message too slowly",
            Meaning =
                "A message that had begun did not arrive whole in time, or an answer was not taken. The call was ended to free what it held.",
            Causes = ["A very slow or lossy network", "A program that is suspended, or that does not read what it asked for"],
            Checks = ["The message says which side and which limit", "ss -ti shows the connection's queues"],
            Cure = ["Ask again over a better connection, or in smaller messages", "Read the answers of a stream as they come"],
            Related = ["clw-deadline-exceeded", "clw-connection-timeout"],
            Exit = ExitCode.TimedOut,
            Kind = FailureKind.TimedOut,
        };

    public static ErrorEntry ServiceNotFound { get; } =
        new()
        {
            Code = "clw-service-not-found",
            Title = "The health of an unknown service was asked for",
            Meaning = "The health check named a gRPC service that this program does not have.",
            Causes = ["A name without its package, or with another spelling"],
            Checks = ["grpc_health_probe -addr HOST:PORT asks about the whole server"],
            Cure = ["Ask with the empty name, or with a full name such as openclaw.v1.TaskService"],
            Related = ["clw-unimplemented"],
            Exit = ExitCode.NotFound,
            Kind = FailureKind.NotFound,
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
