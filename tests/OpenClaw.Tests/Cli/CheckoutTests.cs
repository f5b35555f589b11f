using System.Diagnostics;

namespace OpenClaw.Tests.Cli;

/// <summary><c>./clw</c> of a checkout: builds when a source is newer, and at no other time.</summary>
public sealed class CheckoutTests : IDisposable
{
    private readonly string checkout = Directory.CreateTempSubdirectory("clw-checkout").FullName;

    public void Dispose() => Directory.Delete(checkout, recursive: true);

    [Fact]
    public async Task A_second_call_does_not_build_again_and_a_changed_source_does()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "a shell script");
        await MakeAsync();

        Assert.Contains("building for the first time", await RunAsync(), StringComparison.Ordinal);
        Assert.Equal("ran\n", await RunAsync());

        await File.WriteAllTextAsync(Path.Combine(checkout, "src", "A", "New.cs"), "", TestContext.Current.CancellationToken);
        Assert.Contains("a source has changed", await RunAsync(), StringComparison.Ordinal);
        Assert.Equal("ran\n", await RunAsync());

        File.Delete(Path.Combine(checkout, "src", "A", "New.cs"));
        Assert.Contains("a source has changed", await RunAsync(), StringComparison.Ordinal);
    }

    /// <summary>A checkout of one project, and a compiler that leaves behind what the real one does: bin and obj in the project.</summary>
    private async Task MakeAsync()
    {
        foreach (var directory in new[] { "src/A", "build", "plugins", "samples", "deploy/systemd", "tools" })
        {
            Directory.CreateDirectory(Path.Combine(checkout, directory));
        }

        foreach (var file in new[] { "src/A/A.csproj", "Directory.Build.props", "Directory.Packages.props", "global.json" })
        {
            await File.WriteAllTextAsync(Path.Combine(checkout, file), "", TestContext.Current.CancellationToken);
        }

        foreach (var file in new[] { "clw", "build/make" })
        {
            File.Copy(Path.Combine(Root(), file), Path.Combine(checkout, file));
        }

        var dotnet = Path.Combine(checkout, "tools", "dotnet");
        await File.WriteAllTextAsync(
            dotnet,
            """
            #!/bin/sh
            [ "$1" != --list-sdks ] || { echo '10.0.100 [/here]'; exit; }
            sleep 0.02
            mkdir -p src/A/bin src/A/obj
            for word in "$@"; do case $word in -p:Into=*) into=${word#-p:Into=} ;; esac; done
            printf '#!/bin/sh\necho ran\n' >"$into/clw"
            chmod +x "$into/clw"
            """,
            TestContext.Current.CancellationToken
        );
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private async Task<string> RunAsync()
    {
        // Times of files go by the kernel's tick: what is written next shall be newer than what was written before.
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("/bin/bash", ["-c", "./clw 2>&1"]) { WorkingDirectory = checkout, RedirectStandardOutput = true };
        start.Environment["PATH"] = Path.Combine(checkout, "tools") + ":" + start.Environment["PATH"];
        start.Environment.Remove("CLW_NO_BUILD");
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "OpenClaw.slnx")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }
}
