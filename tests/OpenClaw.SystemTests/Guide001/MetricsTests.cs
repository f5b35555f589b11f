using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C20 of the guide on workers: the metrics, taken by a real Prometheus with the guide's alert.</summary>
public sealed class MetricsTests
{
    private const string Alert = """
        groups:
        - name: openclaw-worker
          rules:
          - alert: WorkerUnreachable
            expr: openclaw_worker_status{status="unreachable"} == 1
            for: 1s
            labels:
              severity: critical
            annotations:
              summary: "Worker {{ $labels.worker }} is unreachable"
        """;

    [Fact]
    public async Task C20_a_real_prometheus_takes_the_metrics_and_the_guides_alert_fires_for_the_worker_that_froze()
    {
        var (prometheus, promtool) = (Checkout.Need("prometheus"), Checkout.Need("promtool"));
        await using var fleet = new Fleet();
        fleet.Room.Environment["OPENCLAW_CLUSTER_HEARTBEAT_INTERVAL"] = "300ms";
        fleet.Room.Plugin("fails", "#!/bin/sh\nexit 1\n");
        await fleet.StartAsync("worker-01", "worker-02");
        using var client = fleet.Client();
        await client.UntilAsync(await client.SubmitAsync("noop", "{}"), TaskState.Succeeded);
        await client.UntilAsync(await client.SubmitAsync("fails", "{}", s => s.MaxRetries = 1), TaskState.Dead);
        await client.SubmitAsync("nobody-serves-this", "{}");

        await File.WriteAllTextAsync(fleet.Room.Path("alerts.yml"), Alert, TestContext.Current.CancellationToken);
        var web = $"127.0.0.1:{Room.FreePort()}";
        await File.WriteAllTextAsync(
            fleet.Room.Path("prometheus.yml"),
            $"global:\n  scrape_interval: 500ms\n  scrape_timeout: 500ms\n  evaluation_interval: 500ms\n"
                + $"rule_files: [alerts.yml]\nscrape_configs:\n- job_name: openclaw\n  static_configs:\n  - targets: ['{fleet.Web}']\n",
            TestContext.Current.CancellationToken
        );
        var check = fleet.Room.Start(promtool, ["check", "config", fleet.Room.Path("prometheus.yml")]);
        Assert.True(await check.EndWithOutputAsync() == 0, check.Said);

        // What it says of the metrics' names, types and help.
        var lint = fleet.Room.Start("/bin/sh", ["-c", $"curl -sf http://{fleet.Web}/metrics | {promtool} check metrics"]);
        Assert.True(await lint.EndWithOutputAsync() == 0, lint.Said);

        var server = fleet.Room.Start(
            prometheus,
            [
                $"--config.file={fleet.Room.Path("prometheus.yml")}",
                $"--storage.tsdb.path={fleet.Room.Path("tsdb")}",
                $"--web.listen-address={web}",
            ]
        );
        using var http = new HttpClient { BaseAddress = new Uri($"http://{web}") };
        async Task<JsonElement?> QueryAsync(string expression)
        {
            try
            {
                var text = await http.GetStringAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(expression)}", UriKind.Relative));
                var result = JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("result");
                return result.GetArrayLength() > 0 ? result[0] : null;
            }
            catch (HttpRequestException)
            {
                // Not up yet.
                return null;
            }
        }

        foreach (
            var expression in new[]
            {
                """openclaw_worker_status{worker="worker-02",status="healthy"} == 1""",
                """sum by (worker) (openclaw_worker_status{worker="worker-02"}) == 1""",
                """sum(openclaw_queue_depth{state="pending"}) == 1""",
                """openclaw_task_run_seconds_count{type="noop"} == 1""",
                """openclaw_task_retries_total{type="fails"} == 1""",
                """openclaw_tasks_finished_total{type="fails",status="DEAD"} == 1""",
            }
        )
        {
            await Until.TrueAsync(
                async () => await QueryAsync(expression) is not null,
                $"prometheus has {expression}",
                details: () => server.Said
            );
        }

        var frozen = fleet.ProcessOf("worker-02");
        Signals.Send(frozen.Id, Signals.Stop);
        var firing = await Until.FoundAsync<object>(
            async () => await QueryAsync("""ALERTS{alertname="WorkerUnreachable",alertstate="firing"}"""),
            "the alert fires",
            details: () => server.Said
        );
        Assert.Equal("worker-02", ((JsonElement)firing).GetProperty("metric").GetProperty("worker").GetString());

        // And it ends when the worker is back, which counts as a reconnection.
        Signals.Send(frozen.Id, Signals.Continue);
        await Until.TrueAsync(
            async () => await QueryAsync("""ALERTS{alertname="WorkerUnreachable",alertstate="firing"}""") is null,
            "the alert has ended"
        );
        await Until.TrueAsync(
            async () => await QueryAsync("""openclaw_link_reconnects_total{link="worker-02"} == 1""") is not null,
            "the reconnection is counted"
        );
        server.Signal(Signals.Term);
        await server.EndAsync();
    }
}
