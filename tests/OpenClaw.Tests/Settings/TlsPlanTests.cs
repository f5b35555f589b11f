using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Settings;

/// <summary>Which certificate files a program uses, and with whom it speaks TLS.</summary>
public sealed class TlsPlanTests : IDisposable
{
    private static readonly HostPort Here = new("127.0.0.1", 9090);
    private static readonly HostPort Elsewhere = new("192.0.2.1", 9090);
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("oc-plan-");

    public void Dispose() => directory.Delete(recursive: true);

    private string Put(string name, string content = "x")
    {
        var file = Path.Combine(directory.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return file;
    }

    private Result<TlsPlan> Plan(TlsRole role, string[] files, params (string Name, string Value)[] variables)
    {
        var machine = new UserMachine(directory.FullName);
        var environment = variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
        var request = new SettingsRequest { ConfigFiles = files, Environment = environment };
        return TlsPlan.Resolve(SettingsLoader.Load(request, machine).Value, role, machine);
    }

    [Fact]
    public void APathInAFileIsRelativeToThatFile()
    {
        var yaml = Put("etc/worker.yaml", "tls:\n  ca: certs/ca.crt\n  cert: certs/w.crt\n  key: /keys/w.pem\n");
        var plan = Plan(TlsRole.Worker, [yaml]).Value;
        var etc = Path.GetDirectoryName(yaml)!;
        Assert.Equal((Path.Combine(etc, "certs/ca.crt"), Path.Combine(etc, "certs/w.crt"), "/keys/w.pem"), (plan.Ca, plan.Cert, plan.Key));
        Assert.True(plan.IsNamed);
        Assert.True(plan.Dials(Here));
        Assert.True(plan.Dials(Elsewhere));
    }

    [Fact]
    public void WhatIsNotNamedIsFoundByRoleAndServesBeyondThisMachine()
    {
        foreach (var name in new[] { "ca.crt", "worker.crt", "worker-key.pem", "client.crt", "client-key.pem" })
        {
            Put(".config/openclaw/certs/" + name);
        }

        Assert.EndsWith("worker.crt", Plan(TlsRole.Worker, []).Value.Cert, StringComparison.Ordinal);
        Assert.EndsWith("client-key.pem", Plan(TlsRole.Client, []).Value.Key, StringComparison.Ordinal);
        var manager = Plan(TlsRole.Manager, []).Value;
        Assert.EndsWith("worker.crt", manager.Cert, StringComparison.Ordinal);
        Assert.True(manager.CanListen);
        Assert.False(manager.Dials(Here));
        Assert.True(manager.Dials(Elsewhere));
        Assert.True(Plan(TlsRole.Client, [], ("OPENCLAW_TLS_MODE", "always")).Value.Dials(Here));
        Assert.False(Plan(TlsRole.Client, [], ("OPENCLAW_TLS_MODE", "never")).Value.Dials(Elsewhere));
    }

    [Fact]
    public void WithoutFilesThereIsNoTls()
    {
        var plan = Plan(TlsRole.Client, []).Value;
        Assert.False(plan.Dials(Elsewhere));
        Assert.False(plan.CanListen);
    }

    [Theory]
    [InlineData("OPENCLAW_TLS_CERT")]
    [InlineData("OPENCLAW_TLS_KEY")]
    public void HalfOfAPairIsAMistake(string variable) =>
        Assert.Equal(Catalogue.TlsFiles, Plan(TlsRole.Client, [], (variable, "/x")).Failure?.Entry);

    [Fact]
    public void ACertificateWithoutACaIsAMistake() =>
        Assert.Equal(Catalogue.TlsFiles, Plan(TlsRole.Client, [], ("OPENCLAW_TLS_CERT", "/x"), ("OPENCLAW_TLS_KEY", "/y")).Failure?.Entry);

    // A user's machine whose system directories are empty.
    private sealed class UserMachine(string home) : IMachine
    {
        public bool IsRoot => false;

        public string? Home => home;

        public bool FileExists(string path) => path.StartsWith(home, StringComparison.Ordinal) && File.Exists(path);

        public bool DirectoryExists(string path) => path.StartsWith(home, StringComparison.Ordinal) && Directory.Exists(path);

        public bool CanWrite(string directory) => directory.StartsWith(home, StringComparison.Ordinal);
    }
}
