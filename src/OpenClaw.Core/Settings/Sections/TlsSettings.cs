namespace OpenClaw.Core.Settings;

/// <summary>When a program speaks TLS.</summary>
public enum TlsMode
{
    /// <summary>
    /// A manager: beyond its own machine. A client: with every manager beyond this machine, and with one of this machine when somebody
    /// named certificate files.
    /// </summary>
    Auto,

    /// <summary>With everybody, this machine included.</summary>
    Always,

    /// <summary>With nobody; beyond this machine somebody has to say that the network is protected by other means.</summary>
    Never,
}

/// <summary>Rows of <c>tls</c>: the same for managers, workers and commands.</summary>
public static class TlsKeys
{
    public static SettingKey<TlsMode> Mode { get; } =
        new(
            "tls.mode",
            SettingTypes.Choice<TlsMode>(),
            "When TLS is spoken: auto (beyond this machine, if there are certificates), always, never."
        )
        {
            Default = "auto",
            Flags = ["--tls"],
        };

    public static SettingKey<string> Ca { get; } =
        new(
            "tls.ca",
            SettingTypes.Path,
            "The certificates of the CAs that are trusted, PEM; unset: ca.crt in /etc/openclaw/certs or ~/.config/openclaw/certs, if it is there."
        )
        {
            Flags = ["--tls-ca"],
        };

    public static SettingKey<string> Cert { get; } =
        new(
            "tls.cert",
            SettingTypes.Path,
            "The own certificate, PEM, with intermediate ones behind it; unset: manager.crt, worker.crt or client.crt beside ca.crt."
        )
        {
            Flags = ["--tls-cert"],
        };

    public static SettingKey<string> Key { get; } =
        new("tls.key", SettingTypes.Path, "The key of the own certificate, PEM, without a passphrase; unset: NAME-key.pem beside NAME.crt.")
        {
            Flags = ["--tls-key"],
        };

    public static SettingKey<TimeSpan> HandshakeTimeout { get; } =
        new("tls.handshake_timeout", SettingTypes.Duration, "How long a manager waits for a client to complete the TLS handshake.")
        {
            Default = "10s",
            Min = "100ms",
            Max = "5m",
        };

    public static IReadOnlyList<SettingKey> All => [Mode, Ca, Cert, Key, HandshakeTimeout];
}

/// <summary>The section <c>tls</c>. Immutable. The files stand in <c>TlsPlan</c>, resolved.</summary>
public sealed record TlsSettings
{
    public required TlsMode Mode { get; init; }

    public required TimeSpan HandshakeTimeout { get; init; }

    internal static TlsSettings From(OpenClawSettings settings) =>
        new() { Mode = settings.Get(TlsKeys.Mode), HandshakeTimeout = settings.Get(TlsKeys.HandshakeTimeout) };
}
