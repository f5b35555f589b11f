using OpenClaw.Cli.Commands.Certs;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Links;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary>
/// What a worker would find, without starting one: settings, directories, plugins, the way to the manager. A line for each check; the
/// first that fails decides the exit code.
/// </summary>
internal sealed class WorkerDryRun(Invocation invocation, LoadedSettings loaded)
{
    private readonly List<Check> checks = [];

    /// <param name="Name">One word.</param>
    /// <param name="Text">What was found, one line.</param>
    /// <param name="Failure">Why the worker would not do; null: it would.</param>
    private sealed record Check(string Name, string Text, Failure? Failure = null);

    public static Task<int> RunAsync(Invocation invocation, LoadedSettings loaded) => new WorkerDryRun(invocation, loaded).RunAsync();

    private async Task<int> RunAsync()
    {
        var from = loaded.Files.Count > 0 ? $" ({string.Join(", ", loaded.Files)})" : " (no file, the defaults)";
        Say(new("settings", $"valid{from}"));
        foreach (var notice in loaded.Notices)
        {
            Say(new("note", notice));
        }

        CheckStateDirectory();
        await CheckPluginsAsync();
        CheckCertificates();
        await CheckManagerAsync();
        var first = checks.FirstOrDefault(c => c.Failure is not null)?.Failure;
        if (invocation.Json)
        {
            Json.Write(
                invocation.Terminal,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteBoolean("ok", first is null);
                    writer.WriteStartArray("checks");
                    foreach (var check in checks)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("check", check.Name);
                        writer.WriteBoolean("ok", check.Failure is null);
                        writer.WriteText("code", check.Failure?.Code);
                        writer.WriteString("text", check.Text);
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }
            );
        }

        return first is null ? 0 : throw first.AsException();
    }

    private void Say(Check check)
    {
        checks.Add(check);
        if (invocation.Json)
        {
            return;
        }

        var terminal = invocation.Terminal;
        var word =
            check.Failure is not null ? terminal.Red("[FAIL]")
            : check.Name == "note" ? terminal.Yellow("[NOTE]")
            : terminal.Green("[OK]") + "  ";
        terminal.WriteLine($"{word} {check.Name, -9} {Table.OneLine(check.Text)}");
        terminal.Flush();
    }

    private void Fail(string name, Failure failure) => Say(new(name, failure.ToString(), failure));

    private void CheckStateDirectory()
    {
        var directory = Path.Combine(loaded.Paths.StateDir, "worker");
        if (Machine.Here.CanWrite(directory))
        {
            Say(new("state", directory));
        }
        else
        {
            Fail("state", new Failure(Catalogue.StoreUnwritable, $"The state directory {directory} cannot be written by this user"));
        }
    }

    private async Task CheckPluginsAsync()
    {
        var plugins = await PluginCommands.ReadAsync(loaded.Paths.PluginDir, invocation.Cancellation);
        Say(new("plugins", $"{string.Join(", ", plugins.Handlers.Keys.Order(StringComparer.Ordinal))} (from {loaded.Paths.PluginDir})"));
        foreach (var problem in plugins.Problems)
        {
            Fail("plugins", new Failure(Catalogue.PluginInvalid, problem.ToString()));
        }
    }

    private void CheckCertificates()
    {
        var (text, failure) = CertsShow.CheckForWorker(invocation, loaded);
        Say(new("certs", text, failure));
    }

    private async Task CheckManagerAsync()
    {
        try
        {
            var addresses = ClusterSession.Addresses(loaded);
            using var client = ClusterSession.Open(invocation, loaded, TlsRole.Worker);
            if (addresses.Count > 1)
            {
                await KnockAsync(addresses);
            }

            var status = await client.StatusAsync(invocation.Cancellation);
            invocation.Cancellation.ThrowIfCancellationRequested();
            if (status.IsOk)
            {
                Say(new("manager", $"reached: cluster {status.Value.Cluster} at {string.Join(", ", addresses)}"));
            }
            else
            {
                Fail("manager", status.Failure);
            }
        }
        catch (FailureException e)
        {
            Fail("manager", e.Failure);
        }
    }

    // One of several is enough for a worker; which of them are silent is worth knowing all the same.
    private async Task KnockAsync(IReadOnlyList<HostPort> addresses)
    {
        foreach (var address in addresses)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation);
            patience.CancelAfter(loaded.Settings.Cluster.ConnectTimeout);
            var answers = await AnswersAsync(address, patience.Token);
            invocation.Cancellation.ThrowIfCancellationRequested();
            Say(answers ? new("manager", $"{address} answers") : new("note", $"the manager at {address} does not answer"));
        }
    }

    private static async Task<bool> AnswersAsync(HostPort address, CancellationToken patience)
    {
        try
        {
            return await TcpProbe.AnswersAsync(address.ToString(), patience);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
