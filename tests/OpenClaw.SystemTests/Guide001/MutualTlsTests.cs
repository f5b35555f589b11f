using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C14: mutual TLS between a real manager, a real worker and real commands, with certificates made by openssl and by <c>clw certs</c>.</summary>
public sealed class MutualTlsTests
{
    private const string ManagerSan = "DNS:localhost,IP:127.0.0.1";

    private static (string, string)[] Tls(OpenSsl files, string ca, string? name) =>
        [
            ("OPENCLAW_TLS_CA", files.Path(ca)),
            .. name is null
                ? []
                : ((string, string)[])
                    [("OPENCLAW_TLS_CERT", files.Path(name + ".crt")), ("OPENCLAW_TLS_KEY", files.Path(name + "-key.pem"))],
        ];

    // A manager of this machine takes the token from this machine: these let nobody in without TLS but the harness itself.
    private static (string, string)[] AsWorker(Cluster cluster, (string, string)[] tls) =>
        [("OPENCLAW_CLUSTER_MANAGER_ADDRESS", cluster.Address.ToString()), ("OPENCLAW_TLS_MODE", "always"), .. tls];

    private static string WorkerLog(Cluster cluster) => ReadOrNothing(cluster.Room.Path("log", "worker.log"));

    private static string ManagerLog(Cluster cluster) => ReadOrNothing(cluster.Room.Path("log", "manager.log"));

    private static string ReadOrNothing(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The line of the guide, with level and time before it and the code behind it.</summary>
    private static Task WorkerSaysAsync(Cluster cluster, string text, string code) =>
        Until.TrueAsync(
            () =>
                Regex.IsMatch(
                    WorkerLog(cluster),
                    @"^\[ERROR\] \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "
                        + Regex.Escape(text)
                        + @".* \("
                        + Regex.Escape(code)
                        + @", manager at ",
                    RegexOptions.Multiline
                ),
            $"the worker's log says \"{text}\" [{code}]",
            details: () => WorkerLog(cluster) + ManagerLog(cluster) + cluster.Worker.Said
        );

    [Theory]
    [InlineData("expired", "TLS handshake failed: x509: certificate has expired or is not yet valid", "clw-tls-expired")]
    [InlineData("not-yet", "TLS handshake failed: x509: certificate has expired or is not yet valid", "clw-tls-not-yet-valid")]
    [InlineData("no-san", "TLS handshake failed: x509: certificate relies on legacy Common Name field", "clw-tls-no-san")]
    [InlineData(
        "wrong-host",
        "TLS handshake failed: x509: certificate is valid for elsewhere.example, not 127.0.0.1",
        "clw-tls-wrong-host"
    )]
    [InlineData(
        "gap",
        "TLS handshake failed: x509: certificate signed by unknown authority: the chain is incomplete",
        "clw-tls-incomplete-chain"
    )]
    [InlineData(
        "stranger",
        "TLS handshake failed: x509: certificate signed by unknown authority: another CA of the same name",
        "clw-tls-unknown-ca"
    )]
    public async Task C14_A_broken_certificate_of_the_manager_is_named_in_the_worker_log(string kind, string line, string code)
    {
        await using var cluster = new Cluster();
        var openssl = await OpenSsl.CreateAsync(cluster.Room);
        await openssl.CertificateAsync("worker", "/CN=openclaw-worker/O=openclaw-cluster");
        await (
            kind switch
            {
                "expired" => openssl.CertificateAsync("manager", "/CN=manager", ManagerSan, -400, -35),
                "not-yet" => openssl.CertificateAsync("manager", "/CN=manager", ManagerSan, 1, 300),
                "no-san" => openssl.CertificateAsync("manager", "/CN=127.0.0.1"),
                "wrong-host" => openssl.CertificateAsync("manager", "/CN=manager", "DNS:elsewhere.example"),
                "gap" => WithGapAsync(openssl),
                _ => OfStrangerAsync(openssl),
            }
        );
        await cluster.StartManagerAsync(Tls(openssl, "cluster-ca.crt", "manager"));
        cluster.LaunchWorker(AsWorker(cluster, Tls(openssl, "cluster-ca.crt", "worker")));
        await WorkerSaysAsync(cluster, line, code);
        // It goes on trying.
        Assert.False(cluster.Worker.HasExited);

        // A command says it too, and the doctor.
        string[] by =
        [
            "--manager",
            cluster.Address.ToString(),
            "--tls-ca",
            openssl.Path("cluster-ca.crt"),
            "--tls-cert",
            openssl.Path("worker.crt"),
            "--tls-key",
            openssl.Path("worker-key.pem"),
        ];
        (await cluster.Room.RunAsync(["cluster", "status", .. by])).FailedWith(code, 4);
        var doctor = await cluster.Room.RunAsync(["doctor", "--json", .. by]);
        Assert.Contains($"\"code\":\"{code}\"", doctor.Output.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static async Task WithGapAsync(OpenSsl openssl)
    {
        await openssl.IntermediateAsync("between");
        await openssl.CertificateAsync("manager", "/CN=manager", ManagerSan, by: "between");
    }

    private static async Task OfStrangerAsync(OpenSsl openssl)
    {
        await openssl.AuthorityAsync("other-ca", "cluster CA");
        await openssl.CertificateAsync("manager", "/CN=manager", ManagerSan, by: "other-ca");
    }

    [Theory]
    [InlineData("expired", "TLS handshake failed: x509: certificate has expired or is not yet valid", "clw-tls-expired")]
    [InlineData("stranger", "TLS handshake failed: x509: certificate signed by unknown authority", "clw-tls-incomplete-chain")]
    [InlineData("none", "TLS handshake failed: tls: client didn't provide a certificate", "clw-tls-client-missing")]
    public async Task C14_A_broken_certificate_of_the_worker_is_named_in_both_logs(string kind, string line, string code)
    {
        await using var cluster = new Cluster();
        var openssl = await OpenSsl.CreateAsync(cluster.Room);
        await openssl.AuthorityAsync("other-ca", "another CA");
        await openssl.CertificateAsync("manager", "/CN=manager", ManagerSan);
        await openssl.CertificateAsync(
            "worker",
            "/CN=openclaw-worker/O=openclaw-cluster",
            from: -400,
            to: kind == "expired" ? -35 : 9,
            by: kind == "stranger" ? "other-ca" : "cluster-ca"
        );
        await cluster.StartManagerAsync(Tls(openssl, "cluster-ca.crt", "manager"));
        cluster.LaunchWorker(AsWorker(cluster, Tls(openssl, "cluster-ca.crt", kind == "none" ? null : "worker")));
        await WorkerSaysAsync(cluster, line, code);
        await Until.TrueAsync(
            () =>
                Regex.IsMatch(
                    ManagerLog(cluster),
                    @"^\[ERROR\] \[[^]]*\] " + Regex.Escape(line) + @".*\[" + code + @"\]",
                    RegexOptions.Multiline
                ),
            "the manager's log names it",
            details: () => ManagerLog(cluster)
        );
    }

    [Fact]
    public async Task C14_A_handshake_that_hangs_is_named()
    {
        await using var cluster = new Cluster();
        var openssl = await OpenSsl.CreateAsync(cluster.Room);
        await openssl.CertificateAsync("worker", "/CN=openclaw-worker");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var where = listener.LocalEndpoint.ToString()!;
        cluster.LaunchWorker([
            ("OPENCLAW_CLUSTER_MANAGER_ADDRESS", where),
            ("OPENCLAW_CLUSTER_CONNECT_TIMEOUT", "1s"),
            .. Tls(openssl, "cluster-ca.crt", "worker"),
        ]);
        await WorkerSaysAsync(cluster, "Failed to complete TLS handshake: context deadline exceeded", "clw-handshake-timeout");
    }

    [Fact]
    public async Task C14_Plain_text_and_TLS_that_meet_are_named_on_both_sides()
    {
        await using var cluster = new Cluster();
        var openssl = await OpenSsl.CreateAsync(cluster.Room);
        await openssl.CertificateAsync("worker", "/CN=openclaw-worker");
        await cluster.StartManagerAsync();
        cluster.LaunchWorker(AsWorker(cluster, Tls(openssl, "cluster-ca.crt", "worker")));
        await WorkerSaysAsync(cluster, "TLS handshake failed: first record does not look like a TLS handshake", "clw-tls-plain-peer");
        await Until.TrueAsync(
            () => ManagerLog(cluster).Contains("clw-tls-plain-peer: ", StringComparison.Ordinal),
            "the manager says it too"
        );
    }

    [Fact]
    public async Task C14_Without_certificates_the_start_is_refused_and_with_clw_certs_two_machines_are_one()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        (string, string)[] open = [("OPENCLAW_MANAGER_LISTEN", $"0.0.0.0:{cluster.Port}")];
        var refused = cluster.LaunchManager(open);
        Assert.Equal(6, await refused.EndAsync());
        await refused.SaidAsync("clw-address-insecure: ");
        await refused.SaidAsync("clw certs init; clw certs issue manager --host NAME,ADDRESS");

        // The two machines: this one's files, and the directory that is carried over to the other.
        var here = room.Path("certs");
        var there = room.Path("carried");
        await DoneAsync(room, "certs", "init", "--dir", here);
        await DoneAsync(room, "certs", "issue", "manager", "--host", "manager.example,127.0.0.1", "--dir", here);
        await DoneAsync(room, "certs", "issue", "worker", "w1", "--dir", here, "--out", there);
        await DoneAsync(room, "certs", "issue", "client", "alice", "--dir", here, "--out", room.Path("alice"));
        Assert.Equal("-rw-------", Mode(room.Path("carried", "worker-key.pem")));
        Assert.Equal("-rw-------", Mode(room.Path("certs", "ca-key.pem")));
        (await room.RunAsync("certs", "init", "--dir", here)).FailedWith("clw-tls-files", 6);

        await cluster.StartManagerAsync([.. open, .. Files(here, "manager")]);
        await cluster.StartWorkerAsync([.. AsWorker(cluster, Files(there, "worker")), ("OPENCLAW_CLUSTER_WORKER_ID", "w1")]);

        // A command by the same means, in the name of its certificate.
        string[] By(string directory, string name) =>
            [
                "--manager",
                cluster.Address.ToString(),
                "--tls-ca",
                room.Path(directory, "ca.crt"),
                "--tls-cert",
                room.Path(directory, name + ".crt"),
                "--tls-key",
                room.Path(directory, name + "-key.pem"),
            ];
        string[] task = ["task", "submit", "--type", "sleep", "--payload", "{\"ms\":1}", "--wait"];
        await DoneAsync(room, [.. task, .. By("alice", "client")]);

        // The worker's own is for the worker, and for a look at the cluster.
        await DoneAsync(room, ["cluster", "status", .. By("carried", "worker")]);
        var commanded = await room.RunAsync([.. task, .. By("carried", "worker")]);
        commanded.FailedWith("clw-certificate-of-worker", 5);
        Assert.Contains("clw certs issue client NAME", commanded.Errors, StringComparison.Ordinal);

        // What the manager shows, judged by the name that was dialled.
        var shown = await room.RunAsync(
            "certs",
            "show",
            "--manager",
            cluster.Address.ToString(),
            "--tls-ca",
            room.Path("alice", "ca.crt"),
            "--json"
        );
        Assert.True(shown.ExitCode == 0, shown.Said);
        using var document = JsonDocument.Parse(shown.Output);
        Assert.Contains("manager.example", document.RootElement[0].GetProperty("hosts").EnumerateArray().Select(h => h.GetString()));

        // A certificate for w1 is none for w2.
        cluster.Worker.Signal(Signals.Term);
        await cluster.Worker.EndAsync();
        Directory.Delete(room.Path("state"), recursive: true);
        cluster.LaunchWorker([.. AsWorker(cluster, Files(there, "worker")), ("OPENCLAW_CLUSTER_WORKER_ID", "w2")]);
        await Until.TrueAsync(
            () => WorkerLog(cluster).Contains("Registration rejected: the certificate ", StringComparison.Ordinal),
            "the worker is told that the certificate is another's",
            details: () => WorkerLog(cluster)
        );
    }

    [Fact]
    public async Task C14_The_commands_of_the_guide_renew_a_certificate_under_a_running_worker()
    {
        await using var cluster = new Cluster();
        var openssl = await OpenSsl.CreateAsync(cluster.Room);
        await openssl.CertificateAsync("manager", "/CN=manager", ManagerSan);
        await openssl.CertificateAsync("worker", "/CN=openclaw-worker/O=openclaw-cluster", from: -400, to: -35);
        await cluster.StartManagerAsync(Tls(openssl, "cluster-ca.crt", "manager"));
        cluster.LaunchWorker([
            .. AsWorker(cluster, Tls(openssl, "cluster-ca.crt", "worker")),
            // Long enough that only the new file can end the wait.
            ("OPENCLAW_CLUSTER_RECONNECT_INTERVAL", "10m"),
            ("OPENCLAW_CLUSTER_MAX_RECONNECT_INTERVAL", "10m"),
        ]);
        await WorkerSaysAsync(cluster, "TLS handshake failed: x509: certificate has expired or is not yet valid", "clw-tls-expired");

        // Fix 3, from the guide's text.
        await openssl.RunAsync(
            "req -new -newkey rsa:4096 -nodes -keyout new-key.pem -out new.csr -subj /CN=openclaw-worker/O=openclaw-cluster"
        );
        await openssl.RunAsync(
            "x509 -req -in new.csr -CA cluster-ca.crt -CAkey cluster-ca-key.pem -CAcreateserial -out new.crt -days 365 -sha256"
        );
        var pid = cluster.Worker.Id;
        File.Copy(openssl.Path("new.crt"), openssl.Path("worker.crt"), overwrite: true);
        File.Copy(openssl.Path("new-key.pem"), openssl.Path("worker-key.pem"), overwrite: true);
        await cluster.WorkerIsAsync("healthy", w => w.Pid == pid);
        Assert.False(cluster.Worker.HasExited);
        // A line is in the file a moment after what it tells.
        await Until.TrueAsync(
            () =>
                WorkerLog(cluster).Contains("Renewed certificate taken up: ", StringComparison.Ordinal)
                && ManagerLog(cluster).Contains("the id is bound to its key", StringComparison.Ordinal),
            "both logs tell of the new certificate",
            details: () => WorkerLog(cluster) + ManagerLog(cluster)
        );

        // Another key with the same id, while the first certificate holds: whoever that is, it is not this worker.
        await openssl.CertificateAsync("thief", "/CN=openclaw-worker/O=openclaw-cluster");
        var id = Assert.Single(await NamesAsync(cluster));
        cluster.Worker.Kill();
        await cluster.Worker.EndAsync();
        cluster.LaunchWorker([.. AsWorker(cluster, Tls(openssl, "cluster-ca.crt", "thief")), ("OPENCLAW_CLUSTER_WORKER_ID", id)]);
        await Until.TrueAsync(
            () => WorkerLog(cluster).Contains($"Registration rejected: worker ID '{id}' belongs to another key", StringComparison.Ordinal),
            "the other key is refused",
            details: () => WorkerLog(cluster)
        );
    }

    [Fact]
    public async Task C14_A_renewed_certificate_of_the_manager_serves_without_a_restart()
    {
        await using var cluster = new Cluster();
        var room = cluster.Room;
        var here = room.Path("certs");
        await DoneAsync(room, "certs", "init", "--dir", here);
        await DoneAsync(room, "certs", "issue", "manager", "--host", "127.0.0.1", "--dir", here, "--days", "5");
        await DoneAsync(room, "certs", "issue", "worker", "w1", "--dir", here, "--out", here);
        await cluster.StartManagerAsync(Files(here, "manager"));
        await cluster.StartWorkerAsync([.. AsWorker(cluster, Files(here, "worker")), ("OPENCLAW_CLUSTER_WORKER_ID", "w1")]);
        var before = await SerialAsync(room, cluster);

        // It ends in five days: the status and the log say so.
        var status = await room.RunAsync("cluster", "status", "--json");
        Assert.Contains("clw-certificate-expiring: the certificate of manager 127.0.0.1 ends in ", status.Output, StringComparison.Ordinal);
        Assert.Contains("clw-certificate-expiring: the certificate of manager ", ManagerLog(cluster), StringComparison.Ordinal);

        await DoneAsync(room, "certs", "renew", System.IO.Path.Combine(here, "manager.crt"), "--dir", here);
        var pid = cluster.Manager.Id;
        Assert.NotEqual(before, await SerialAsync(room, cluster));
        Assert.Equal(pid, cluster.Manager.Id);
        Assert.False(cluster.Manager.HasExited);
        // Who was connected noticed nothing.
        Assert.DoesNotContain("UNREACHABLE", ManagerLog(cluster), StringComparison.Ordinal);
        var after = await room.RunAsync("cluster", "status", "--json");
        Assert.DoesNotContain("clw-certificate-expiring", after.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C14_A_dry_run_names_a_certificate_that_will_not_do()
    {
        await using var cluster = new Cluster();
        var openssl = await OpenSsl.CreateAsync(cluster.Room);
        await openssl.CertificateAsync("manager", "/CN=manager", ManagerSan);
        await openssl.CertificateAsync("worker", "/CN=openclaw-worker", from: -400, to: -35);
        await cluster.StartManagerAsync(Tls(openssl, "cluster-ca.crt", "manager"));
        await File.WriteAllTextAsync(
            cluster.Room.Path("certs", "worker.yaml"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"cluster:\n  manager_address: \"{cluster.Address}\"\ntls:\n  ca: cluster-ca.crt\n  cert: worker.crt\n  key: worker-key.pem\n"
            )
        );
        var dry = await cluster.Room.RunAsync("worker", "--config", cluster.Room.Path("certs", "worker.yaml"), "--dry-run");
        dry.FailedWith("clw-tls-expired", 4);
        Assert.Contains("[FAIL] certs ", dry.Output, StringComparison.Ordinal);
    }

    private static (string, string)[] Files(string directory, string name) =>
        [
            ("OPENCLAW_TLS_CA", Path.Combine(directory, "ca.crt")),
            ("OPENCLAW_TLS_CERT", Path.Combine(directory, name + ".crt")),
            ("OPENCLAW_TLS_KEY", Path.Combine(directory, name + "-key.pem")),
        ];

    private static async Task DoneAsync(Room room, params string[] arguments)
    {
        var done = await room.RunAsync(arguments);
        Assert.True(done.ExitCode == 0, done.Said);
    }

    private static async Task<string> SerialAsync(Room room, Cluster cluster)
    {
        var shown = await room.RunAsync("certs", "show", "--manager", cluster.Address.ToString(), "--json");
        using var document = JsonDocument.Parse(shown.Output);
        return document.RootElement[0].GetProperty("serial").GetString()!;
    }

    private static async Task<List<string>> NamesAsync(Cluster cluster)
    {
        using var client = cluster.Client();
        return [.. (await client.StatusAsync()).Value.Workers.Select(w => w.Id)];
    }

    private static string Mode(string file) =>
        "-" + string.Concat("rwxrwxrwx".Select((letter, i) => ((int)File.GetUnixFileMode(file) & (1 << (8 - i))) != 0 ? letter : '-'));
}
