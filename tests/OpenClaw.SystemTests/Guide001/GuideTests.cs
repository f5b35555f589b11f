using System.Text.RegularExpressions;
using OpenClaw.SystemTests.Harness;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>
/// The commands of guide 001 as they are printed, one after the other, against its cluster with its addresses and names, the worker
/// under a real systemd. What differs: ids of tasks are those of real tasks; <c>sleep</c> lasts 5 s where the guide waits for 10 and 30;
/// the kernel's table of connections, which belongs to the whole machine, is a directory of files in its place; watches end early.
/// </summary>
public sealed class GuideTests
{
    private const string Before = """
        # /etc/openclaw/worker.yaml
        cluster:
          manager_address: "192.168.1.10:9090"
          reconnect_interval: "30s"
          max_reconnect_attempts: 5
        """;

    private const string After = """
        # /etc/openclaw/worker.yaml
        cluster:
          manager_address: "192.168.1.10:9090"
          reconnect_interval: "5s"
          max_reconnect_attempts: 10
          heartbeat_interval: "10s"
        """;

    private const string Shorter = "sleep() { command sleep 5; }; ";

    [Fact]
    public async Task Every_command_of_the_guide_does_what_it_says()
    {
        await using var guide = await GuideCluster.StartAsync();
        await PreparedAsync(guide);
        await SymptomsAsync(guide);
        await DiagnosticsAsync(guide);
        await RestartAsync(guide);
        await CertificatesAsync(guide);
        await ConnectionTrackingAsync(guide);
        await VerificationAsync(guide);
        await PitfallsAsync(guide);
    }

    // worker-02 as the guide finds it: installed, with the settings of "before" and a certificate that has not long to go.
    private static async Task PreparedAsync(GuideCluster guide)
    {
        await guide.CertifyAsync("worker-02", TimeSpan.FromMinutes(2));
        await HereAsync(guide, $"{Checkout.Program("clw")} install");
        await HereAsync(
            guide,
            $"""
            set -e
            cp /lib/systemd/system/systemd-journald*.socket /run/units
            printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=notify\nExecStart=/lib/systemd/systemd-journald\nSockets=systemd-journald.socket\n' > /run/units/systemd-journald.service
            systemctl daemon-reload
            systemctl start systemd-journald.socket systemd-journald.service
            mkdir -p /etc/openclaw/certs /etc/claw/plugins
            cp {guide.Certificate("cluster-ca.crt")} /etc/openclaw/certs/ca.crt
            cp {guide.Certificate("worker-02.crt")} /etc/openclaw/certs/worker.crt
            cp {guide.Certificate("worker-02-key.pem")} /etc/openclaw/certs/worker-key.pem
            printf 'OPENCLAW_CLUSTER_WORKER_ID=worker-02\nOPENCLAW_WORKER_SHUTDOWN_GRACE=2s\nOPENCLAW_CLUSTER_HEARTBEAT_INTERVAL=1s\nOPENCLAW_CLUSTER_ACK_TIMEOUT=3s\n' > /etc/openclaw/environment
            printf '#!/bin/sh\nexit 1\n' > /etc/claw/plugins/data-process
            printf '#!/bin/sh\nsleep 600\n' > /etc/claw/plugins/video-encode
            chmod 755 /etc/claw/plugins/data-process /etc/claw/plugins/video-encode
            mkdir -p /run/kernel
            cd /run/kernel
            echo 786432 > nf_conntrack_count
            echo 786432 > nf_conntrack_max
            echo 432000 > nf_conntrack_tcp_timeout_established
            mount --bind /run/kernel /proc/sys/net/netfilter
            """
        );
        await WriteAsync(guide, "/etc/openclaw/worker.yaml", Before);
        await HereAsync(guide, "systemctl start openclaw-worker");
        await guide.WorkerIsAsync("worker-02", "healthy");
    }

    private static async Task SymptomsAsync(GuideCluster guide)
    {
        // At a terminal, as the guide means it: into a pipe grep would keep what it finds until it has 4 KiB of it.
        var log = guide.AtManager(
            """script -qefc 'clw logs --follow --component worker | grep -E "(reconnect|UNREACHABLE|heartbeat)"' /dev/null"""
        );
        await SubmitAsync(guide, "video-encode");
        await Until.TrueAsync(
            async () =>
                (await guide.AtManagerAsync("clw task list --status RUNNING")).Output.Contains("worker-02", StringComparison.Ordinal),
            "it runs"
        );

        // It waits for 27 s when it has failed three times: it will be waiting when its worker is out of reach.
        var waiting = await SubmitAsync(guide, "data-process", " --max-retries 4");
        await Until.TrueAsync(
            async () => (await guide.AtManagerAsync("clw task list --status PENDING")).Output.Contains(" 3/4 ", StringComparison.Ordinal),
            "it has failed three times"
        );

        // Healthy: the grep finds nothing.
        Assert.DoesNotMatch("reconnect|UNREACHABLE|heartbeat", log.Output);
        guide.IsPluggedIn = false;
        await guide.WorkerIsAsync("worker-02", "UNREACHABLE");
        await log.SaidAsync("Worker worker-02 is UNREACHABLE at 192.168.1.102");
        await ManagerSaysAsync(
            guide,
            "clw cluster status",
            """
            (?x)^CLUSTER:\ production-cluster\n
            ├──\ Manager:\ +healthy\ \(leader\)\n
            ├──\ Workers:\ +3\ total,\ 1\ unreachable\n
            │\ +├──\ worker-01\ +healthy\ +192\.168\.1\.101:9091\ .*\n
            │\ +├──\ worker-02\ +UNREACHABLE\ 192\.168\.1\.102:9091\ .*\n
            │\ +└──\ worker-03\ +healthy\ +192\.168\.1\.103:9091\ .*\n
            └──\ Queue\ Depth:\ +\d+\ pending\ task
            """,
            exit: 1
        );
        await ManagerSaysAsync(
            guide,
            "clw task list --status PENDING",
            $@"(?m)^TASK ID +TYPE +WORKER +AGE +RETRY.*\n{waiting} +data-process +worker-02 +\d+s +3/4 +PENDING"
        );
        await ManagerSaysAsync(guide, "telnet 192.168.1.102 9090", "Trying 192.168.1.102...", exit: 1);
        await ManagerSaysAsync(guide, "ping -c 3 192.168.1.102", "3 packets transmitted, 0 received,.* 100% packet loss", exit: 1);
        await HereSaysAsync(guide, "cat /proc/sys/net/netfilter/nf_conntrack_count", "^786432\n$");
        await HereSaysAsync(guide, "cat /proc/sys/net/netfilter/nf_conntrack_max", "^786432\n$");
        guide.IsPluggedIn = true;
        await guide.WorkerIsAsync("worker-02", "healthy");
        await log.SaidAsync("reconnected");
        await EndFollowAsync(log);
    }

    private static async Task DiagnosticsAsync(GuideCluster guide)
    {
        await HereSaysAsync(guide, "systemctl status openclaw-worker", @"active \(running\)");
        await HereSaysAsync(
            guide,
            """journalctl -u openclaw-worker --since "30 minutes ago" | tail -100""",
            @"(?s)\[WARN\] No heartbeat acknowledgment received for 3 seconds\n.*\[ERROR\] Assuming manager connection lost"
        );
        await HereSaysAsync(guide, "nc -zv 192.168.1.10 9090", "succeeded");
        await HereSaysAsync(guide, "cat /etc/openclaw/worker.yaml", "reconnect_interval: \"30s\"");
        // What the guide does not have: the reason that fits, with its cure.
        await HereSaysAsync(guide, "clw doctor", "(?m)^FAIL  conntrack +clw-connection-timeout: 786,432 of 786,432", exit: 1);
    }

    private static async Task RestartAsync(GuideCluster guide)
    {
        await HereSaysAsync(guide, "sudo systemctl stop openclaw-worker", "^");
        await ManagerSaysAsync(guide, "clw cluster status", "worker-02 +stopped");
        await HereSaysAsync(guide, Shorter + "sleep 10", null);
        await HereSaysAsync(guide, "sudo rm -f /var/lib/openclaw/worker-state/*.lock", null);
        await HereSaysAsync(guide, "sudo rm -f /var/lib/openclaw/worker-state/heartbeat.tmp", null);
        await WriteAsync(guide, "/etc/openclaw/worker.yaml", After);
        await HereAsync(guide, "sed -i /_CLUSTER_HEARTBEAT_/d\\;/_ACK_/d /etc/openclaw/environment");
        await HereSaysAsync(guide, "sudo systemctl start openclaw-worker", null);
        await HereSaysAsync(guide, "sudo systemctl status openclaw-worker", @"active \(running\)");
        await guide.WorkerIsAsync("worker-02", "healthy");
    }

    private static async Task CertificatesAsync(GuideCluster guide)
    {
        var directory = $"cd {Path.GetDirectoryName(guide.Certificate("cluster-ca.crt"))} && ";
        await Until.TrueAsync(
            async () => (await guide.Worker02.RunAsync("openssl x509 -in /etc/openclaw/certs/worker.crt -noout -checkend 0")).ExitCode == 1,
            "the certificate has expired",
            TimeSpan.FromMinutes(3)
        );
        var old = await HereSaysAsync(guide, "openssl x509 -in /etc/openclaw/certs/worker.crt -noout -dates", "(?s)notBefore=.*notAfter=");
        await HereAsync(guide, "sudo systemctl restart openclaw-worker");
        await guide.Worker02.UntilAsync(
            "journalctl -u openclaw-worker",
            "TLS handshake failed: x509: certificate has expired or is not yet valid"
        );
        await HereSaysAsync(
            guide,
            directory
                + """
                openssl req -new -newkey rsa:4096 -nodes \
                  -keyout worker-key.pem \
                  -out worker.csr \
                  -subj "/CN=openclaw-worker/O=openclaw-cluster"
                """,
            "^"
        );
        await HereSaysAsync(
            guide,
            directory
                + """
                openssl x509 -req -in worker.csr \
                  -CA cluster-ca.crt \
                  -CAkey cluster-ca-key.pem \
                  -CAcreateserial \
                  -out worker.crt \
                  -days 365 \
                  -sha256
                """,
            "^"
        );
        await HereSaysAsync(guide, directory + "sudo cp worker.crt /etc/openclaw/certs/worker.crt", null);
        await HereSaysAsync(guide, directory + "sudo cp worker-key.pem /etc/openclaw/certs/worker-key.pem", null);
        await HereSaysAsync(guide, "sudo chmod 600 /etc/openclaw/certs/worker-key.pem", null);
        await HereSaysAsync(guide, "sudo systemctl restart openclaw-worker", null);
        var renewed = await HereSaysAsync(
            guide,
            "openssl x509 -in /etc/openclaw/certs/worker.crt -noout -dates",
            "(?s)notBefore=.*notAfter="
        );
        Assert.NotEqual(old, renewed);
        await guide.WorkerIsAsync("worker-02", "healthy");
    }

    private static async Task ConnectionTrackingAsync(GuideCluster guide)
    {
        await HereSaysAsync(guide, "echo 1572864 | sudo tee /proc/sys/net/netfilter/nf_conntrack_max", "^1572864\n$");
        await HereSaysAsync(
            guide,
            """
            sudo bash -c 'cat >> /etc/sysctl.conf <<EOF
            # OpenClaw worker connection tracking
            net.netfilter.nf_conntrack_max = 1572864
            net.netfilter.nf_conntrack_tcp_timeout_established = 7200
            EOF'
            """,
            "^$"
        );
        await HereSaysAsync(guide, "sudo sysctl -p", "net.netfilter.nf_conntrack_max = 1572864");
        await HereSaysAsync(guide, "cat /proc/sys/net/netfilter/nf_conntrack_max", "^1572864\n$");
        await HereSaysAsync(guide, "clw doctor", "(?m)^(OK|WARN)  *conntrack +786,432 of 1,572,864", exit: null);
    }

    private static async Task VerificationAsync(GuideCluster guide)
    {
        await HereSaysAsync(guide, "sudo systemctl status openclaw-worker", @"active \(running\)");
        // From the worker's own machine as well, by the worker's certificate.
        await HereSaysAsync(guide, "clw cluster status", "worker-02 +healthy");
        await ManagerSaysAsync(guide, "clw cluster status", "worker-02 +healthy");
        await ManagerSaysAsync(guide, "timeout -s INT 3 watch -n 10 clw cluster status", "CLUSTER: production-cluster", exit: null);
        var ping = await ManagerSaysAsync(
            guide,
            """clw task submit --type ping --payload '{"target": "8.8.8.8"}'""",
            "^task-[0-9a-z]{6}\n$"
        );
        await ManagerSaysAsync(guide, $"clw task wait {ping.Trim()}", "SUCCEEDED");
        var listed = await ManagerSaysAsync(guide, "clw task list --worker worker-02 --limit 10", "video-encode +worker-02 ");
        Assert.True(listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length <= 11, listed);
        await ManagerSaysAsync(
            guide,
            "curl -s http://192.168.1.102:9091/health",
            """(?s)"status":\s*"healthy".*"connected_to_manager":\s*true.*"last_heartbeat":\s*"20\d\d-[^"]*Z".*"active_tasks":\s*\d+.*"version":\s*"\d"""
        );
    }

    private static async Task PitfallsAsync(GuideCluster guide)
    {
        // What the guide calls wrong shows the cluster as well, whatever the worker's state is at that moment.
        await HereSaysAsync(
            guide,
            "sudo systemctl restart openclaw-worker && clw cluster status",
            "(?s)CLUSTER: production-cluster.*worker-02 ",
            exit: null
        );
        await HereSaysAsync(
            guide,
            Shorter + "sudo systemctl restart openclaw-worker\nsleep 30\nclw cluster status",
            "3 total\n(?s).*worker-02 +healthy"
        );
        await HereSaysAsync(guide, "clw validate-config /etc/openclaw/worker.yaml", "valid, 4 settings");
        await WriteAsync(guide, "/etc/openclaw/worker-staging.yaml", After);
        await HereSaysAsync(
            guide,
            "clw worker --config /etc/openclaw/worker-staging.yaml --dry-run",
            @"(?s)\[OK\]   settings.*\[OK\]   manager   reached: cluster production-cluster"
        );
        var certs = $"cd {Path.GetDirectoryName(guide.Certificate("cluster-ca.crt"))} && ";
        await HereAsync(guide, certs + "cp worker.crt new-worker.crt");
        await HereSaysAsync(guide, certs + "cp new-worker.crt /etc/openclaw/certs/worker.crt", null);
        await HereSaysAsync(guide, certs + "cp cluster-ca.crt /etc/openclaw/certs/ca.crt", null);
        await HereSaysAsync(guide, "sudo systemctl restart openclaw-worker", null);
        await guide.WorkerIsAsync("worker-02", "healthy");

        var encode = await SubmitAsync(guide, "video-encode");
        await Until.TrueAsync(
            async () => (await guide.AtManagerAsync($"clw task show {encode}")).Output.Contains("RUNNING", StringComparison.Ordinal),
            "it runs"
        );
        await ManagerSaysAsync(guide, $"clw task cancel --force {encode}", $"^{encode} cancelled\n$");
        var data = await SubmitAsync(guide, "nobody-serves-this");
        await ManagerSaysAsync(
            guide,
            $"clw task cancel --task-id {data} --reason \"Worker unreachable for 20 minutes\"",
            $"^{data} cancelled\n$"
        );
        await ManagerSaysAsync(guide, $"clw task show {data}", "Worker unreachable for 20 minutes");
        // The same that the guide runs in a pod, where there is one.
        await HereSaysAsync(guide, "clw debug config", "(?m)^cluster.heartbeat_interval +10s +/etc/openclaw/worker.yaml:6:23");
    }

    private static async Task HereAsync(GuideCluster guide, string command)
    {
        var said = await guide.Worker02.RunAsync(command);
        Assert.True(said.ExitCode == 0, said.Said);
    }

    private static async Task<string> HereSaysAsync(GuideCluster guide, string command, string? pattern, int? exit = 0) =>
        Checked(await guide.Worker02.RunAsync(command), pattern, exit);

    private static async Task<string> ManagerSaysAsync(GuideCluster guide, string command, string? pattern, int? exit = 0) =>
        Checked(await guide.AtManagerAsync(command), pattern, exit);

    // Some of these tools say it on the one, some on the other. Null: a command that says nothing when it has done what it should.
    private static string Checked(RealProcess said, string? pattern, int? exit)
    {
        Assert.True(exit is null || said.ExitCode == exit, $"exit code {said.ExitCode}\n{said.Said}");
        var options = RegexOptions.CultureInvariant;
        Assert.True(
            pattern is null
                ? said.Output.Length == 0
                : Regex.IsMatch(said.Output, pattern, options, TimeSpan.FromSeconds(10))
                    || Regex.IsMatch(said.Errors, pattern, options, TimeSpan.FromSeconds(10)),
            $"not as expected: {pattern}\n{said.Said}"
        );
        return said.Output;
    }

    private static async Task<string> SubmitAsync(GuideCluster guide, string type, string more = "") =>
        (await ManagerSaysAsync(guide, $"clw task submit --type {type} --payload '{{}}'{more}", "^task-[0-9a-z]{6}\n$")).Trim();

    private static async Task WriteAsync(GuideCluster guide, string path, string text) =>
        await HereAsync(guide, $"cat > {path} <<'EOF'\n{text.ReplaceLineEndings("\n")}\nEOF");

    private static async Task EndFollowAsync(RealProcess follower)
    {
        foreach (
            var reader in ProcessTable.DescendantsOf(follower.Id).Where(p => p.CommandLine.Contains(" logs ", StringComparison.Ordinal))
        )
        {
            Signals.Send(reader.Id, Signals.Interrupt);
        }

        Assert.Equal(0, await follower.EndAsync());
    }
}
