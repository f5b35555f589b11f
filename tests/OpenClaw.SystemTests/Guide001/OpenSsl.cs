using System.Globalization;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>A CA and certificates made by openssl, as the guide makes them: good ones and every kind of broken one. In <c>certs</c> of the room.</summary>
internal sealed class OpenSsl
{
    private readonly Room room;

    private OpenSsl(Room room) => this.room = room;

    public string Path(string name) => room.Path("certs", name);

    /// <summary>With a CA, <c>cluster-ca.crt</c>.</summary>
    public static async Task<OpenSsl> CreateAsync(Room room)
    {
        var made = new OpenSsl(room);
        Directory.CreateDirectory(made.Path(""));
        await File.WriteAllTextAsync(
            made.Path("ca.cnf"),
            $"""
            [ca]
            default_ca = cluster
            [cluster]
            database = {made.Path("index.txt")}
            new_certs_dir = {made.Path("")}
            rand_serial = yes
            unique_subject = no
            default_md = sha256
            policy = any
            copy_extensions = copy
            [any]
            commonName = optional
            organizationName = optional
            [authority]
            basicConstraints = critical, CA:true
            subjectKeyIdentifier = hash
            """
        );
        await File.WriteAllTextAsync(made.Path("index.txt"), "");
        await made.AuthorityAsync("cluster-ca", "cluster CA");
        return made;
    }

    /// <summary>NAME.crt and NAME-key.pem of a CA that is signed by itself.</summary>
    public Task AuthorityAsync(string name, string subject) =>
        RunAsync(
            $"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {name}-key.pem -out {name}.crt -days 10 -subj",
            $"/CN={subject}"
        );

    /// <summary>A CA between the first one and certificates.</summary>
    public async Task IntermediateAsync(string name)
    {
        await RequestAsync(name, $"/CN={name}");
        await RunAsync(
            $"x509 -req -in {name}.csr -CA cluster-ca.crt -CAkey cluster-ca-key.pem -CAcreateserial -days 9 -extfile ca.cnf -extensions authority -out {name}.crt"
        );
    }

    /// <summary>NAME.crt and NAME-key.pem.</summary>
    /// <param name="name">The files' name.</param>
    /// <param name="subject">As openssl takes it.</param>
    /// <param name="san">subjectAltName; null: none.</param>
    /// <param name="from">Days from now.</param>
    /// <param name="to">Days from now.</param>
    /// <param name="by">The name of the CA's files.</param>
    public async Task CertificateAsync(
        string name,
        string subject,
        string? san = null,
        double from = -1,
        double to = 9,
        string by = "cluster-ca"
    )
    {
        await RequestAsync(name, subject, san);
        await RunAsync(
            $"ca -batch -notext -config ca.cnf -cert {by}.crt -keyfile {by}-key.pem -in {name}.csr -out {name}.crt -startdate {Day(from)} -enddate {Day(to)}"
        );
    }

    /// <summary>What it printed; fails the test when it failed.</summary>
    public async Task<string> RunAsync(string arguments, params string[] more)
    {
        string[] words = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. more];
        var openssl = room.Start("/bin/sh", ["-c", "cd \"$0\" && exec openssl \"$@\"", Path(""), .. words]);
        openssl.CloseInput();
        await openssl.EndWithOutputAsync(TimeSpan.FromSeconds(60));
        Assert.True(openssl.ExitCode == 0, openssl.Said);
        return openssl.Output;
    }

    private Task RequestAsync(string name, string subject, string? san = null) =>
        RunAsync(
            $"req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {name}-key.pem -out {name}.csr -subj",
            [subject, .. san is null ? [] : (string[])["-addext", $"subjectAltName={san}"]]
        );

    private static string Day(double days) =>
        TimeProvider.System.GetUtcNow().AddDays(days).ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
}
