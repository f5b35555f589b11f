using OpenClaw.Cli.Doctor;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Doctor;

/// <summary>What the installed service may read, and the variables that it has.</summary>
public sealed class ServiceUserTests
{
    [Fact]
    public void Each_file_that_the_service_cannot_read_is_named_with_the_commands_that_mend_it()
    {
        string[] files = ["/etc/openclaw/certs/worker-key.pem", "/etc/openclaw/certs/worker.crt", "/var/lib/openclaw/token"];
        var found = ServiceUserChecks.Look(files, f => f.EndsWith(".crt", StringComparison.Ordinal));
        Assert.All(found, f => Assert.Equal(Level.Fail, f.Level));
        Assert.Equal(["clw-tls-files", "clw-auth-refused"], found.Select(f => f.Code));
        Assert.StartsWith("chgrp openclaw /etc/openclaw/certs/worker-key.pem && chmod 640", found[0].Next, StringComparison.Ordinal);
        Assert.Equal(Level.Ok, Assert.Single(ServiceUserChecks.Look(files, _ => true)).Level);
        Assert.Equal(Level.Skip, Assert.Single(ServiceUserChecks.Look(files, _ => throw new IOException("no runuser"))).Level);
        Assert.Equal(Level.Skip, Assert.Single(ServiceUserChecks.Look([], _ => true)).Level);
    }

    [Fact]
    public void The_user_is_known_by_its_whole_name()
    {
        Assert.True(ServiceUserChecks.Exists("root:x:0:0::/root:/bin/sh\nopenclaw:x:998:998::/:/bin/false\n"));
        Assert.False(ServiceUserChecks.Exists("openclawd:x:998:998::/:/bin/false\n"));
        Assert.False(ServiceUserChecks.Exists(null));
    }

    [Fact]
    public void The_services_variables_are_taken_where_the_shell_has_none_and_only_ours()
    {
        var request = new SettingsRequest { Environment = new Dictionary<string, string> { ["OPENCLAW_MANAGER_PORT"] = "9190" } };
        var (adopted, names) = ServiceSettings.Adopt(
            request,
            "# a comment\nOPENCLAW_MANAGER_HOST='10.0.0.7'\n; another\nOPENCLAW_MANAGER_PORT=9090\nPATH=/tmp\nbroken\n"
        );
        Assert.Equal(["OPENCLAW_MANAGER_HOST"], names);
        Assert.Equal("10.0.0.7", adopted.Environment["OPENCLAW_MANAGER_HOST"]);
        Assert.Equal("9190", adopted.Environment["OPENCLAW_MANAGER_PORT"]);
        Assert.False(adopted.Environment.ContainsKey("PATH"));
    }
}
