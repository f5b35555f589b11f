using System.Security.Cryptography.X509Certificates;
using OpenClaw.Cli.Doctor;
using OpenClaw.Core.Settings;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Doctor;

/// <summary>What the doctor says of a manager's certificate: the reasons of row C14, with their codes.</summary>
public sealed class CertificateTests : IDisposable
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private static readonly HostPort Address = new("manager.example", 9090);
    private readonly TestCertificates files = new();

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("good", null)]
    [InlineData("expired", "clw-tls-expired")]
    [InlineData("not-yet", "clw-tls-not-yet-valid")]
    [InlineData("no-san", "clw-tls-no-san")]
    [InlineData("wrong-host", "clw-tls-wrong-host")]
    [InlineData("wrong-use", "clw-tls-wrong-use")]
    [InlineData("gap", "clw-tls-incomplete-chain")]
    [InlineData("stranger", "clw-tls-unknown-ca")]
    public void C14_The_doctor_names_the_reason(string kind, string? code)
    {
        using var ours = TestCertificates.Authority("our CA");
        using var between = TestCertificates.Authority("between", ours);
        using var sameName = TestCertificates.Authority("our CA");
        var issuer =
            kind == "gap" ? between
            : kind == "stranger" ? sameName
            : ours;
        var (from, to) = kind switch
        {
            "expired" => (-9, -2),
            "not-yet" => (2, 50),
            _ => (-1, 50),
        };
        var (cert, _) = files.Issue(
            "manager",
            issuer,
            kind == "no-san" ? null : n => n.AddDnsName(kind == "wrong-host" ? "elsewhere.example" : Address.Host),
            "CN=manager.example",
            from,
            to,
            kind == "wrong-use" ? ClientUse : null
        );
        using var shown = X509CertificateLoader.LoadCertificateFromFile(cert);
        var finding = CertificateChecks.OfShown([shown], files.Ca("ca.crt", ours), Address, TestCertificates.At(0));
        Assert.Equal((code is null ? Level.Ok : Level.Fail, code), (finding.Level, finding.Code));
        Assert.Equal(code is null, finding.Next is null);
    }

    [Fact]
    public void A_chain_that_is_sent_whole_is_good()
    {
        using var ours = TestCertificates.Authority("our CA");
        using var between = TestCertificates.Authority("between", ours);
        var (cert, _) = files.Issue("manager", between, n => n.AddDnsName(Address.Host), to: 50);
        using var shown = X509CertificateLoader.LoadCertificateFromFile(cert);
        Assert.Equal(
            Level.Ok,
            CertificateChecks.OfShown([shown, between], files.Ca("ca.crt", ours), Address, TestCertificates.At(0)).Level
        );
        Assert.Equal("clw-tls-files", CertificateChecks.OfShown([shown], files.Path("none.crt"), Address, TestCertificates.At(0)).Code);
        Assert.Equal(Level.Skip, CertificateChecks.OfShown([], files.Path("none.crt"), Address, TestCertificates.At(0)).Level);
    }
}
