using System.Net.Security;
using OpenClaw.Client.Wire;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Rpc;

namespace OpenClaw.Client.Connecting;

/// <summary>
/// Where a cluster is, from what was given: options, variables, the data directory of this machine's manager, the default. It reads
/// no configuration files: those belong to the programs, and whoever uses the package says what it means.
/// </summary>
internal static class ClusterAddress
{
    public const string AddressVariable = "OPENCLAW_CLUSTER_MANAGER_ADDRESS";
    public const string TokenVariable = "OPENCLAW_TOKEN";
    public const string DataVariable = "OPENCLAW_MANAGER_DATA_DIR";
    public const string CaVariable = "OPENCLAW_TLS_CA";
    public const string CertVariable = "OPENCLAW_TLS_CERT";
    public const string KeyVariable = "OPENCLAW_TLS_KEY";
    public const int DefaultPort = 9090;
    private const string SayInsecure =
        "Use an address that begins with https://, or set AllowInsecure on a network that nobody else listens to";

    /// <param name="options">What was said.</param>
    /// <param name="environment">A variable's value, null when it is not set.</param>
    public static WireOptions Resolve(OpenClawClientOptions options, Func<string, string?> environment)
    {
        var directory = new LocalDirectory(options, environment);
        var given = NotEmpty(options.Addresses) ?? NotEmpty(environment(AddressVariable));
        var local = given is null ? directory.Address : null;
        var (addresses, secure) = local is { } found ? ([found], false) : Parse(given ?? $"127.0.0.1:{DefaultPort}");
        // What nobody named is the manager of this machine, which takes the token.
        var own = options.Tls is null && (local is null || options.CaFile is not null) ? OwnFiles(options, environment) : null;
        secure |= options.Tls is not null || own is not null;
        // The address that our own manager left is this machine, whichever of its interfaces it names.
        var here = local is not null || addresses.TrueForAll(a => a.IsLoopback);
        var token = Token(options, environment, here ? directory : null);
        if (
            token is not null
            && !secure
            && local is null
            && TokenReach.WithoutTls(addresses, options.AllowInsecure, SayInsecure) is { } refused
        )
        {
            throw OpenClawException.From(refused);
        }

        return new()
        {
            Addresses = addresses,
            ExpectManager = local is not null,
            Token = token,
            Protect = own is null ? null : _ => own,
            Tls = secure && own is null ? options.Tls ?? new SslClientAuthenticationOptions() : null,
            ConnectTimeout = options.ConnectTimeout,
            Patience = options.Patience,
            OnTrouble = options.OnRetry is { } told ? (failure, wait) => told(OpenClawException.From(failure), wait) : null,
            Time = options.TimeProvider,
        };
    }

    private static TlsClient? OwnFiles(OpenClawClientOptions options, Func<string, string?> environment)
    {
        if ((NotEmpty(options.CaFile) ?? NotEmpty(environment(CaVariable))) is not { } ca)
        {
            return null;
        }

        var cert = NotEmpty(options.CertificateFile) ?? NotEmpty(environment(CertVariable));
        var key = NotEmpty(options.KeyFile) ?? NotEmpty(environment(KeyVariable));
        if (cert is null != key is null)
        {
            throw OpenClawException.From(
                new Failure(Catalogue.TlsFiles, "A certificate was named without its key, or a key without its certificate")
            );
        }

        var source = TlsSource.Open(new TlsFiles(Path.GetFullPath(ca), Full(cert), Full(key)));
        return source.IsOk ? new TlsClient(source.Value, options.TimeProvider) : throw OpenClawException.From(source.Failure);
    }

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    /// <summary>Reads addresses with commas between them; either all with TLS or none.</summary>
    /// <exception cref="ArgumentException">One cannot be read.</exception>
    internal static (List<HostPort> Addresses, bool Secure) Parse(string addresses)
    {
        var parsed = new List<HostPort>();
        var schemes = new HashSet<bool>();
        foreach (var part in addresses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (scheme, rest) = part.Split("://", 2) is [var before, var after] ? (before.ToLowerInvariant(), after) : ("http", part);
            if (
                scheme is not ("http" or "https")
                || !HostPort.TryParse(rest.TrimEnd('/'), DefaultPort, out var address)
                || address.Port == 0
            )
            {
                throw new ArgumentException(
                    $"'{part}' is no address: expected host:port or https://host:port, as in 127.0.0.1:{DefaultPort}",
                    nameof(addresses)
                );
            }

            parsed.Add(address);
            schemes.Add(scheme == "https");
        }

        return (parsed.Count, schemes.Count) switch
        {
            (0, _) => throw new ArgumentException(
                $"'{addresses}' names no address: expected host:port, as in 127.0.0.1:{DefaultPort}",
                nameof(addresses)
            ),
            (_, > 1) => throw new ArgumentException(
                $"'{addresses}' mixes addresses with and without https://; all must be alike",
                nameof(addresses)
            ),
            _ => (parsed, schemes.Single()),
        };
    }

    private static Func<string?>? Token(OpenClawClientOptions options, Func<string, string?> environment, LocalDirectory? directory)
    {
        if (options.TokenProvider is { } provider)
        {
            return provider;
        }

        return (NotEmpty(options.Token) ?? NotEmpty(environment(TokenVariable))) is { } fixedToken ? () => fixedToken
            : directory is null ? null
            : directory.ReadToken;
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
