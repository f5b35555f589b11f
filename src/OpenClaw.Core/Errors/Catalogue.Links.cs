namespace OpenClaw.Core.Errors;

// Failures that a link itself finds, wherever it leads.
public static partial class Catalogue
{
    private static ErrorEntry[] LinkEntries => [HostUnknown, KeepAliveTimeout, HealthCheckFailed, LinkFlapping, ReconnectExhausted];

    public static ErrorEntry HostUnknown { get; } =
        new()
        {
            Code = "clw-host-unknown",
            Title = "The name of the machine has no address",
            Meaning = "The host name could not be turned into an address, so nothing could be dialled.",
            Causes = ["A typing error in the name", "The name server is out of reach", "The name exists only in another network"],
            Checks = ["getent hosts HOST", "cat /etc/resolv.conf"],
            Cure = ["Correct the name, or give the address as a number"],
            Related = ["clw-connection-refused", "clw-connection-timeout"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry KeepAliveTimeout { get; } =
        new()
        {
            Code = "clw-keepalive-timeout",
            Title = "The other side stopped answering",
            Meaning = "The connection looked open, but a sign of life that we sent was not answered in time. It is closed and opened anew.",
            Causes =
            [
                "The network broke without closing the connection",
                "A middlebox dropped an idle connection silently",
                "The other side is overloaded or stopped",
            ],
            Checks = ["clw cluster status", "The log of the other side"],
            Cure = ["Nothing, if it heals by reconnecting; else send signs of life more often than the middlebox forgets"],
            Related = ["clw-connection-lost", "clw-heartbeat-lost"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry HealthCheckFailed { get; } =
        new()
        {
            Code = "clw-health-check-failed",
            Title = "The other side is connected but not healthy",
            Meaning = "The connection stands, but several checks in a row got no good answer. It is closed and opened anew.",
            Causes = ["The service behind the connection is degraded", "The network loses most packets"],
            Checks = ["clw cluster status", "The status page of the service"],
            Cure = ["Wait for the service, or allow more failed checks or more time for each"],
            Related = ["clw-keepalive-timeout", "clw-connection-lost"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry LinkFlapping { get; } =
        new()
        {
            Code = "clw-link-flapping",
            Title = "The connection comes and goes",
            Meaning = "The connection was lost too often in a short time. The next attempt is held back so that both sides come to rest.",
            Causes =
            [
                "Two clients use the same identity and push each other out",
                "A bad cable, radio link or overloaded path",
                "The other side accepts connections and then fails",
            ],
            Checks = ["The history of the link names the cause of each loss", "The log of the other side"],
            Cure = ["Mend the cause that the history names; the link comes back by itself"],
            Related = ["clw-connection-lost", "clw-keepalive-timeout"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry ReconnectExhausted { get; } =
        new()
        {
            Code = "clw-reconnect-exhausted",
            Title = "The reconnection attempts are used up",
            Meaning =
                "As many attempts in a row failed as the settings allow. The program ends, or stays disconnected and looks whether the other side is back.",
            Causes = ["The other side is down for long", "The address is wrong or no longer right", "A firewall changed"],
            Checks = ["nc -zv HOST PORT", "The lines before this one name the cause of each attempt"],
            Cure = ["Restore the other side or correct its address, then start again", "Set max_reconnect_attempts to 0 to never give up"],
            Related = ["clw-connection-refused", "clw-connection-timeout"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };
}
