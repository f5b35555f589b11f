using System.Globalization;
using OpenClaw.Abi.Processes;
using OpenClaw.Cli.Commands;
using OpenClaw.Cli.Shell;
using OpenClaw.Cli.Supervision;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.Rpc;

namespace OpenClaw.Cli.Doctor;

/// <summary>Collects what the checks judge: thin, so that the judging can be tested with numbers.</summary>
/// <param name="files">The kernel's files.</param>
/// <param name="invocation">The command.</param>
internal sealed class DoctorRun(HostFiles files, Invocation invocation)
{
    private const string Net = "/proc/sys/net/";

    /// <summary>All findings, in the order of the page.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(SettingsRequest request)
    {
        (request, var adopted) = ServiceSettings.Adopt(request, files.Read(ServiceSettings.File));
        var read = SettingsLoader.LoadWhatHolds(request, Machine.Here);
        if (!read.IsOk)
        {
            // A flag is wrong, or a named file is not there. The machine can be looked at all the same.
            return
            [
                ConfigChecks.OfSettings(read.Failure),
                .. OfKernel(OpenClawSettings.Defaults, null),
                ProgramChecks.OfPrograms(AppContext.BaseDirectory, new LibraryIndex()),
                Finding.Skip("manager", "the configuration says where it is, and cannot be read"),
            ];
        }

        // What is wrong in a file is a finding, and the rest of the file still says where everything is.
        var (loaded, trouble) = read.Value;
        List<Finding> found = [ConfigChecks.OfSettings(trouble is null ? loaded : trouble)];
        if (adopted.Count > 0)
        {
            found.Add(Finding.Ok("variables", $"{string.Join(", ", adopted)} as the service has them ({ServiceSettings.File})"));
        }

        var network = NetworkAsync(loaded);
        found.AddRange(Overrides(request, loaded.Settings));
        found.AddRange(await OfMachineAsync(loaded));
        if (files.IsHere && Machine.Here.IsRoot && ServiceUserChecks.Exists(files.Read("/etc/passwd")))
        {
            found.AddRange(ServiceUserChecks.Look(ServiceUserChecks.Secrets(loaded, Machine.Here), ServiceUserChecks.CanRead));
        }

        found.AddRange(await network);
        return found;
    }

    private static IReadOnlyList<Finding> Overrides(SettingsRequest request, OpenClawSettings effective)
    {
        // Without our variables; those that say where the home is stay.
        var bare = request.Environment.Where(v => SettingsSchema.FindVariable(v.Key) is null).ToDictionary(v => v.Key, v => v.Value);
        var alone = SettingsLoader.Load(request with { Environment = bare, Flags = [] }, Machine.Here);
        return alone.IsOk
            ? ConfigChecks.OfOverrides(effective, alone.Value.Settings)
            : [Finding.Skip("variables", "without them the files are not valid")];
    }

    private async Task<IReadOnlyList<Finding>> OfMachineAsync(LoadedSettings loaded)
    {
        var settings = loaded.Settings;
        var paths = loaded.Paths;
        var workerFile = Path.Combine(paths.StateDir, "worker", "health.json");
        var managerFile = Path.Combine(ClusterSession.DataDirectory(loaded), "manager.json");
        var worker = LocalChecks.Read(workerFile, "address");
        var manager = LocalChecks.Read(managerFile, "web");
        var managerLives = manager is { Alive: true };
        var libraries = new LibraryIndex();
        return
        [
            .. OfKernel(settings, worker is { Alive: true, Pid: > 0 } ? worker.Pid : null),
            KernelChecks.OfClock(files.IsHere ? KernelClock.IsSynchronised() : null),
            .. Disks(paths),
            ProgramChecks.OfPrograms(AppContext.BaseDirectory, libraries),
            ProgramChecks.OfPlugins(paths.PluginDir, libraries),
            LocalChecks.Leftovers(paths.StateDir),
            LocalChecks.Port("port manager", settings.Manager.Listen, managerLives),
            LocalChecks.Port("port web", settings.Manager.Web, managerLives),
            LocalChecks.Port("port health", new HostPort("127.0.0.1", settings.Worker.HealthPort), worker is { Alive: true }),
            await LocalChecks.ManagerAsync(manager, managerFile, invocation.Cancellation),
            await LocalChecks.WorkerAsync(worker, workerFile, invocation.Cancellation),
        ];
    }

    private IEnumerable<Finding> OfKernel(OpenClawSettings settings, int? worker)
    {
        yield return KernelChecks.OfConntrack(
            files.Number(Net + "netfilter/nf_conntrack_count"),
            files.Number(Net + "netfilter/nf_conntrack_max")
        );
        yield return KernelChecks.OfKeepAlive(
            files.Number(Net + "ipv4/tcp_keepalive_time"),
            files.Number(Net + "ipv4/tcp_keepalive_intvl"),
            files.Number(Net + "ipv4/tcp_keepalive_probes"),
            files.Number(Net + "netfilter/nf_conntrack_tcp_timeout_established"),
            settings.Cluster.HeartbeatInterval
        );
        yield return Descriptors(settings.Worker.Slots, worker);
        yield return KernelChecks.OfMemory(
            "memory",
            files.NumberAt("/proc/meminfo", "MemAvailable:") * 1024,
            files.NumberAt("/proc/meminfo", "MemTotal:") * 1024
        );
        if (Group() is { } group)
        {
            yield return group;
        }
    }

    private Finding Descriptors(int slots, int? worker)
    {
        var process = worker?.ToString(CultureInfo.InvariantCulture) ?? "self";
        var line = (files.Read($"/proc/{process}/limits") ?? "")
            .Split('\n')
            .FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        if (line is null)
        {
            return Finding.Skip("descriptors", "this system does not tell its limits");
        }

        // Max open files            1024                 524288               files
        var hard = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return KernelChecks.OfDescriptors(
            long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null,
            worker is null ? "programs started from here" : "the worker that runs",
            slots
        );
    }

    /// <summary>The limit of the control group that we are in: a container's, a unit's. Null where there is none.</summary>
    private Finding? Group()
    {
        const string check = "memory of group";
        // 0::/system.slice/x.service (one hierarchy), or 4:memory:/docker/abc (many).
        foreach (var line in (files.Read("/proc/self/cgroup") ?? "").Split('\n'))
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3)
            {
                continue;
            }

            var unified = parts is ["0", "", _];
            if (!unified && !parts[1].Split(',').Contains("memory"))
            {
                continue;
            }

            var directory = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
            foreach (var at in new[] { directory + parts[2].TrimEnd('/'), directory })
            {
                var limit = files.Number($"{at}/{(unified ? "memory.max" : "memory.limit_in_bytes")}");
                var used = files.Number($"{at}/{(unified ? "memory.current" : "memory.usage_in_bytes")}");
                // Many hierarchies: no limit is written as a huge number.
                if (limit is > 0 and < 1L << 60 && used is { } taken)
                {
                    return KernelChecks.OfMemory(check, Math.Max(0, limit.Value - taken), limit);
                }
            }
        }

        return null;
    }

    private static IEnumerable<Finding> Disks(PathsPlan paths) =>
        new[] { ("data", paths.DataDir), ("state", paths.StateDir), ("log", paths.LogDir) }
            .GroupBy(d => d.Item2)
            .Select(g => DiskChecks.Look(string.Join(", ", g.Select(d => d.Item1)), g.Key, Machine.Here.CanWrite(g.Key)));

    private async Task<IReadOnlyList<Finding>> NetworkAsync(LoadedSettings loaded)
    {
        List<Finding> found = [];
        var plan = TlsPlan.Resolve(loaded, TlsRole.Client, Machine.Here);
        foreach (var address in Managers(loaded))
        {
            found.AddRange(
                await ManagerChecks.LookAsync(
                    address,
                    () => ClusterSession.Open(invocation, loaded, one: address),
                    plan is { IsOk: true, Value: { Ca: { } ca } its } && ClusterSession.SpeaksTls(loaded, its, address)
                        ? (where, ct) => CertificateAsync(ca, where, ct)
                        : null,
                    VersionCommand.Version,
                    invocation.Time,
                    invocation.Cancellation
                )
            );
        }

        return found;
    }

    // Nobody has told this command where the manager is: the worker that runs here knows, whatever flags it was started with.
    private static IReadOnlyList<HostPort> Managers(LoadedSettings loaded)
    {
        var told = loaded.Settings.Find(ClusterKeys.ManagerAddress) is { At.Kind: not SourceKind.Default };
        var ofWorker = told ? [] : LocalChecks.ManagersOf(Path.Combine(loaded.Paths.StateDir, "worker", "health.json"));
        return ofWorker.Count > 0 ? ofWorker : ClusterSession.Addresses(loaded);
    }

    // What the manager shows, and the reason why it is not good.
    private async Task<Finding?> CertificateAsync(string ca, HostPort address, CancellationToken cancellation)
    {
        var shown = await TlsLook.AtAsync(address, TimeSpan.FromSeconds(3), cancellation);
        return shown.Failure is { } failure
            ? Finding.Fail("manager tls", failure)
            : CertificateChecks.OfShown(shown.Value, ca, address, invocation.Time.GetUtcNow());
    }
}
