namespace OpenClaw.Core.Errors;

// Failures of TLS: certificates, chains, handshakes. One code for each reason that a person mends in another way.
public static partial class Catalogue
{
    private static ErrorEntry[] TlsEntries =>
        [
            TlsExpired,
            TlsNotYetValid,
            TlsNoSan,
            TlsWrongHost,
            TlsIncompleteChain,
            TlsUnknownCa,
            TlsWrongUse,
            TlsClientRefused,
            TlsClientMissing,
            TlsRequired,
            TlsPlainPeer,
            TlsFailed,
            TlsFiles,
            CertificateExpiring,
            CertificateOfWorker,
        ];

    public static ErrorEntry TlsExpired { get; } =
        new()
        {
            Code = "clw-tls-expired",
            Title = "A certificate has expired",
            Meaning =
                "The TLS handshake failed because a certificate's time is over. The message says whose it is: the other side's, or ours, which the other side refused.",
            Causes =
            [
                "The certificate was not renewed in time",
                "The CA's own certificate has expired",
                "The clock of one machine is wrong",
            ],
            Checks =
            [
                "clw certs show",
                "clw certs show --manager HOST:PORT",
                "openssl x509 -in FILE -noout -dates",
                "date -u on both machines",
            ],
            Cure =
            [
                "Renew it: clw certs renew FILE (or by openssl, docs/security.md); renewed files are taken up without a restart",
                "Set the clock right",
            ],
            Related = ["clw-tls-not-yet-valid", "clw-certificate-expiring"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsNotYetValid { get; } =
        new()
        {
            Code = "clw-tls-not-yet-valid",
            Title = "A certificate is not valid yet",
            Meaning = "The TLS handshake failed because a certificate's time has not begun by the clock of the machine that looked at it.",
            Causes = ["The clock of one machine is slow or fast", "The certificate was made for a later time"],
            Checks = ["date -u on both machines", "clw certs show", "openssl x509 -in FILE -noout -dates"],
            Cure = ["Set the clocks right (NTP)", "Make the certificate anew: clw certs renew FILE"],
            Related = ["clw-tls-expired"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsNoSan { get; } =
        new()
        {
            Code = "clw-tls-no-san",
            Title = "The server's certificate names no host",
            Meaning =
                "The manager's certificate has a Common Name and no Subject Alternative Name. A Common Name is no proof of a host, so nobody can tell whether it is the right machine.",
            Causes = ["The certificate was made by openssl without -addext subjectAltName or an extension file"],
            Checks = ["clw certs show --manager HOST:PORT", "openssl x509 -in manager.crt -noout -ext subjectAltName"],
            Cure =
            [
                "Make the manager's certificate with the names and addresses that it is dialled by: clw certs issue manager --host NAME,ADDRESS",
            ],
            Related = ["clw-tls-wrong-host"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsWrongHost { get; } =
        new()
        {
            Code = "clw-tls-wrong-host",
            Title = "The server's certificate is for another host",
            Meaning = "The manager's certificate is good, but the name or address that was dialled is not among those it is valid for.",
            Causes = ["The manager is dialled by a name or an address that its certificate lacks", "The address leads to another machine"],
            Checks = ["clw certs show --manager HOST:PORT lists the names", "getent hosts HOST"],
            Cure =
            [
                "Dial one of the names that the certificate has, or make it anew with all of them: clw certs issue manager --host NAME,ADDRESS --force",
            ],
            Related = ["clw-tls-no-san"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsIncompleteChain { get; } =
        new()
        {
            Code = "clw-tls-incomplete-chain",
            Title = "The chain of certificates has a gap",
            Meaning =
                "A certificate was signed by somebody whose own certificate was neither sent along nor is in the CA file, so it cannot be followed up to our CA.",
            Causes =
            [
                "The file of the certificate lacks the intermediate certificate behind the first one",
                "It was signed by a CA that is not ours at all",
            ],
            Checks = ["clw certs show FILE", "openssl verify -CAfile ca.crt FILE", "openssl s_client -connect HOST:PORT -showcerts"],
            Cure = ["Put the intermediate certificates into the file, behind the certificate: cat leaf.crt intermediate.crt > FILE"],
            Related = ["clw-tls-unknown-ca"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsUnknownCa { get; } =
        new()
        {
            Code = "clw-tls-unknown-ca",
            Title = "A certificate was signed by a CA that is not ours",
            Meaning = "The two sides do not trust the same CA: the certificate leads to another one than that of the CA file.",
            Causes =
            [
                "The CA was made anew and one side still has the old ca.crt",
                "The certificate belongs to another cluster",
                "The certificate is signed by itself",
            ],
            Checks = ["clw certs show on both machines: the CA's fingerprints must be the same", "openssl verify -CAfile ca.crt FILE"],
            Cure =
            [
                "Give both sides the same ca.crt (one file may hold the old and the new CA for as long as both are in use), and certificates that it signed",
            ],
            Related = ["clw-tls-incomplete-chain", "clw-tls-client-refused"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsWrongUse { get; } =
        new()
        {
            Code = "clw-tls-wrong-use",
            Title = "A certificate is not made for this use",
            Meaning =
                "The certificate's extended key usage allows it for servers alone, or for clients alone, and it was shown as the other.",
            Causes = ["A worker's certificate was given to the manager, or the manager's to a client that was made elsewhere"],
            Checks = ["clw certs show FILE", "openssl x509 -in FILE -noout -ext extendedKeyUsage"],
            Cure = ["Make a certificate for this use: clw certs issue manager, clw certs issue worker or clw certs issue client"],
            Related = ["clw-tls-client-refused"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsClientRefused { get; } =
        new()
        {
            Code = "clw-tls-client-refused",
            Title = "The manager refused our certificate",
            Meaning =
                "The manager ended the TLS handshake because of the certificate that we showed. It told no more than that; its own log names the reason.",
            Causes = ["The certificate is damaged or of a kind that the manager does not take", "The two sides trust different CAs"],
            Checks = ["The manager's log", "clw certs show", "openssl verify -CAfile ca.crt worker.crt"],
            Cure = ["Give this side a certificate of the manager's CA: clw certs issue worker ID, or clw certs issue client NAME"],
            Related = ["clw-tls-client-missing", "clw-tls-unknown-ca", "clw-tls-expired"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.NotSignedIn,
        };

    public static ErrorEntry TlsClientMissing { get; } =
        new()
        {
            Code = "clw-tls-client-missing",
            Title = "The manager wants a certificate and got none",
            Meaning = "Beyond its own machine a manager lets in only who shows a certificate of its CA. Nothing was done.",
            Causes = ["tls.cert and tls.key are not set, and there are none at the usual place"],
            Checks = ["clw debug config", "clw certs show"],
            Cure =
            [
                "Name a certificate and its key: --tls-cert FILE --tls-key FILE (tls.cert, tls.key); make one with: clw certs issue client NAME",
            ],
            Related = ["clw-tls-client-refused"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.NotSignedIn,
        };

    public static ErrorEntry TlsRequired { get; } =
        new()
        {
            Code = "clw-tls-required",
            Title = "The other side wants TLS",
            Meaning = "A plain-text connection reached a port that talks to other machines by TLS alone. Nothing was done.",
            Causes = ["This side has no CA file, so it did not speak TLS", "tls.mode is never"],
            Checks = ["clw debug config", "clw certs show --manager HOST:PORT"],
            Cure =
            [
                "Name the CA, a certificate and its key: --tls-ca FILE --tls-cert FILE --tls-key FILE, or the section tls of the configuration",
            ],
            Related = ["clw-tls-plain-peer", "clw-address-insecure"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsPlainPeer { get; } =
        new()
        {
            Code = "clw-tls-plain-peer",
            Title = "The other side speaks no TLS",
            Meaning = "We opened the connection with TLS, and what came back was no TLS.",
            Causes = ["The manager has no certificate and runs with --insecure", "The port belongs to another program"],
            Checks = ["curl -v http://HOST:PORT", "The manager's log names at its start whether it speaks TLS"],
            Cure =
            [
                "Give the manager a certificate: clw certs issue manager --host NAME,ADDRESS",
                "Or talk to it without TLS, where the network is protected by other means: --tls never --insecure-manager",
            ],
            Related = ["clw-tls-required", "clw-handshake-timeout"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsFailed { get; } =
        new()
        {
            Code = "clw-tls-failed",
            Title = "The TLS handshake failed",
            Meaning = "The two sides could not agree on a protected connection, for a reason without a code of its own.",
            Causes = ["No common version or cipher (TLS 1.2 is the least)", "A middlebox meddles with the connection"],
            Checks = ["openssl s_client -connect HOST:PORT", "The log of the other side"],
            Cure = ["See what openssl s_client says of the other side; the log of the other side has its reason"],
            Related = ["clw-handshake-timeout", "clw-tls-client-refused"],
            Exit = ExitCode.Unreachable,
            Kind = FailureKind.Unavailable,
        };

    public static ErrorEntry TlsFiles { get; } =
        new()
        {
            Code = "clw-tls-files",
            Title = "The certificate files cannot be used",
            Meaning =
                "A file of the section tls is missing, cannot be read, is no PEM, or the key does not belong to the certificate. At a start nothing is started; while running, what was in use stays in use.",
            Causes =
            [
                "A typing error in a path",
                "The files may not be read by the user that runs the program",
                "A certificate was replaced without its key, or the key without its certificate",
                "The key is protected by a passphrase",
            ],
            Checks =
            [
                "clw certs show FILE",
                "ls -l FILE",
                "openssl pkey -in KEY -pubout and openssl x509 -in CERT -noout -pubkey must agree",
            ],
            Cure = ["Mend the file that the message names; certificate and key must be a pair"],
            Related = ["clw-file-unreadable", "clw-config-invalid"],
            Exit = ExitCode.Config,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry CertificateExpiring { get; } =
        new()
        {
            Code = "clw-certificate-expiring",
            Title = "A certificate ends soon",
            Meaning = "Everything still works. When the certificate has ended, no new connection with it comes about; open ones go on.",
            Causes = ["It is time to renew: the warnings come 30, 7 and 1 day ahead"],
            Checks = ["clw certs show", "The metric openclaw_certificate_expiry_seconds"],
            Cure = ["Renew it: clw certs renew FILE on the machine with the CA's key, and copy it over; it is taken up without a restart"],
            Related = ["clw-tls-expired"],
            Exit = ExitCode.Failed,
            Kind = FailureKind.WrongState,
        };

    public static ErrorEntry CertificateOfWorker { get; } =
        new()
        {
            Code = "clw-certificate-of-worker",
            Title = "A worker's certificate is not for commands",
            Meaning =
                "The certificate that was shown names a worker (openclaw://worker/ID). It speaks for that worker and may ask for the state of the cluster; tasks, logs and orders to workers want a client's certificate. Nothing was done.",
            Causes = ["A command found no client.crt and used the worker's certificate of the machine"],
            Checks = ["clw certs show", "clw debug config shows tls.cert"],
            Cure =
            [
                "Make a client's certificate where the CA is: clw certs issue client NAME; put its directory to ~/.config/openclaw/certs, or name it by --tls-cert and --tls-key",
            ],
            Related = ["clw-auth-refused", "clw-registration-failed"],
            Exit = ExitCode.Refused,
            Kind = FailureKind.Forbidden,
        };
}
