using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C21 and section 0 under a real systemd: the installation as root, the units, the guide's own commands.</summary>
public sealed class SystemServiceTests
{
    [Fact]
    public async Task C21_under_a_real_systemd_the_services_install_start_heal_reload_and_stop()
    {
        await using var room = new Room();
        await using var systemd = await SystemdMachine.BootAsync(room);
        await InstallsAsync(systemd);
        await StartsAsync(systemd);
        await LetsItsGroupInAsync(systemd);
        await TakesRootsCertificatesAsync(systemd);
        await HealsAsync(systemd);
        await StopsAsync(systemd);
    }

    private static async Task InstallsAsync(SystemdMachine systemd)
    {
        var install = await systemd.RunAsync($"{Checkout.Program("clw")} install");
        Assert.True(install.ExitCode == 0, install.Said);
        Assert.Contains("done   make the system user and group openclaw", install.Output, StringComparison.Ordinal);
        Assert.Contains("done   tell systemd of the units", install.Output, StringComparison.Ordinal);
        Assert.Equal(
            "750 openclaw openclaw\n750 openclaw openclaw\nopenclaw\nopenclaw\n",
            (await systemd.RunAsync("stat -c '%a %U %G' /var/lib/openclaw /var/log/openclaw; readlink /var/log/clw /var/log/claw")).Output
        );
        var again = await systemd.RunAsync("clw install");
        Assert.True(again.ExitCode == 0, again.Said);
        // systemd is told once more; everything else is there.
        Assert.All(
            again.Output.Split('\n').TakeWhile(l => l.Length > 0),
            l => Assert.True(l.StartsWith("there ", StringComparison.Ordinal) || l.Contains("tell systemd", StringComparison.Ordinal), l)
        );
    }

    private static async Task StartsAsync(SystemdMachine systemd)
    {
        // The guide waits for nobody: a start that returns is a service that is ready.
        var start = await systemd.RunAsync("systemctl start openclaw-worker");
        Assert.True(start.ExitCode == 0, start.Said + (await systemd.RunAsync("systemctl status openclaw-worker")).Said);
        Assert.True((await systemd.RunAsync("systemctl start openclaw-manager")).ExitCode == 0);
        var status = await systemd.UntilAsync(
            "systemctl status openclaw-worker --no-pager",
            ": connected to the manager of this machine\""
        );
        Assert.Contains("active (running)", status, StringComparison.Ordinal);
        var manager = (await systemd.RunAsync("systemctl status openclaw-manager --no-pager")).Output;
        Assert.Contains("Status: \"listening on 127.0.0.1:9090", manager, StringComparison.Ordinal);
        Assert.Contains("healthy", await systemd.UntilAsync("clw cluster status", "healthy    "), StringComparison.Ordinal);
        var task = await systemd.RunAsync("clw task submit --type sleep --payload '{\"ms\":10}' --wait");
        Assert.True(task.ExitCode == 0, task.Said);

        // The guide on crashes knows it by another name: it is the same unit, and cannot run twice.
        var restart = await systemd.RunAsync("systemctl enable openclaw-worker && systemctl daemon-reload && systemctl restart clw-worker");
        Assert.True(restart.ExitCode == 0, restart.Said);
        Assert.Equal(
            "Id=openclaw-worker.service\nRestart=always\nRestartUSec=5s\nLimitAS=infinity\nLimitCORE=infinity\nLimitNOFILE=1048576\nDelegate=yes\n",
            string.Concat(
                (
                    await systemd.RunAsync(
                        "for p in Id Restart RestartUSec LimitAS LimitCORE LimitNOFILE Delegate; do systemctl show -p $p clw-worker; done"
                    )
                ).Output
            )
        );
        Assert.Equal("1\n", (await systemd.RunAsync("pgrep -cx clw-worker")).Output);
        Assert.Contains("healthy", await systemd.UntilAsync("clw cluster status", "healthy    "), StringComparison.Ordinal);

        var reload = await systemd.RunAsync("systemctl reload openclaw-worker && systemctl is-active openclaw-worker");
        Assert.True(reload.ExitCode == 0 && reload.Output.Trim() == "active", reload.Said);
    }

    private static async Task LetsItsGroupInAsync(SystemdMachine systemd)
    {
        Assert.Equal("640 openclaw openclaw\n", (await systemd.RunAsync("stat -c '%a %U %G' /var/lib/openclaw/token")).Output);
        var member = await systemd.RunAsync(
            "env HOME=/tmp/nobody setpriv --reuid=64123 --regid=64123 --groups=$(getent group openclaw | cut -d: -f3) clw cluster status"
        );
        Assert.True(member.ExitCode == 0, member.Said);
        var stranger = await systemd.RunAsync("env HOME=/tmp/nobody setpriv --reuid=64123 --regid=64123 --clear-groups clw cluster status");
        Assert.NotEqual(0, stranger.ExitCode);
        Assert.Contains("clw-auth-refused", stranger.Errors, StringComparison.Ordinal);
    }

    // The guide's own commands, word for word: a key that is root's alone, and a restart.
    private static async Task TakesRootsCertificatesAsync(SystemdMachine systemd)
    {
        var made = await systemd.RunAsync(
            """
            set -e
            cd /tmp
            umask 077
            clw certs init
            clw certs issue manager --host 127.0.0.1
            mkdir guide
            cd guide
            openssl req -new -newkey rsa:2048 -nodes -keyout worker-key.pem -out worker.csr -subj "/CN=openclaw-worker/O=openclaw-cluster"
            openssl x509 -req -in worker.csr -CA /etc/openclaw/certs/ca.crt -CAkey /etc/openclaw/certs/ca-key.pem -CAcreateserial \
              -CAserial ca.srl -out worker.crt -days 365 -sha256
            cp worker.crt /etc/openclaw/certs/worker.crt
            cp worker-key.pem /etc/openclaw/certs/worker-key.pem
            chmod 600 /etc/openclaw/certs/worker-key.pem
            cd /tmp
            rm -r guide
            cd /etc/openclaw/certs
            stat -c '%n %a %U %G' . ca-key.pem manager-key.pem
            printf 'OPENCLAW_TLS_MODE=always\nOPENCLAW_CLUSTER_MANAGER_ADDRESS=127.0.0.1:9090\n' > /etc/openclaw/environment
            systemctl restart openclaw-manager openclaw-worker
            stat -c '%n %a %U %G' ca-key.pem worker-key.pem
            """
        );
        Assert.True(made.ExitCode == 0, made.Said + (await systemd.RunAsync("systemctl status openclaw-manager openclaw-worker")).Said);
        Assert.EndsWith(
            ". 750 root openclaw\nca-key.pem 600 root root\nmanager-key.pem 640 root openclaw\nca-key.pem 600 root root\nworker-key.pem 640 root openclaw\n",
            made.Output,
            StringComparison.Ordinal
        );
        await systemd.UntilAsync("systemctl status openclaw-worker --no-pager", ": connected to");

        // Half of a new pair is no end: what is whole a little later is taken up.
        await systemd.RunAsync(
            "cd /etc/openclaw/certs && cp worker-key.pem /tmp/whole.pem && cp manager-key.pem worker-key.pem && systemctl restart --no-block openclaw-worker"
        );
        await systemd.UntilAsync("cat /var/log/openclaw/*.log", "worker-key.pem does not belong to the certificate");
        await systemd.RunAsync("cp /tmp/whole.pem /etc/openclaw/certs/worker-key.pem; rm /tmp/whole.pem");
        await systemd.UntilAsync("systemctl status openclaw-worker --no-pager", ": connected to");
        await systemd.RunAsync("rm /etc/openclaw/environment; systemctl restart openclaw-manager openclaw-worker");
        await systemd.UntilAsync("systemctl status openclaw-worker --no-pager", ": connected to");
    }

    private static async Task HealsAsync(SystemdMachine systemd)
    {
        await systemd.RunAsync(
            "mkdir -p /etc/systemd/system/openclaw-worker.service.d && printf '[Service]\\nWatchdogSec=2\\nRestartSec=100ms\\n' > /etc/systemd/system/openclaw-worker.service.d/test.conf && systemctl daemon-reload && systemctl restart openclaw-worker"
        );
        await systemd.UntilAsync("systemctl status openclaw-worker --no-pager", ": connected to");
        // A worker that hangs is ended by the watchdog, and another is there.
        Assert.Equal(0, (await systemd.RunAsync("pkill -STOP -x clw-worker")).ExitCode);
        await systemd.UntilAsync("systemctl show -p NRestarts openclaw-worker", "NRestarts=1");
        await systemd.UntilAsync("systemctl status openclaw-worker --no-pager", ": connected to");
    }

    private static async Task StopsAsync(SystemdMachine systemd)
    {
        var stop = await systemd.RunAsync("systemctl stop openclaw-worker openclaw-manager");
        Assert.True(stop.ExitCode == 0, stop.Said);
        Assert.Equal(
            "Result=success\nExecMainStatus=0\n",
            (await systemd.RunAsync("systemctl show -p Result,ExecMainStatus openclaw-manager")).Output
        );
        Assert.Equal("", (await systemd.RunAsync("pgrep -l clw-")).Output);
        var undone = await systemd.RunAsync("clw install --uninstall && ls /usr/local/bin /etc/systemd/system/openclaw-*.service");
        Assert.DoesNotContain("clw\n", undone.Output.Split("kept:")[^1], StringComparison.Ordinal);
        Assert.Equal("0\n", (await systemd.RunAsync("test -d /var/lib/openclaw; echo $?")).Output);
    }
}
