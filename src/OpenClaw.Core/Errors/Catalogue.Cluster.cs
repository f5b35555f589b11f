namespace OpenClaw.Core.Errors;

// Failures of connections between the parts of a cluster.
public static partial class Catalogue
{
    private static ErrorEntry[] ClusterEntries =>
        [
            ConnectionRefused,
            ConnectionTimeout,
            ConnectionLost,
            HandshakeTimeout,
            RegistrationFailed,
            WorkerUnreachable,
            HeartbeatLost,
            HeartbeatFailure,
            AuthRefused,
            ManagerStopping,
            Protocol,
            Unimplemented,
        ];

    public static ErrorEntry ConnectionRefused { get; } =
        new()
        {
            Code = "clw-connection-refused",
            Title = "The connection was refused",
            Meaning = "The address answers, but nothing listens on the port.",
            Causes = ["The manager is not running", "The address or the port is wrong", "A firewall rejects the port"],
            Checks = ["clw cluster status", "nc -zv HOST PORT", "On the manager's machine: ss -ltn"],
            Cure =
            [
                "Check that the manager runs at that address and that no firewall rejects the port: nc -zv HOST PORT",
                "Name the right address: --manager HOST:PORT or OPENCLAW_MANAGER_HOST",
                "For a cluster on this machine alone: clw up",
            ],
            Related = ["clw-connection-timeout", "clw-worker-unreachable"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry ConnectionTimeout { get; } =
        new()
        {
            Code = "clw-connection-timeout",
            Title = "No answer within the time allowed",
            Meaning = "The connection could not be opened in time: packets are dropped on the way, or the machine is down.",
            Causes = ["A firewall drops the packets", "The machine is down or the address belongs to nobody", "The network is overloaded"],
            Checks = ["nc -zv HOST PORT", "ping HOST"],
            Cure = ["Check the address and the firewall between the two machines"],
            Related = ["clw-connection-refused", "clw-handshake-timeout"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry ConnectionLost { get; } =
        new()
        {
            Code = "clw-connection-lost",
            Title = "The connection broke",
            Meaning =
                "An open connection ended before the call was answered. Reconnection starts by itself; a call that changes something may or may not have been carried out.",
            Causes = ["The other side was stopped or restarted", "The network broke", "A middlebox dropped an idle connection"],
            Checks = ["clw cluster status", "The log of the other side"],
            Cure = ["Ask again; give a submission an idempotency key (--key) to repeat it safely"],
            Related = ["clw-connection-refused", "clw-heartbeat-lost"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry HandshakeTimeout { get; } =
        new()
        {
            Code = "clw-handshake-timeout",
            Title = "The handshake was not completed in time",
            Meaning = "The TCP connection stands, but the TLS or HTTP/2 handshake was not completed.",
            Causes = ["Another program listens on the port", "One side speaks TLS and the other does not", "The manager is overloaded"],
            Checks = ["curl -v http://HOST:PORT", "openssl s_client -connect HOST:PORT"],
            Cure = ["Check that the port is the manager's gRPC port (9090 by default)"],
            Related = ["clw-connection-timeout"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry RegistrationFailed { get; } =
        new()
        {
            Code = "clw-registration-failed",
            Title = "The manager refused the worker",
            Meaning = "The worker reached the manager, which did not register it. The worker tries again with backoff.",
            Causes = ["Another live worker uses the same id", "max_workers is reached", "The worker is of an incompatible version"],
            Checks = ["clw cluster status lists the registered workers"],
            Cure = ["Give the worker an id of its own: --id or cluster.worker_id", "Raise manager.max_workers"],
            Related = ["clw-worker-unreachable"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry WorkerUnreachable { get; } =
        new()
        {
            Code = "clw-worker-unreachable",
            Title = "A worker is out of reach",
            Meaning =
                "A worker's heartbeat is late by three intervals. It may still be working; its tasks are kept for it until its lease ends or its death is proven.",
            Causes =
            [
                "The network between worker and manager is broken",
                "The worker's process or machine is down",
                "The machine is overloaded",
            ],
            Checks = ["clw cluster status", "On the worker's machine: its log, and nc -zv MANAGER 9090"],
            Cure = ["Restore the connection: the worker comes back by itself and goes on with its tasks"],
            Related = ["clw-heartbeat-lost", "clw-heartbeat-failure", "clw-connection-refused", "clw-connection-timeout"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry HeartbeatLost { get; } =
        new()
        {
            Code = "clw-heartbeat-lost",
            Title = "The manager does not acknowledge heartbeats",
            Meaning = "The worker sends heartbeats but gets no acknowledgement; it gives the connection up and opens a new one.",
            Causes = ["A one-sided network fault", "A middlebox dropped the connection silently", "The manager is overloaded or stopped"],
            Checks = ["clw cluster status", "The manager's log"],
            Cure = ["Nothing, if it heals by reconnecting; else check the network between the two"],
            Related = ["clw-heartbeat-failure", "clw-worker-unreachable"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry HeartbeatFailure { get; } =
        new()
        {
            Code = "clw-heartbeat-failure",
            Title = "A worker's heartbeats stay away",
            Meaning = "The manager has not heard from a worker for three heartbeat intervals.",
            Causes =
            [
                "The worker's machine is overloaded or paused",
                "The network is broken",
                "The worker was killed together with its supervisor",
            ],
            Checks = ["clw cluster status", "The worker's log and its machine's load"],
            Cure = ["Check the worker's machine; the worker reconnects by itself when it can"],
            Related = ["clw-heartbeat-lost", "clw-worker-unreachable"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry AuthRefused { get; } =
        new()
        {
            Code = "clw-auth-refused",
            Title = "The token was not accepted",
            Meaning = "The manager wants a token and got none, or another one. Nothing was done.",
            Causes =
            [
                "The command runs as a user who cannot read the manager's token file",
                "The data directory is another one than the manager's",
            ],
            Checks = ["Compare the data directory with the manager's: clw debug config", "ls -l DATA_DIR/token"],
            Cure = ["Run as the user that runs the manager, or name its data directory: --data-dir"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.NotSignedIn,
        };

    public static ErrorEntry ManagerStopping { get; } =
        new()
        {
            Code = "clw-manager-stopping",
            Title = "The manager is stopping",
            Meaning = "The manager takes no more calls because it is being stopped or restarted. What it acknowledged is safe.",
            Causes = ["clw up was stopped", "The machine is being restarted"],
            Checks = ["clw cluster status"],
            Cure = ["Ask again in a moment"],
            Related = ["clw-connection-refused", "clw-connection-lost"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry Protocol { get; } =
        new()
        {
            Code = "clw-protocol",
            Title = "The other side broke the protocol",
            Meaning = "A message could not be understood; the connection or the call was ended.",
            Causes = ["Versions that do not fit together", "Another program answers on the address"],
            Checks = ["clw version on both sides"],
            Cure = ["Run the same version on both sides"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Internal,
        };

    public static ErrorEntry Unimplemented { get; } =
        new()
        {
            Code = "clw-unimplemented",
            Title = "The manager does not know this call",
            Meaning = "The manager is older than the client, or another service answers on the address.",
            Causes = ["Versions that do not fit together"],
            Checks = ["clw version on both sides"],
            Cure = ["Update the older side"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unimplemented,
        };
}
