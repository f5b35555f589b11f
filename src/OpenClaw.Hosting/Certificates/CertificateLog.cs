using System.Globalization;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;

namespace OpenClaw.Hosting.Certificates;

/// <summary>The lines of a daemon about its certificates. One thread at a time but for <see cref="Renewed"/> and <see cref="KeptOut"/>.</summary>
public sealed partial class CertificateLog(ILogger logger)
{
    private readonly ExpiryWarnings warnings = new();

    /// <summary>What is in use from the start.</summary>
    public void InUse(CertificateNames names, string file)
    {
        ArgumentNullException.ThrowIfNull(names);
        LogInUse(logger, names.Subject, names.Serial, Day(names.Ends), file);
    }

    /// <summary>Renewed files were taken up.</summary>
    public void Renewed(CertificateNames? names)
    {
        if (names is null)
        {
            LogCaRenewed(logger);
        }
        else
        {
            LogRenewed(logger, names.Subject, names.Serial, Day(names.Ends));
        }
    }

    /// <summary>Changed files cannot be used yet.</summary>
    public void KeptOut(Failure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        LogKeptOut(logger, failure.Code, failure.Message);
    }

    /// <summary>Something is wrong with the own certificate, which the other side will not take.</summary>
    public void OwnProblem(CertificateProblem problem, string file)
    {
        ArgumentNullException.ThrowIfNull(problem);
        LogOwnProblem(logger, problem.Entry.Code, file, problem.Text, problem.Entry.Cure[0]);
    }

    /// <summary>Says which certificates end soon: each once a day, and when it comes under 30, 7 and 1 day.</summary>
    public void Warn(IEnumerable<WatchedCertificate> certificates, DateTimeOffset now)
    {
        foreach (var line in warnings.Due(certificates, now))
        {
            LogEnding(logger, line);
        }
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [LoggerMessage(1, LogLevel.Information, "TLS by the certificate {subject} (serial {serial}, until {ends}) of {file}")]
    private static partial void LogInUse(ILogger logger, string subject, string serial, string ends, string file);

    [LoggerMessage(
        2,
        LogLevel.Information,
        "Renewed certificate taken up: {subject} (serial {serial}, until {ends}); new connections use it"
    )]
    private static partial void LogRenewed(ILogger logger, string subject, string serial, string ends);

    [LoggerMessage(6, LogLevel.Information, "Renewed CA file taken up; new connections are judged by it")]
    private static partial void LogCaRenewed(ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "{code}: changed certificate files are not taken up yet: {why}; what was in use stays in use")]
    private static partial void LogKeptOut(ILogger logger, string code, string why);

    [LoggerMessage(4, LogLevel.Error, "{code}: the own certificate {file} will not be taken by others: {why}. Next: {next}")]
    private static partial void LogOwnProblem(ILogger logger, string code, string file, string why, string next);

    [LoggerMessage(5, LogLevel.Warning, "{line}")]
    private static partial void LogEnding(ILogger logger, string line);
}
