namespace OpenClaw.Rpc;

/// <summary>The files that a program speaks TLS by, as absolute paths. Immutable.</summary>
/// <param name="Ca">The CAs that are trusted, PEM, one or several.</param>
/// <param name="Cert">The own certificate, PEM, with intermediate ones behind it; null: none is shown.</param>
/// <param name="Key">Its key, PEM, without a passphrase; null together with <paramref name="Cert"/>.</param>
public sealed record TlsFiles(string Ca, string? Cert, string? Key);
