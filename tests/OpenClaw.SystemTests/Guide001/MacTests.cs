using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide001;

/// <summary>Row C26: for macOS everything builds, and a call that only Linux has does not without a guard. No Mac has run it.</summary>
public sealed class MacTests
{
    [Theory]
    [InlineData("OpenClaw.Cli", "libe_sqlite3.dylib", "liblua54.dylib")]
    [InlineData("OpenClaw.Runner", "liblua54.dylib")]
    [InlineData("OpenClaw.Supervisor")]
    public async Task C26_the_programs_build_for_a_mac_with_the_libraries_that_they_need_there(string project, params string[] libraries)
    {
        await using var room = new Room();
        var build = await DotnetAsync(
            "build",
            Path.Combine(Checkout.Root, "src", project),
            "-c",
            "Release",
            "-r",
            "osx-arm64",
            "--no-self-contained",
            "--artifacts-path",
            room.Path("artifacts"),
            // The program itself and not the executable in front of it, which is a package of its own; no lock file of ours is touched.
            "-p:UseAppHost=false",
            "-p:RestorePackagesWithLockFile=false",
            "-nologo",
            "-v:quiet"
        );
        Assert.True(build.ExitCode == 0, build.Said);
        var made = Directory.GetFiles(room.Path("artifacts", "bin", project), "*", SearchOption.AllDirectories);
        Assert.All([project + ".dll", .. libraries], name => Assert.Contains(made, f => Path.GetFileName(f) == name));
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
