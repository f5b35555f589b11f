using System.Security.Cryptography.X509Certificates;
using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Certificates;

namespace OpenClaw.Tests.Core;

/// <summary>Certificates of our own making, what they say, and when their end is told.</summary>
public sealed class CertificateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);

    private static X509Certificate2 Read(MadeCertificate made) => X509Certificate2.CreateFromPem(made.CertificatePem, made.KeyPem);

    private static X509Certificate2 Authority() => Read(CertificateMaker.Authority("our CA", TimeSpan.FromDays(100), Now));

    private static CertificateWish Manager(params string[] hosts) =>
        new()
        {
            Name = "manager",
            Hosts = hosts,
            IsServer = true,
            Validity = TimeSpan.FromDays(30),
        };

    [Fact]
    public void WhatIsMadeLeadsToItsCaAndNamesItsHosts()
    {
        using var ca = Authority();
        using var made = Read(CertificateMaker.Issue(ca, Manager("manager.example", "10.0.0.1", "::1"), Now));
        foreach (var host in new[] { "manager.example", "10.0.0.1", "::1" })
        {
            Assert.Null(CertificateJudge.Judge(made, [], [ca], CertificateUse.Server, host, Now));
        }

        Assert.Equal(Catalogue.TlsWrongHost, CertificateJudge.Judge(made, [], [ca], CertificateUse.Server, "10.0.0.2", Now)?.Entry);
        Assert.Equal(Catalogue.TlsExpired, CertificateJudge.Judge(made, [], [ca], CertificateUse.Server, "::1", Now.AddDays(31))?.Entry);
        Assert.Equal(
            Catalogue.TlsNotYetValid,
            CertificateJudge.Judge(made, [], [ca], CertificateUse.Server, "::1", Now.AddDays(-1))?.Entry
        );
        var names = CertificateNames.Of(made);
        Assert.Equal(["10.0.0.1", "::1"], names.Addresses);
        Assert.Equal(["manager.example"], names.Hosts);
    }

    [Fact]
    public void AWorkersCertificateProvesItsIdAndServesNoServer()
    {
        using var ca = Authority();
        var wish = new CertificateWish
        {
            Name = "w 1",
            Uris = [CertificateNames.WorkerPrefix + Uri.EscapeDataString("w 1")],
            Validity = TimeSpan.FromDays(30),
        };
        using var made = Read(CertificateMaker.Issue(ca, wish, Now));
        Assert.Equal(["w 1"], CertificateNames.Of(made).Workers);
        Assert.Null(CertificateJudge.Judge(made, [], [ca], CertificateUse.Client, null, Now));
        Assert.Equal(Catalogue.TlsWrongUse, CertificateJudge.Judge(made, [], [ca], CertificateUse.Server, "x", Now)?.Entry);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ARenewedCertificateSaysTheSameAndKeepsItsKeyUnlessAskedNotTo(bool newKey)
    {
        using var ca = Authority();
        using var old = Read(CertificateMaker.Issue(ca, Manager("manager.example"), Now));
        using var made = Read(CertificateMaker.Renew(ca, old, newKey, TimeSpan.FromDays(60), Now.AddDays(20)));
        var (before, after) = (CertificateNames.Of(old), CertificateNames.Of(made));
        Assert.Equal(before.Subject, after.Subject);
        Assert.Equal(before.Hosts, after.Hosts);
        Assert.NotEqual(before.Serial, after.Serial);
        Assert.Equal(newKey, before.KeyHash != after.KeyHash);
        Assert.Null(CertificateJudge.Judge(made, [], [ca], CertificateUse.Server, "manager.example", Now.AddDays(70)));
    }

    [Fact]
    public void NothingOutlivesItsCa()
    {
        using var ca = Authority();
        using var made = Read(CertificateMaker.Issue(ca, Manager("x") with { Validity = TimeSpan.FromDays(1000) }, Now));
        Assert.Equal(ca.NotAfter, made.NotAfter);
    }

    [Fact]
    public void AnEndIsToldAtEachThresholdAndOnceADay()
    {
        var warnings = new ExpiryWarnings();
        WatchedCertificate[] watched = [new("worker", "w1", Now.AddDays(31))];
        int Said(double day) => warnings.Due(watched, Now.AddDays(day)).Count;

        Assert.Equal(0, Said(0));
        Assert.Equal(1, Said(1));
        Assert.Equal(0, Said(1.1));
        Assert.Equal(1, Said(2));
        Assert.Equal(0, Said(2.2));
        Assert.Equal(1, Said(24));
        // Under a day, on a day that had its line already: nearer to the end is news.
        Assert.Equal(1, Said(29.9));
        Assert.Equal(1, Said(30.1));
        Assert.Equal(1, Said(31.1));
        Assert.StartsWith("clw-tls-expired: ", ExpiryWarnings.Problem(watched[0], Now.AddDays(32)), StringComparison.Ordinal);
        Assert.Equal(
            "clw-certificate-expiring: the certificate of worker w1 ends in 6 days, at 2026-02-10T12:00:00Z",
            ExpiryWarnings.Problem(watched[0], Now.AddDays(24.5))
        );
        Assert.Null(ExpiryWarnings.Problem(watched[0], Now));
    }
}
