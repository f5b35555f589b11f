using System.CommandLine;
using System.Globalization;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Certificates;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands.Certs;

/// <summary><c>clw certs init | issue | renew | show</c>: a CA of one's own and the certificates of a cluster.</summary>
internal static class CertsCommands
{
    private const int DaysOfAuthority = 3650;
    private const int DaysOfCertificate = 365;
    private const int MostDays = 36_500;

    private static readonly Option<string?> Dir = new("--dir")
    {
        Description = "The directory of the CA; left out: /etc/openclaw/certs for root, else ~/.config/openclaw/certs",
        HelpName = "DIR",
    };

    private static readonly Option<string?> Ca = new("--ca-cert")
    {
        Description = "The CA's certificate, PEM [DIR/ca.crt]",
        HelpName = "FILE",
    };
    private static readonly Option<string?> CaKey = new("--ca-key")
    {
        Description = "The CA's key, PEM [DIR/ca-key.pem]",
        HelpName = "FILE",
    };
    private static readonly Option<string?> Name = new("--name") { Description = "The CA's name [OpenClaw CA]", HelpName = "TEXT" };
    private static readonly Option<int?> Days = Options.Int("--days", "How long it holds, in days [365; a CA 3650]", 1, MostDays);
    private static readonly Option<bool> Force = new("--force") { Description = "Overwrite files that are there" };
    private static readonly Option<bool> NewKey = new("--new-key") { Description = "Draw a new key, in place of keeping the old one" };

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "Where to put it; left out: the CA's directory for a manager, a new directory NAME for all others",
        HelpName = "DIR",
    };

    private static readonly Option<string[]> Hosts = new("--host")
    {
        Description = "Names and addresses that the manager is dialled by, with commas between them or given again",
        HelpName = "NAME|ADDRESS",
    };

    private static readonly Argument<string> Role = new("role") { Description = "manager, worker or client" };

    private static readonly Argument<string?> Id = new("name")
    {
        Description = "The worker's id (cluster.worker_id), or the client's name; for a manager it may be left out",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string[]> Renewed = new("file")
    {
        Description = "Certificates to renew; the key of NAME.crt is NAME-key.pem beside it",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create(VerbRunner run)
    {
        Role.AcceptOnlyFromAmong("manager", "worker", "client");
        return new("certs", "Make, renew and look at the certificates of TLS")
        {
            CommandTree.Verb(run, "init", "Make a CA of your own: ca.crt and ca-key.pem", InitAsync, Dir, Name, Days, Force),
            CommandTree.Verb(
                run,
                "issue",
                "Make a certificate for a manager, a worker or a client",
                IssueAsync,
                Role,
                Id,
                Hosts,
                Out,
                Dir,
                Ca,
                CaKey,
                Days,
                Force
            ),
            CommandTree.Verb(
                run,
                "renew",
                "Make certificates anew, with the names and the key that they have",
                RenewAsync,
                Renewed,
                Dir,
                Ca,
                CaKey,
                Days,
                NewKey
            ),
            CertsShow.Create(run),
        };
    }

    /// <summary>Where certificates of this user are.</summary>
    internal static string DirectoryOf(Invocation invocation) =>
        invocation.Get(Dir) is { } given ? Path.GetFullPath(given) : Path.Combine(ClusterSession.Load(invocation).Paths.ConfigDir, "certs");

    private static Task<int> InitAsync(Invocation invocation)
    {
        var files = new CertificateFiles(DirectoryOf(invocation), "ca");
        files.MustBeFree(invocation.Get(Force));
        var name = invocation.Get(Name) ?? "OpenClaw CA";
        var made = CertificateMaker.Authority(name, ValidityOf(invocation, DaysOfAuthority), invocation.Time.GetUtcNow());
        files.Write(made);
        var terminal = invocation.Terminal;
        Say(invocation, "ca", name, files);
        terminal.Note($"next: clw certs issue manager --host NAME,ADDRESS{Where(invocation)}");
        terminal.Note($"keep {files.Key} on this machine alone: whoever has it can make certificates of your cluster");
        return Task.FromResult(0);
    }

    private static Task<int> IssueAsync(Invocation invocation)
    {
        var role = invocation.Get(Role)!;
        var hosts = (invocation.Get(Hosts) ?? [])
            .SelectMany(h => h.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToList();
        var wish = WishOf(invocation, role, hosts);
        var home = DirectoryOf(invocation);
        using var authority = CertificateFiles.Authority(invocation.Get(Ca) ?? Path.Combine(home, "ca.crt"), invocation.Get(CaKey));
        var target = Path.GetFullPath(invocation.Get(Out) ?? (role == "manager" ? home : wish.Name));
        var files = new CertificateFiles(target, role);
        files.MustBeFree(invocation.Get(Force));
        files.Write(CertificateMaker.Issue(authority.Certificate, wish, invocation.Time.GetUtcNow()));
        var beside = authority.CopyTo(target);
        Say(invocation, role, wish.Name, files);
        if (beside is not null)
        {
            var place = role == "client" ? "~/.config/openclaw/certs" : TlsPlan.SystemCertificates;
            invocation.Terminal.Note($"next: copy what is in {target} into {place} of the machine that it is for");
        }

        return Task.FromResult(0);
    }

    private static CertificateWish WishOf(Invocation invocation, string role, List<string> hosts)
    {
        var validity = ValidityOf(invocation, DaysOfCertificate);
        if (role == "manager")
        {
            foreach (
                var host in hosts.Where(h => Uri.CheckHostName(h.Replace("*.", "", StringComparison.Ordinal)) == UriHostNameType.Unknown)
            )
            {
                throw new Failure(Catalogue.Usage, $"--host takes names and addresses, not '{host}'").AsException();
            }

            if (hosts.Count == 0)
            {
                hosts.Add(Environment.MachineName);
            }

            return new()
            {
                Name = invocation.Get(Id) ?? hosts[0],
                // This machine's own: programs here may be told to speak TLS too.
                Hosts = [.. hosts.Concat(["localhost", "127.0.0.1", "::1"]).Distinct(StringComparer.OrdinalIgnoreCase)],
                IsServer = true,
                Validity = validity,
            };
        }

        if (invocation.Get(Id) is not { Length: > 0 } name || name.Any(c => char.IsControl(c) || c == '/') || name is "." or "..")
        {
            throw new Failure(
                Catalogue.Usage,
                role == "worker" ? "A worker's certificate needs the worker's id" : "A client's certificate needs the client's name",
                $"clw certs issue {role} NAME"
            ).AsException();
        }

        var prefix = role == "worker" ? CertificateNames.WorkerPrefix : CertificateNames.ClientPrefix;
        return new()
        {
            Name = name,
            Uris = [prefix + Uri.EscapeDataString(name)],
            Validity = validity,
        };
    }

    private static Task<int> RenewAsync(Invocation invocation)
    {
        var home = DirectoryOf(invocation);
        foreach (var file in invocation.Get(Renewed) ?? [])
        {
            var files = CertificateFiles.Of(Path.GetFullPath(file));
            using var old = files.Read();
            // The CA of the directory that it stands in, if the CA is there: else the one of this user.
            var beside = Path.Combine(files.Directory, "ca.crt");
            var ca =
                invocation.Get(Ca)
                ?? (
                    invocation.Get(Dir) is null && File.Exists(Path.Combine(files.Directory, "ca-key.pem"))
                        ? beside
                        : Path.Combine(home, "ca.crt")
                );
            using var authority = CertificateFiles.Authority(ca, invocation.Get(CaKey));
            var names = CertificateNames.Of(old);
            var made = CertificateMaker.Renew(
                authority.Certificate,
                old,
                invocation.Get(NewKey),
                ValidityOf(invocation, DaysOfCertificate),
                invocation.Time.GetUtcNow()
            );
            files.Write(made);
            Say(invocation, "renewed", names.Name, files);
        }

        return Task.FromResult(0);
    }

    private static TimeSpan ValidityOf(Invocation invocation, int standard) => TimeSpan.FromDays(invocation.Get(Days) ?? standard);

    private static string Where(Invocation invocation) => invocation.Get(Dir) is { } given ? $" --dir {given}" : "";

    private static void Say(Invocation invocation, string what, string name, CertificateFiles files)
    {
        using var made = files.Read();
        var names = CertificateNames.Of(made);
        if (invocation.Json)
        {
            Json.WriteLine(
                invocation.Terminal,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("what", what);
                    writer.WriteString("name", name);
                    writer.WriteString("certificate", files.Certificate);
                    writer.WriteString("key", files.Key);
                    writer.WriteString("serial", names.Serial);
                    writer.WriteString("ends", names.Ends);
                    writer.WriteEndObject();
                }
            );
            return;
        }

        var until = names.Ends.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        invocation.Terminal.WriteLine($"{what} {name}: {files.Certificate} and {files.Key}, until {until}");
    }
}
