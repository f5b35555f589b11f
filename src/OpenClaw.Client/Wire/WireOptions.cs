using System.Net.Security;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Core.Settings;
using OpenClaw.Rpc;

namespace OpenClaw.Client.Wire;

/// <summary>How a client finds and treats its cluster. Immutable.</summary>
internal sealed record WireOptions
{
    /// <summary>Addresses of managers, at least one. The first that answers serves; when it goes away the next is asked.</summary>
    public required IReadOnlyList<HostPort> Addresses { get; init; }

    /// <summary>The bearer token; null for none. Asked at every call, so that a renewed token is used; must be quick and thread-safe.</summary>
    public Func<string?>? Token { get; init; }

    /// <summary>How TLS is spoken with an address by our own files; null from it: without. Goes before <see cref="Tls"/>.</summary>
    public Func<HostPort, TlsClient?>? Protect { get; init; }

    /// <summary>TLS for every address; null for none.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>How long one connection attempt may take, above zero.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a call that can be repeated safely is repeated while a manager that has answered before cannot be reached (a restart
    /// takes a second or two). A manager that never answered is not waited for: the first call fails at once, unless <see cref="ExpectManager"/> says that it should be there.
    /// Waiting and watching are repeated for as long as the caller waits.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A manager has said that it runs at the address: when nobody answers there, it is being started again and is waited for, some seconds.
    /// </summary>
    public bool ExpectManager { get; init; }

    /// <summary>The waits between repeated calls.</summary>
    public BackoffOptions Backoff { get; init; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));

    /// <summary>Told of each failure that is about to be waited out, with the wait. May be called by several threads at once.</summary>
    public Action<Failure, TimeSpan>? OnTrouble { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
