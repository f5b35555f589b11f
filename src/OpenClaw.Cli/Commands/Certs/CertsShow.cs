using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;
using OpenClaw.Rpc;

namespace OpenClaw.Cli.Commands.Certs;

/// <summary><c>clw certs show</c>: what certificates say, and whether they lead to our CA.</summary>
internal static class CertsShow
{
    private static readonly Argument<string[]> What = new("path")
    {
        Description = "Files or directories; left out: those that this user's commands would use",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "show",
            "Names, dates and chain of certificates: of files, or the one that a manager shows; exit 1 when one is not good",
            RunAsync,
            What,
            Options.Manager,
            Options.TlsCa,
            Options.Config
        );

    /// <summary>What a worker would find of its certificates: a line, and why they will not do; null: they will, or there are none.</summary>
    internal static (string Text, Failure? Failure) CheckForWorker(Invocation invocation, LoadedSettings loaded)
    {
        var plan = TlsPlan.Resolve(loaded, TlsRole.Worker, Machine.Here);
        if (!plan.IsOk || !plan.Value.CanDial)
        {
            return (plan.Failure?.ToString() ?? "none: the manager is spoken to without TLS", plan.Failure);
        }

        var files = plan.Value;
        var source = TlsSource.Open(new TlsFiles(files.Ca!, files.Cert, files.Key));
        if (!source.IsOk)
        {
            return (source.Failure.ToString(), source.Failure);
        }

        var now = invocation.Time.GetUtcNow();
        if (source.Value.Current is not { Names: { } names } material)
        {
            return ($"CA {files.Ca}, and no certificate of the worker's own", null);
        }

        if (material.OwnProblem(CertificateUse.Client, now) is { } problem)
        {
            var failure = new Failure(problem.Entry, $"{files.Cert}: {problem.Text}");
            return (failure.ToString(), failure);
        }

        return ($"{names.Subject}, until {Time(names.Ends.UtcDateTime)}, of the CA {files.Ca}", null);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var loaded = ClusterSession.LoadToLook(invocation);
        var plan = TlsPlan.Resolve(loaded, TlsRole.Client, Machine.Here).Value;
        var shown = invocation.Get(Options.Manager) is not null
            ? await OfManagerAsync(invocation, loaded, plan.Ca)
            : OfFiles(invocation, loaded, plan);
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => Write(writer, shown, invocation.Time.GetUtcNow()));
        }
        else
        {
            foreach (
                var line in shown.SelectMany((s, i) => Lines(s, invocation.Time.GetUtcNow()).Prepend(i == 0 ? null : "")).OfType<string>()
            )
            {
                invocation.Terminal.WriteLine(line);
            }
        }

        return shown.TrueForAll(s => s.Problem is null) ? 0 : (int)ExitCode.Failed;
    }

    private static async Task<List<Shown>> OfManagerAsync(Invocation invocation, LoadedSettings loaded, string? ca)
    {
        var address = loaded.Settings.Cluster.ManagerAddress[0];
        var looked = (await TlsLook.AtAsync(address, loaded.Settings.Cluster.ConnectTimeout, invocation.Cancellation)).Value;
        var authorities = ca is null ? null : Certificates(ca);
        var problem = authorities is null
            ? null
            : CertificateJudge.Judge(
                looked[0],
                looked.Skip(1),
                authorities,
                CertificateUse.Server,
                address.Host,
                invocation.Time.GetUtcNow()
            );
        return [new($"manager {address}", looked[0], problem?.Text, ca, problem?.Entry.Code)];
    }

    private static List<Shown> OfFiles(Invocation invocation, LoadedSettings loaded, TlsPlan plan)
    {
        var given = invocation.Get(What) ?? [];
        var files = (
            given.Length > 0 ? given.Select(Path.GetFullPath)
            : plan.Ca is { } ca ? [Path.GetDirectoryName(ca)!]
            : throw new Failure(
                Catalogue.TlsFiles,
                $"There are no certificates in {string.Join(" or ", TlsPlan.Directories(loaded, Machine.Here))}",
                "Make some: clw certs init; or name files: clw certs show FILE"
            ).AsException()
        ).SelectMany(p => Directory.Exists(p) ? Directory.GetFiles(p, "*.crt").Concat(Directory.GetFiles(p, "*.pem")) : [p]).Where(f => given.Contains(f) || !f.EndsWith("key.pem", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return [.. files.Select(f => OfFile(f, invocation.Get(Options.TlsCa) ?? Beside(f) ?? plan.Ca, invocation.Time.GetUtcNow()))];
    }

    private static string? Beside(string file) =>
        Path.Combine(Path.GetDirectoryName(file)!, "ca.crt") is var ca && File.Exists(ca) ? ca : null;

    private static Shown OfFile(string file, string? ca, DateTimeOffset now)
    {
        var all = Certificates(file);
        var first = all[0];
        var names = CertificateNames.Of(first);
        var isAuthority = first.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority);
        if (PairProblem(file) is { } unpaired)
        {
            return new(file, first, unpaired, ca, Catalogue.TlsFiles.Code);
        }

        var use = names.Hosts.Count + names.Addresses.Count > 0 ? CertificateUse.Server : CertificateUse.Client;
        // A CA is judged by its dates: it is its own proof.
        var authorities =
            isAuthority ? all
            : ca is null ? null
            : Certificates(ca);
        var problem = authorities is null ? null : CertificateJudge.Judge(first, all.Skip(1), authorities, use, null, now);
        return new(file, first, problem?.Text, isAuthority ? null : ca, problem?.Entry.Code);
    }

    private static string? PairProblem(string file)
    {
        var files = CertificateFiles.Of(file);
        if (!File.Exists(files.Key))
        {
            return null;
        }

        try
        {
            using var pair = X509Certificate2.CreateFromPem(File.ReadAllText(file), File.ReadAllText(files.Key));
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            // Somebody else's key: nothing that this user could say about it.
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return $"the key {files.Key} does not belong to it";
        }
    }

    private static X509Certificate2Collection Certificates(string file)
    {
        var found = new X509Certificate2Collection();
        string text;
        try
        {
            text = File.ReadAllText(file);
            found.ImportFromPem(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new Failure(Catalogue.TlsFiles, $"{file} cannot be read: {e.Message}").AsException(e);
        }

        return found.Count > 0 ? found : throw Nothing(file, text).AsException();
    }

    private static Failure Nothing(string file, string text)
    {
        if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            return new Failure(Catalogue.TlsFiles, $"{file} holds no certificate", "Name a certificate in PEM: clw certs show FILE.crt");
        }

        const string ending = "-key.pem";
        var certificate = file.EndsWith(ending, StringComparison.Ordinal) ? file[..^ending.Length] + ".crt" : "FILE.crt";
        return new Failure(
            Catalogue.TlsFiles,
            $"{file} is a private key, of which nothing is shown",
            $"Show the certificate that it belongs to: clw certs show {certificate}"
        );
    }

    private static IEnumerable<string> Lines(Shown shown, DateTimeOffset now)
    {
        var names = CertificateNames.Of(shown.Certificate);
        var left = (int)Math.Floor((names.Ends - now).TotalDays);
        yield return shown.Where;
        yield return $"  subject    {names.Subject}";
        foreach (var name in names.Hosts.Concat(names.Addresses).Concat(names.Uris))
        {
            yield return $"  name       {name}";
        }

        yield return $"  issuer     {shown.Certificate.Issuer}";
        yield return $"  serial     {names.Serial}";
        yield return $"  sha256     {Fingerprint(shown.Certificate)}";
        yield return $"  notBefore  {Time(shown.Certificate.NotBefore)}";
        yield return $"  notAfter   {Time(shown.Certificate.NotAfter)}";
        yield return left < 0
            ? $"  left       ended {-left} days ago"
            : string.Create(CultureInfo.InvariantCulture, $"  left       {left} days");
        yield return shown switch
        {
            { Problem: { } problem } => $"  verdict    {shown.Code}: {problem}",
            { Ca: { } ca } => $"  verdict    good: leads to {ca}",
            _ => shown.Certificate.Subject == shown.Certificate.Issuer
                ? "  verdict    a CA, good by its dates"
                : "  verdict    not judged: no CA file is known",
        };
    }

    private static void Write(Utf8JsonWriter writer, List<Shown> all, DateTimeOffset now)
    {
        writer.WriteStartArray();
        foreach (var shown in all)
        {
            var names = CertificateNames.Of(shown.Certificate);
            writer.WriteStartObject();
            writer.WriteString("where", shown.Where);
            writer.WriteString("subject", names.Subject);
            writer.WriteString("common_name", names.CommonName);
            WriteAll(writer, "hosts", names.Hosts);
            WriteAll(writer, "addresses", names.Addresses);
            WriteAll(writer, "uris", names.Uris);
            writer.WriteString("issuer", shown.Certificate.Issuer);
            writer.WriteString("serial", names.Serial);
            writer.WriteString("sha256", Fingerprint(shown.Certificate));
            writer.WriteString("key_sha256", names.KeyHash);
            writer.WriteString("not_before", shown.Certificate.NotBefore.ToUniversalTime());
            writer.WriteString("not_after", shown.Certificate.NotAfter.ToUniversalTime());
            writer.WriteNumber("days_left", Math.Floor((names.Ends - now).TotalDays));
            writer.WriteBoolean("good", shown.Problem is null);
            if (shown.Ca is { } ca)
            {
                writer.WriteString("ca", ca);
            }

            if (shown.Problem is { } problem)
            {
                writer.WriteString("problem", problem);
                writer.WriteString("code", shown.Code);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAll(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static string Fingerprint(X509Certificate2 certificate) =>
        certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    private static string Time(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>One certificate with what was found.</summary>
    private sealed record Shown(string Where, X509Certificate2 Certificate, string? Problem, string? Ca, string? Code);
}
