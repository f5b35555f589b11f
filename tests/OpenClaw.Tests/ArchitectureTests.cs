using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace OpenClaw.Tests;

/// <summary>
/// Holds the arrows of DESIGN: Cli → (Manager, Worker, Client) → (Store, Rpc, Hosting) → Core → Abi. Both what the project files say
/// and what the compiled assemblies refer to.
/// </summary>
public sealed class ArchitectureTests
{
    /// <summary>What each project may refer to, of ours. A new project is a new line here, and a thought.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Abi"] = [],
        ["Core"] = ["Abi"],
        ["Hosting"] = ["Core", "Abi"],
        ["Rpc"] = ["Core", "Abi"],
        ["Rpc.Server"] = ["Rpc", "Core", "Abi"],
        ["Store"] = ["Core", "Abi"],
        ["Manager"] = ["Store", "Rpc", "Rpc.Server", "Hosting", "Core", "Abi"],
        ["Worker"] = ["Rpc", "Hosting", "Core", "Abi"],
        ["Client"] = ["Rpc", "Core", "Abi"],
        ["Runner"] = ["Abi"],
        ["Supervisor"] = ["Abi"],
        ["Cli"] = ["Manager", "Worker", "Client", "Store", "Rpc", "Hosting", "Core", "Abi"],
    };

    private static readonly string Root = FindRoot();

    public static TheoryData<string> Projects =>
        [.. Directory.GetDirectories(Path.Combine(Root, "src"), "OpenClaw.*").Select(d => Path.GetFileName(d)["OpenClaw.".Length..])];

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectFilesFollowTheArrows(string project)
    {
        var allowed = AllowedFor(project);
        var references = Document(project)
            .Descendants("ProjectReference")
            .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value.Replace('\\', '/'))["OpenClaw.".Length..]);
        Assert.Empty(references.Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void AssembliesFollowTheArrows(string project)
    {
        var allowed = AllowedFor(project);
        using var file = new PEReader(File.OpenRead(AssemblyOf(project)));
        var metadata = file.GetMetadataReader();
        var references = metadata
            .AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name))
            .Where(n => n.StartsWith("OpenClaw.", StringComparison.Ordinal))
            .Select(n => n["OpenClaw.".Length..]);
        Assert.Empty(references.Except(allowed));
    }

    /// <summary>What AOT-ready programs and the vocabulary stand on stays small.</summary>
    [Theory]
    [InlineData("Abi")]
    [InlineData("Core")]
    [InlineData("Supervisor")]
    public void HasNoPackages(string project) => Assert.Empty(Document(project).Descendants("PackageReference"));

    /// <summary>The client package and the programs that run beside a task must not need the web framework.</summary>
    [Theory]
    [InlineData("Abi")]
    [InlineData("Core")]
    [InlineData("Rpc")]
    [InlineData("Store")]
    [InlineData("Client")]
    [InlineData("Runner")]
    [InlineData("Supervisor")]
    public void DoesNotNeedTheWebFramework(string project)
    {
        Assert.Empty(Document(project).Descendants("FrameworkReference"));
        using var file = new PEReader(File.OpenRead(AssemblyOf(project)));
        var metadata = file.GetMetadataReader();
        Assert.DoesNotContain(
            metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name)),
            n => n.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
        );
    }

    private static string[] AllowedFor(string project) =>
        Allowed.TryGetValue(project, out var allowed)
            ? allowed
            : throw new InvalidOperationException($"OpenClaw.{project} has no line here");

    private static XDocument Document(string project) =>
        XDocument.Load(Path.Combine(Root, "src", $"OpenClaw.{project}", $"OpenClaw.{project}.csproj"));

    private static string AssemblyOf(string project)
    {
        var name = Document(project).Descendants("AssemblyName").SingleOrDefault()?.Value ?? $"OpenClaw.{project}";
        var path = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        Assert.True(File.Exists(path), $"{path} is missing: the tests refer to every project");
        return path;
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OpenClaw.slnx")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("no OpenClaw.slnx above the tests");
        }

        return directory.FullName;
    }
}
