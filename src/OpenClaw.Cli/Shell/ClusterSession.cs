using System.CommandLine;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.Rpc;

namespace OpenClaw.Cli.Shell;

/// <summary>
/// Finds the cluster that a verb talks to. The address: flag, variable or file; else what the manager of the data directory wrote; else
/// 127.0.0.1:9090. The token: OPENCLAW_TOKEN, else the data directory's.
/// </summary>
internal static class ClusterSession
{
    /// <summary>The options of every verb that talks to a cluster.</summary>
    public static Option[] Options =>
        [
            Shell.Options.Manager,
            Shell.Options.InsecureManager,
            .. Shell.Options.Tls.Select(o => o.Option),
            Shell.Options.DataDir,
            Shell.Options.Config,
        ];

    /// <summary>A client for the cluster that the command line means. Nothing is dialled yet.</summary>
    public static WireClient Open(Invocation invocation) => Open(invocation, Load(invocation));

    /// <param name="invocation">The command line.</param>
    /// <param name="loaded">The settings.</param>
    /// <param name="role">Whose certificate is shown when nobody names one.</param>
    /// <param name="one">Ask this manager alone, at once and without a word: one that does not answer is the answer.</param>
    public static WireClient Open(Invocation invocation, LoadedSettings loaded, TlsRole role = TlsRole.Client, HostPort? one = null)
    {
        var plan = TlsPlan.Resolve(loaded, role, Machine.Here).Value;
        if (ManagerReach.Check(loaded, plan) is { } refused)
        {
            throw refused.AsException();
        }

        var own = IsLocal(loaded);
        var addresses = Addresses(loaded);
        // The token of this machine's manager is nobody else's business: over TLS it is the certificate that counts.
        var directory = own || addresses.All(a => a.IsLoopback || !plan.Dials(a)) ? DataDirectory(loaded) : null;
        var protection = addresses.Any(Speaks) ? Protection(plan, invocation.Time) : null;
        bool Speaks(HostPort address) => SpeaksTls(loaded, plan, address);
        return WireClient.Connect(
            new WireOptions
            {
                Addresses = one is { } alone ? [alone] : addresses,
                ExpectManager = one is null && own,
                Token = Token(directory),
                Protect = address => Speaks(address) ? protection : null,
                ConnectTimeout = loaded.Settings.Cluster.ConnectTimeout,
                OnTrouble = one is null ? new TroubleNotes(invocation.Terminal).Note : null,
                Time = invocation.Time,
            }
        );
    }

    /// <summary>Whether a manager is spoken to by TLS. With the one of this machine that nobody named only where it must always be.</summary>
    public static bool SpeaksTls(LoadedSettings loaded, TlsPlan plan, HostPort address) =>
        plan.Dials(address) && !(IsLocal(loaded) && plan.Mode != TlsMode.Always);

    private static TlsClient Protection(TlsPlan plan, TimeProvider time) =>
        new(TlsSource.Open(new TlsFiles(plan.Ca!, plan.Cert, plan.Key)).Value, time);

    public static LoadedSettings Load(Invocation invocation) =>
        SettingsLoader.Load(SettingsRequest.OfProcess(invocation.Get(Shell.Options.Config) ?? [], Flags(invocation)), Machine.Here).Value;

    /// <summary>A client for a verb that only looks: a mistake in a file is said, and does not keep anybody from looking.</summary>
    public static WireClient OpenToLook(Invocation invocation) => Open(invocation, LoadToLook(invocation));

    /// <summary>The settings of a verb that only looks.</summary>
    public static LoadedSettings LoadToLook(Invocation invocation) =>
        WhatHolds(invocation, SettingsRequest.OfProcess(invocation.Get(Shell.Options.Config) ?? [], Flags(invocation)));

    /// <summary>What can be read; the rest is said in one line.</summary>
    public static LoadedSettings WhatHolds(Invocation invocation, SettingsRequest request)
    {
        var (loaded, trouble) = SettingsLoader.LoadWhatHolds(request, Machine.Here).Value;
        if (trouble is not null)
        {
            invocation.Terminal.Note($"warning: {trouble}; going on without what is wrong");
        }

        return loaded;
    }

    /// <summary>What the options of a verb that talks to a cluster set.</summary>
    public static IReadOnlyList<SettingFlag> Flags(Invocation invocation)
    {
        var flags = new List<SettingFlag>();
        if (invocation.Get(Shell.Options.Manager) is { } manager)
        {
            flags.Add(new("--manager", ClusterKeys.ManagerAddress.Path, manager));
        }

        if (invocation.Has(Shell.Options.InsecureManager))
        {
            var said = invocation.Get(Shell.Options.InsecureManager) ? "true" : "false";
            flags.Add(new(Shell.Options.InsecureManager.Name, ClusterKeys.Insecure.Path, said));
        }

        foreach (var (option, path) in Shell.Options.Tls)
        {
            if (invocation.Get(option) is { } given)
            {
                flags.Add(new(option.Name, path, given));
            }
        }

        if (invocation.Get(Shell.Options.DataDir) is { } directory)
        {
            if (File.Exists(directory))
            {
                throw new Failure(
                    Catalogue.Usage,
                    $"--data-dir {directory} is a file; the manager's data directory is meant, where its token is",
                    $"Did you mean --data-dir {Path.GetDirectoryName(Path.GetFullPath(directory))}?"
                ).AsException();
            }

            flags.Add(new("--data-dir", ManagerKeys.DataDir.Path, directory));
        }

        return flags;
    }

    /// <summary>Where the managers are.</summary>
    public static IReadOnlyList<HostPort> Addresses(LoadedSettings loaded)
    {
        return IsLocal(loaded) ? [LocalCluster.FindAddress(DataDirectory(loaded))!.Value] : loaded.Settings.Cluster.ManagerAddress;
    }

    // Nobody chose an address, and a manager of this machine has said where it is.
    private static bool IsLocal(LoadedSettings loaded) =>
        loaded.Settings.Find(ClusterKeys.ManagerAddress) is { At.Kind: SourceKind.Default }
        && LocalCluster.FindAddress(DataDirectory(loaded)) is not null;

    /// <summary>
    /// Where this machine's manager tells its address and token. A user who has no manager of his own, and has named no directory, means
    /// the one of the installed service, if he may read it.
    /// </summary>
    internal static string DataDirectory(LoadedSettings loaded) =>
        loaded.Settings.Manager.DataDir is null
        && LocalCluster.FindAddress(loaded.Paths.DataDir) is null
        && LocalCluster.FindAddress(PathsPlan.SystemState) is not null
            ? PathsPlan.SystemState
            : loaded.Paths.DataDir;

    /// <summary>
    /// The token of a call. Asked anew by every call (<see cref="Credential"/> keeps it for a second): a verb that waits for a manager to
    /// come up takes up the token that it draws, and one that could not be read just then is not missing for ever.
    /// </summary>
    /// <param name="dataDirectory">Null: the token of this machine is not for there.</param>
    internal static Func<string?> Token(string? dataDirectory) =>
        () =>
            Environment.GetEnvironmentVariable("OPENCLAW_TOKEN") is { Length: > 0 } given ? given
            : dataDirectory is null ? null
            : LocalCluster.ReadToken(dataDirectory);

    /// <summary>Says that something is waited out: once for each cause, not at every try.</summary>
    private sealed class TroubleNotes(Terminal terminal)
    {
        private string? last;

        public void Note(Failure failure, TimeSpan wait)
        {
            if (Interlocked.Exchange(ref last, failure.Code) != failure.Code)
            {
                // What a first try may mean (TLS, another program) is no guess for something that answered before and is asked again.
                var text = failure.ToString();
                var guess = text.IndexOf("; it may speak TLS", StringComparison.Ordinal);
                terminal.Note($"note: {(guess < 0 ? text : text[..guess]).TrimEnd('.')}; asking again until it answers");
            }
        }
    }
}
