using OpenClaw.Core.Certificates;
using OpenClaw.Worker.Session;

namespace OpenClaw.Tests.Worker;

/// <summary>Whether a worker says at once that its renewed certificate will be refused.</summary>
public sealed class RenewedKeyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 10, 0, 0, 0, TimeSpan.Zero);

    private static CertificateNames Certificate(string key, int days, params string[] uris) =>
        new()
        {
            CommonName = "openclaw-worker",
            Subject = "CN=openclaw-worker",
            KeyHash = key,
            Serial = "01",
            Ends = Now.AddDays(days),
            Uris = uris,
        };

    [Theory]
    [InlineData("a", 30, "b", null, true)]
    [InlineData("a", 30, "a", null, false)]
    [InlineData("a", -1, "b", null, false)]
    [InlineData("a", 30, "b", "openclaw://worker/w1", false)]
    [InlineData("a", 30, "b", "openclaw://client/w1", true)]
    public void ANewKeyThatNamesNoWorkerIsRefusedWhileTheOldCertificateHolds(
        string before,
        int days,
        string after,
        string? uri,
        bool refused
    ) => Assert.Equal(refused, WorkerTls.IsRefusedKey(Certificate(before, days), Certificate(after, 365, uri is null ? [] : [uri]), Now));

    [Fact]
    public void WhoShowedNothingBeforeHasNoKeyThatIsBound() => Assert.False(WorkerTls.IsRefusedKey(null, Certificate("a", 365), Now));
}
