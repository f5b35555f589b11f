using System.Diagnostics;

namespace OpenClaw.SystemTests.Harness;

/// <summary>Where the programs under test are: what <c>./clw</c> built in this checkout.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>Resolved once: a build during the tests moves the link and leaves these files.</summary>
    public static string Bin { get; } =
        Path.GetFullPath(Directory.ResolveLinkTarget(Path.Combine(Root, ".clw", "bin"), true)?.FullName ?? "");

    public static bool IsCi => Environment.GetEnvironmentVariable("CI") == "true";

    public static string Program(string name)
    {
        var path = Path.Combine(Bin, name);
        return File.Exists(path)
            ? path
            : throw new InvalidOperationException($"{path} is not there: ./test builds the programs before it runs the tests");
    }

    /// <summary>A tool of the machine; the test is skipped without it on a laptop and fails where CI=true.</summary>
    public static string Need(string tool)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Select(d => Path.Combine(d, tool))
            .FirstOrDefault(File.Exists);
        if (found is null)
        {
            Unless(false, $"{tool} is not installed");
        }

        return found!;
    }

    /// <summary>Skips the test on a laptop, fails it where CI=true.</summary>
    public static void Unless(bool possible, string because)
    {
        if (possible)
        {
            return;
        }

        if (IsCi)
        {
            Assert.Fail($"cannot be tested here, and CI must be able to: {because}");
        }

        Assert.Skip(because);
    }

    /// <summary>Compiles a C file of <c>tests/native</c>.</summary>
    public static void Compile(string source, string output, params string[] flags)
    {
        var gcc = Need("gcc");
        var start = new ProcessStartInfo(gcc, ["-O1", "-Wall", "-o", output, Path.Combine(Root, "tests", "native", source), .. flags])
        {
            RedirectStandardError = true,
        };
        using var compiler = Process.Start(start)!;
        var said = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, said);
    }

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "OpenClaw.slnx")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("the tests run outside a checkout");
        }

        return directory;
    }
}
