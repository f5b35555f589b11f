using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C26: for macOS everything builds, and a call that only Linux has does not without a guard. No Mac has run it.</summary>
public sealed class MacTests
{
    [Theory]
    [InlineData("OpenClaw.Cli", "clw.dll", "libe_sqlite3.dylib")]
    [InlineData("OpenClaw.Runner", "clw-runner.dll", "liblua54.dylib")]
    [InlineData("OpenClaw.Supervisor", "clw-supervisor.dll")]
    public async Task C26_the_programs_build_for_a_mac_with_the_libraries_that_they_need_there(string project, params string[] files)
    {
        await using var room = new Room();
        CopySources(room.Path("copy"));
        var build = await DotnetAsync(
            "build",
            room.Path("copy", "src", project),
            "-c",
            "Release",
            "-r",
            "osx-arm64",
            "--no-self-contained",
            "--artifacts-path",
            room.Path("artifacts"),
            // The program itself and not the executable in front of it, which is a package of its own.
            "-p:UseAppHost=false",
            // A copy for another machine has other lock files.
            "-p:RestoreLockedMode=false",
            "-nologo",
            "-v:quiet"
        );
        Assert.True(build.ExitCode == 0, build.Said);
        var made = Directory.GetFiles(room.Path("artifacts", "bin", project), "*", SearchOption.AllDirectories);
        Assert.All(files, name => Assert.Contains(made, f => Path.GetFileName(f) == name));
    }

    [Fact]
    public async Task C26_a_call_that_only_Linux_has_does_not_compile_without_a_guard()
    {
        // Below the checkout: its rules are what is tried.
        var directory = Directory.CreateDirectory(Path.Combine(Checkout.Root, ".clw", $"mac-{Environment.ProcessId}"));
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(directory.FullName, "Probe.csproj"),
                """
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <RestorePackagesWithLockFile>false</RestorePackagesWithLockFile>
                  </PropertyGroup>
                </Project>
                """,
                TestContext.Current.CancellationToken
            );
            var source = Path.Combine(directory.FullName, "Probe.cs");
            const string code = """
                using System.Runtime.Versioning;

                namespace Probe;

                /// <summary>Tried by a test.</summary>
                public static class Calls
                {
                    /// <summary>Calls what Linux alone has.</summary>
                    public static int Tried() => GUARD OfLinux() : 0;

                    [SupportedOSPlatform("linux")]
                    private static int OfLinux() => 1;
                }

                """;
            async Task<RealProcess> BuildAsync(string guard)
            {
                await File.WriteAllTextAsync(source, code.Replace("GUARD", guard, StringComparison.Ordinal));
                return await DotnetAsync("build", directory.FullName, "-c", "Release", "-nologo", "-v:quiet");
            }

            var guarded = await BuildAsync("OperatingSystem.IsLinux() ?");
            Assert.True(guarded.ExitCode == 0, guarded.Said);
            var bare = await BuildAsync("Environment.ProcessId > 0 ?");
            Assert.NotEqual(0, bare.ExitCode);
            Assert.Contains("error CA1416", bare.Said, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    // A restore for another system writes it into the lock files: those of a copy.
    private static void CopySources(string to)
    {
        var files = Directory
            .EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(Checkout.Root, "build")))
            .Concat(Directory.EnumerateFiles(Checkout.Root))
            .Select(f => Path.GetRelativePath(Checkout.Root, f))
            .Where(f => !f.Split('/').Any(part => part is "bin" or "obj"));
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, file))!);
            File.Copy(Path.Combine(Checkout.Root, file), Path.Combine(to, file));
            if (file.EndsWith(".csproj", StringComparison.Ordinal))
            {
                // The older framework beside it is for native programs of Linux; for a Mac it would ask for a package more.
                var text = File.ReadAllText(Path.Combine(to, file));
                File.WriteAllText(Path.Combine(to, file), text.Replace("net10.0;net9.0", "net10.0", StringComparison.Ordinal));
            }
        }
    }

    private static async Task<RealProcess> DotnetAsync(params string[] words)
    {
        var environment = Environment
            .GetEnvironmentVariables()
            .Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(v => (string)v.Key, v => (string)v.Value!, StringComparer.Ordinal);
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        var dotnet = RealProcess.Start(Checkout.Need("dotnet"), [.. words, "-p:UseSharedCompilation=false"], environment, Checkout.Root);
        dotnet.CloseInput();
        await dotnet.EndWithOutputAsync(TimeSpan.FromMinutes(4));
        return dotnet;
    }
}
