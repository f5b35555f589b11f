using OpenClaw.Core.Certificates;
using OpenClaw.Core.Errors;
using OpenClaw.Manager.Security;

namespace OpenClaw.Tests.Manager;

/// <summary>Which certificate speaks for which worker.</summary>
public sealed class WorkerPinsTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 10, 0, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("oc-pins-");

    private WorkerPins Open() => WorkerPins.Open(directory.FullName).Value;

    private static CertificateNames Certificate(string key, int days = 30, params string[] uris) =>
        new()
        {
            CommonName = "openclaw-worker",
            Subject = "CN=openclaw-worker",
            KeyHash = key.PadRight(64, '0'),
            Serial = "01",
            Ends = Now.AddDays(days),
            Uris = uris,
        };

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void ACertificateThatNamesAWorkerSpeaksForItAlone()
    {
        var named = Certificate("a", 30, CertificateNames.WorkerPrefix + "w1");
        Assert.Null(Open().Check("w1", named, Now));
        var refused = Open().Check("w2", named, Now);
        Assert.Equal((Catalogue.RegistrationFailed, "wrong-worker"), (refused?.Entry, refused?.Data["cause"]));
        Assert.Equal("not-a-worker", Open().Check("w1", Certificate("b", 30, CertificateNames.ClientPrefix + "alice"), Now)?.Data["cause"]);
    }

    [Fact]
    public void ThisMachinesTokenSpeaksForEveryWorker() => Assert.Null(Open().Check("w1", null, Now));

    [Fact]
    public void AKeyIsBoundAtTheFirstRegistrationAndKeptThroughARestart()
    {
        var pins = Open();
        Assert.Null(pins.Check("w1", Certificate("a"), Now));
        Assert.Equal(PinChange.Bound, pins.Record("w1", Certificate("a"), Now));
        Assert.Equal(PinChange.None, pins.Record("w1", Certificate("a"), Now));

        var later = Open();
        Assert.Null(later.Check("w1", Certificate("a", 60), Now));
        var other = later.Check("w1", Certificate("b"), Now);
        Assert.Equal((Catalogue.RegistrationFailed, "other-key"), (other?.Entry, other?.Data["cause"]));
        Assert.StartsWith("Registration rejected: worker ID 'w1' belongs to another key", other!.Message, StringComparison.Ordinal);
        Assert.Null(later.Check("w2", Certificate("b"), Now));
    }

    [Fact]
    public void ACertificateThatNamesTheWorkerTakesTheIdFromAKeyAndKeepsIt()
    {
        var pins = Open();
        pins.Record("w1", Certificate("a"), Now);
        var named = Certificate("b", 30, CertificateNames.WorkerPrefix + "w1");
        Assert.Null(pins.Check("w1", named, Now));
        pins.Record("w1", named, Now);
        Assert.Equal("other-key", pins.Check("w1", Certificate("a"), Now)?.Data["cause"]);
    }

    [Fact]
    public void OnceTheBoundCertificateHasEndedAnotherKeyMayTakeItsPlace()
    {
        var pins = Open();
        pins.Record("w1", Certificate("a", days: 1), Now);
        Assert.NotNull(pins.Check("w1", Certificate("b"), Now));
        Assert.Null(pins.Check("w1", Certificate("b"), Now.AddDays(2)));
        Assert.Equal(PinChange.KeyChanged, pins.Record("w1", Certificate("b"), Now.AddDays(2)));
    }

    [Fact]
    public void WhatHasLongEndedIsDroppedAndWhatHoldsIsKept()
    {
        var pins = Open();
        pins.Record("ended", Certificate("a", days: 1), Now);
        pins.Record("holds", Certificate("b", days: 300), Now);
        pins.Record("next", Certificate("c", days: 300), Now.AddDays(20));
        string Kept() => File.ReadAllText(Path.Combine(directory.FullName, WorkerPins.FileName));
        Assert.Contains("ended", Kept(), StringComparison.Ordinal);
        pins.Record("last", Certificate("d", days: 300), Now.AddDays(32));
        Assert.DoesNotContain("ended", Kept(), StringComparison.Ordinal);
        Assert.NotNull(pins.Check("holds", Certificate("x"), Now.AddDays(32)));
    }

    [Theory]
    [InlineData("/openclaw.v1.WorkerService/Session", true)]
    [InlineData("/openclaw.v1.WorkerService/ReportDeath", true)]
    [InlineData("/openclaw.v1.ClusterService/Status", true)]
    [InlineData("/openclaw.v1.ClusterService/Drain", false)]
    [InlineData("/openclaw.v1.ClusterService/Reload", false)]
    [InlineData("/openclaw.v1.TaskService/Submit", false)]
    [InlineData("/openclaw.v1.TaskService/Get", false)]
    [InlineData("/openclaw.v1.LogService/Logs", false)]
    public void AWorkersCertificateIsForAWorkersCalls(string method, bool allowed)
    {
        var refused = SignIn.Check(Certificate("a", 30, CertificateNames.WorkerPrefix + "w1"), method);
        Assert.Equal(allowed ? null : Catalogue.CertificateOfWorker, refused?.Entry);
        // A person's is for everything, and so is one by openssl, which says nothing about workers.
        Assert.Null(SignIn.Check(Certificate("a", 30, CertificateNames.ClientPrefix + "alice"), method));
        Assert.Null(SignIn.Check(Certificate("a"), method));
    }

    [Fact]
    public void AnOperatorMayRemoveABindingWhileTheManagerRuns()
    {
        var pins = Open();
        pins.Record("w1", Certificate("a"), Now);
        File.WriteAllText(Path.Combine(directory.FullName, WorkerPins.FileName), "{}");
        Assert.Null(pins.Check("w1", Certificate("b"), Now));
    }

    [Fact]
    public void ABindingThatCouldNotBeWrittenHoldsAllTheSameAndIsWrittenWithTheNext()
    {
        var pins = Open();
        pins.Record("w0", Certificate("z"), Now);
        var file = Path.Combine(directory.FullName, WorkerPins.FileName);
        var kept = File.ReadAllText(file);

        // Nothing can take the place of a directory that is not empty.
        File.Delete(file);
        Directory.CreateDirectory(Path.Combine(file, "in-the-way"));
        Assert.ThrowsAny<IOException>(() => pins.Record("w1", Certificate("a"), Now));
        Directory.Delete(file, recursive: true);
        File.WriteAllText(file, kept);

        // Looks into the file, which knows nothing of it.
        Assert.NotNull(pins.Check("w1", Certificate("b"), Now));
        Assert.Null(pins.Check("w1", Certificate("a"), Now));
        pins.Record("w1", Certificate("a"), Now);
        Assert.NotNull(Open().Check("w1", Certificate("b"), Now));
    }

    [Fact]
    public void AFileThatCannotBeReadStopsTheStart()
    {
        File.WriteAllText(Path.Combine(directory.FullName, WorkerPins.FileName), "{");
        Assert.Equal(Catalogue.StoreUnwritable, WorkerPins.Open(directory.FullName).Failure?.Entry);
    }
}
