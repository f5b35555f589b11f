using System.Globalization;
using OpenClaw.Core.Errors;

namespace OpenClaw.Core.Certificates;

/// <summary>What a certificate is wanted for.</summary>
public enum CertificateUse
{
    Server,
    Client,
}

/// <summary>What is wrong with a certificate.</summary>
/// <param name="Entry">The reason's entry in the catalogue.</param>
/// <param name="Cause">The reason in one word, for programs.</param>
/// <param name="Text">The reason as people know it from other programs, beginning with <c>x509: </c>.</param>
public sealed record CertificateProblem(ErrorEntry Entry, string Cause, string Text)
{
    /// <summary>The beginning of every line about a handshake that failed.</summary>
    public const string Prefix = "TLS handshake failed: ";

    /// <summary>The failure of a handshake with <paramref name="address"/> on account of it.</summary>
    /// <param name="address">HOST:PORT of the other side.</param>
    /// <param name="whose">Whose certificate: "of the manager at HOST:PORT".</param>
    /// <param name="side"><c>peer</c> or <c>own</c>.</param>
    public Failure AsFailure(string address, string whose, string side) =>
        new(Entry, $"{Prefix}{Text} ({whose})")
        {
            Data = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["address"] = address,
                ["cause"] = Cause,
                ["side"] = side,
            },
        };

    internal static string Time(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
