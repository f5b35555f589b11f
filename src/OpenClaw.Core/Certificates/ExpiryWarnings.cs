using System.Globalization;

namespace OpenClaw.Core.Certificates;

/// <summary>A certificate whose end is watched.</summary>
/// <param name="Owner">manager, ca, worker or client: whose it is.</param>
/// <param name="Name">The name that it carries, or its worker's id.</param>
/// <param name="Ends">When it ends.</param>
public readonly record struct WatchedCertificate(string Owner, string Name, DateTimeOffset Ends);

/// <summary>When the end of a certificate is near enough to be told: 30, 7 and 1 day ahead, each once a day. One thread at a time.</summary>
public sealed class ExpiryWarnings
{
    private static readonly int[] Thresholds = [1, 7, 30];
    private readonly Dictionary<WatchedCertificate, (int Threshold, DateOnly Day)> said = [];

    /// <summary>The threshold that the certificate has come under: 30, 7, 1, or 0 when it has ended. Null: there is time.</summary>
    public static int? ThresholdOf(DateTimeOffset ends, DateTimeOffset now) =>
        ends <= now ? 0
        : Thresholds.FirstOrDefault(t => ends - now <= TimeSpan.FromDays(t)) is > 0 and var threshold ? threshold
        : null;

    /// <summary>The lines to say now; nothing for a certificate whose line was said today and that has come no nearer to its end.</summary>
    public IReadOnlyList<string> Due(IEnumerable<WatchedCertificate> certificates, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        var due = new List<string>();
        var known = certificates.ToHashSet();
        foreach (var gone in said.Keys.Where(c => !known.Contains(c)).ToList())
        {
            said.Remove(gone);
        }

        var today = DateOnly.FromDateTime(now.UtcDateTime);
        foreach (var certificate in known.OrderBy(c => c.Ends))
        {
            if (ThresholdOf(certificate.Ends, now) is not { } threshold)
            {
                said.Remove(certificate);
                continue;
            }

            if (!said.TryGetValue(certificate, out var before) || before != (threshold, today))
            {
                said[certificate] = (threshold, today);
                due.Add(Line(certificate, now));
            }
        }

        return due;
    }

    /// <summary>What an operator is shown of it: null when there is time.</summary>
    public static string? Problem(WatchedCertificate certificate, DateTimeOffset now) =>
        ThresholdOf(certificate.Ends, now) is null ? null : Line(certificate, now);

    private static string Line(WatchedCertificate certificate, DateTimeOffset now)
    {
        var left = certificate.Ends - now;
        var at = certificate.Ends.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var whose =
            certificate.Owner == "ca"
                ? $"the certificate of the CA {certificate.Name}"
                : $"the certificate of {certificate.Owner} {certificate.Name}";
        var when =
            left <= TimeSpan.Zero ? $"has ended, at {at}"
            : left < TimeSpan.FromDays(2)
                ? string.Create(CultureInfo.InvariantCulture, $"ends in {Math.Max(1, (int)left.TotalHours)} hours, at {at}")
            : string.Create(CultureInfo.InvariantCulture, $"ends in {(int)left.TotalDays} days, at {at}");
        return $"{(left <= TimeSpan.Zero ? "clw-tls-expired" : "clw-certificate-expiring")}: {whose} {when}";
    }
}
