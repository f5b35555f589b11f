using System.Net.Security;
using System.Text.Json;

namespace OpenClaw.Client;

/// <summary>
/// Where the cluster is and how it is treated. Immutable: it is copied with <c>with</c>, and one may be shared by many clients.
/// Everything has a default; <c>new OpenClawClientOptions()</c> finds the cluster of this machine.
/// </summary>
public sealed record OpenClawClientOptions
{
    private readonly TimeSpan connectTimeout = TimeSpan.FromSeconds(5);
    private readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Addresses of managers: <c>host:port</c>, or <c>https://host:port</c>, several with commas between them. The first that answers
    /// serves, and when it goes away the next is asked. Null, the default: the variable <c>OPENCLAW_CLUSTER_MANAGER_ADDRESS</c>, else
    /// where the manager of this machine says that it listens (<see cref="DataDirectory"/>), else 127.0.0.1:9090.
    /// </summary>
    public string? Addresses { get; init; }

    /// <summary>
    /// The bearer token. Null, the default: the variable <c>OPENCLAW_TOKEN</c>, else, for an address of this machine, the token in the
    /// data directory of its manager.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>
    /// Gives the bearer token, for tokens that change; replaces <see cref="Token"/>. Asked once a second at most while calls are made,
    /// by any thread. Null from it sends none.
    /// </summary>
    public Func<string?>? TokenProvider { get; init; }

    /// <summary>
    /// The file of the CA that managers are judged by, PEM, and by no other. With it every address is dialled with TLS. Null, the default:
    /// the variable <c>OPENCLAW_TLS_CA</c>, else none. Renewed files are taken up by the next connection.
    /// </summary>
    public string? CaFile { get; init; }

    /// <summary>
    /// The certificate that is shown to managers, PEM, with intermediate ones behind it. Null, the default: the variable
    /// <c>OPENCLAW_TLS_CERT</c>, else none. Managers beyond this machine let nobody in without one.
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>The key of <see cref="CertificateFile"/>, PEM, without a passphrase. Null, the default: the variable <c>OPENCLAW_TLS_KEY</c>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>
    /// How TLS is spoken: client certificates, trust, the expected name. With it every address is dialled with TLS. Null, the default:
    /// <see cref="CaFile"/>, else TLS with the system's trust for addresses that begin with <c>https://</c>, none for the others.
    /// </summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>
    /// Send the token without TLS to another machine. False, the default: a client that would do so refuses to be made, with
    /// <c>clw-address-insecure</c>. Who listens on the way can use such a token.
    /// </summary>
    public bool AllowInsecure { get; init; }

    /// <summary>
    /// The data directory of this machine's manager, where it leaves its address and token. Null, the default: the variable
    /// <c>OPENCLAW_MANAGER_DATA_DIR</c>, else <c>/var/lib/openclaw</c>, else <c>~/.local/state/openclaw</c>, whichever holds them.
    /// </summary>
    public string? DataDirectory { get; init; }

    /// <summary>How long one attempt to connect may take, TLS included. Above zero; 5 seconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above zero.</exception>
    public TimeSpan ConnectTimeout
    {
        get => connectTimeout;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            connectTimeout = value;
        }
    }

    /// <summary>
    /// How long a call is repeated while a manager that has answered before is away: a restart takes a second or two. 30 seconds; zero
    /// repeats nothing. Waiting and watching go on for as long as their token allows. Only what can be repeated safely is repeated:
    /// see <see cref="GenerateKeys"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Below zero.</exception>
    public TimeSpan Patience
    {
        get => patience;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            patience = value;
        }
    }

    /// <summary>
    /// Give each submission that has no <see cref="TaskRequest.Key"/> one of its own. True, the default: a submission whose answer is
    /// lost is sent again and stored once. False saves the store the keys, and a submission whose answer is lost ends with
    /// <c>clw-connection-lost</c>: it may or may not be stored.
    /// </summary>
    public bool GenerateKeys { get; init; } = true;

    /// <summary>
    /// How payloads are written and results read where no <c>JsonTypeInfo</c> is given. Null, the default:
    /// <see cref="JsonSerializerOptions.Web"/> (camelCase, names in any case).
    /// </summary>
    public JsonSerializerOptions? Json { get; init; }

    /// <summary>
    /// Told of each failure that is about to be waited out, with the wait: for logs. May be called by several threads at once; what it
    /// throws ends the call that it interrupts.
    /// </summary>
    public Action<OpenClawException, TimeSpan>? OnRetry { get; init; }

    /// <summary>The clock of waits, for tests.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
