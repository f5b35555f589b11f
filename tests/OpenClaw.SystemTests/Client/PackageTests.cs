using System.IO.Compression;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Client;

/// <summary>The package as a stranger gets it: packed, restored from a folder into a fresh project, run against a real cluster.</summary>
public sealed class PackageTests
{
    private static readonly TimeSpan BuildTime = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task The_sample_builds_from_the_package_and_runs()
    {
        await using var up = new Up();
        var dotnet = Checkout.Need("dotnet");
        var feed = up.Room.Path("feed");
        await RunAsync(
            up.Room,
            dotnet,
            "pack",
            Path.Combine(Checkout.Root, "src", "OpenClaw.Client"),
            "-c",
            "Release",
            "-o",
            feed,
            "-nodeReuse:false",
            "-p:UseSharedCompilation=false"
        );
        CheckContents(Assert.Single(Directory.GetFiles(feed, "*.nupkg")));

        var project = CopySample(up.Room, feed);
        await RunAsync(
            up.Room,
            dotnet,
            "build",
            project,
            "-c",
            "Release",
            "-o",
            up.Room.Path("sample-out"),
            "-nodeReuse:false",
            "-p:UseSharedCompilation=false"
        );

        foreach (var plugin in Directory.GetFiles(Path.Combine(Checkout.Root, "plugins"), "wordcount.lua"))
        {
            up.Room.Plugin(Path.GetFileName(plugin), await File.ReadAllTextAsync(plugin));
        }

        await up.StartAsync();
        var texts = Directory.GetFiles(Path.Combine(Checkout.Root, "samples", "texts"), "*.txt").Order(StringComparer.Ordinal).Take(4);
        var sample = up.Room.Start(dotnet, [up.Room.Path("sample-out", "ClientConsole.dll"), .. texts]);
        Assert.True(await sample.EndWithOutputAsync(TimeSpan.FromSeconds(60)) == 0, sample.Said);
        foreach (
            var said in new[]
            {
                "words, most often '",
                "typed: ",
                "state: Succeeded",
                "4 files have ",
                "5000 are stored",
                "1 worker, healthy: True",
                "cancelled: not needed any more",
                "after the retry: Succeeded",
                "the task failed: clw-task-failed: ",
                "Next: ",
            }
        )
        {
            Assert.True(sample.Output.Contains(said, StringComparison.Ordinal), $"it did not say \"{said}\"\n{sample.Said}");
        }

        await up.StopAsync();

        // Nobody there: one line with a code and a next step, and no trace of the stack.
        var alone = up.Room.Start(dotnet, [up.Room.Path("sample-out", "ClientConsole.dll"), "nothing"]);
        Assert.Equal(1, await alone.EndWithOutputAsync(TimeSpan.FromSeconds(60)));
        Assert.StartsWith("clw-connection-", alone.Errors, StringComparison.Ordinal);
        Assert.Single(alone.Errors.TrimEnd().Split('\n'));
    }

    // What a compiler is shown is our assembly alone; what runs has the rooms below; nothing else is asked for than the messages' runtime.
    private static void CheckContents(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        var names = archive.Entries.Select(e => e.FullName).ToList();
        Assert.Equal(["OpenClaw.Client.dll"], Assemblies("ref/"));
        Assert.Equal(["OpenClaw.Abi.dll", "OpenClaw.Client.dll", "OpenClaw.Core.dll", "OpenClaw.Rpc.dll"], Assemblies("lib/"));
        Assert.Contains("ref/net10.0/OpenClaw.Client.xml", names);
        Assert.Contains("README.md", names);
        using var reader = new StreamReader(archive.Entries.Single(e => e.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        var nuspec = reader.ReadToEnd();
        Assert.Equal(
            ["<dependency id=\"Google.Protobuf\""],
            nuspec.Split('\n').Where(l => l.Contains("<dependency ")).Select(l => l.Trim()[..32])
        );
        Assert.DoesNotContain("frameworkReference", nuspec, StringComparison.OrdinalIgnoreCase);

        List<string> Assemblies(string folder) =>
            [
                .. names
                    .Where(n => n.StartsWith(folder, StringComparison.Ordinal) && n.EndsWith(".dll", StringComparison.Ordinal))
                    .Select(n => Path.GetFileName(n))
                    .Order(StringComparer.Ordinal),
            ];
    }

    // Outside the checkout, so that nothing of it helps; the package comes from our folder and what it needs from where it always comes.
    private static string CopySample(Room room, string feed)
    {
        var project = room.Path("sample");
        Directory.CreateDirectory(project);
        foreach (var file in Directory.GetFiles(Path.Combine(Checkout.Root, "samples", "ClientConsole")))
        {
            File.Copy(file, Path.Combine(project, Path.GetFileName(file)));
        }

        File.WriteAllText(
            Path.Combine(project, "nuget.config"),
            $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{room.Path("packages")}" /></config>
              <packageSources><add key="here" value="{feed}" /></packageSources>
            </configuration>
            """
        );
        return project;
    }

    private static async Task RunAsync(Room room, string program, params string[] arguments)
    {
        // The build's own home: where its tools and packages are on this machine.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var process = room.Start(
            program,
            arguments,
            ("HOME", home),
            ("MSBUILDDISABLENODEREUSE", "1"),
            ("DOTNET_CLI_USE_MSBUILD_SERVER", "0")
        );
        Assert.True(await process.EndWithOutputAsync(BuildTime) == 0, process.Said);
    }
}
