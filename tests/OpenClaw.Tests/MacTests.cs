using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace OpenClaw.Tests;

/// <summary>
/// Row C26: what macOS does not have is marked, so that the compiler holds every call of it to be guarded. What the compiler cannot see
/// is held here: which functions of the C library only Linux has, and who reads files of the kernel.
/// </summary>
public sealed partial class MacTests
{
    /// <summary>Functions that both systems have, by POSIX or by both their C libraries. A new one is a new line here, and a thought.</summary>
    private static readonly string[] OfBoth =
    [
        "access",
        "chown",
        "close",
        "dlsym",
        "dup2",
        "execve",
        "fchown",
        "fcntl",
        "fflush",
        "flock",
        "fsync",
        "getegid",
        "geteuid",
        "getgid",
        "getgrnam",
        "getppid",
        "getrlimit",
        "getuid",
        "isatty",
        "kill",
        "link",
        "lseek",
        "open",
        "pipe",
        "poll",
        "posix_spawn",
        "posix_spawn_file_actions_addchdir_np",
        "posix_spawn_file_actions_addclose",
        "posix_spawn_file_actions_adddup2",
        "posix_spawn_file_actions_destroy",
        "posix_spawn_file_actions_init",
        "posix_spawnattr_destroy",
        "posix_spawnattr_init",
        "posix_spawnattr_setflags",
        "posix_spawnattr_setsigdefault",
        "posix_spawnattr_setsigmask",
        "pthread_sigmask",
        "read",
        "realpath",
        "rename",
        "setrlimit",
        "setsid",
        "sigaction",
        "sigaddset",
        "sigemptyset",
        "signal",
        "umask",
        "wait4",
        "waitid",
        "write",
    ];

    [Fact]
    public void C26_a_function_that_macOS_lacks_is_marked_as_such()
    {
        var calls = Directory
            .GetFiles(AppContext.BaseDirectory, "OpenClaw.*.dll")
            .Where(f => !Path.GetFileName(f).Contains("Tests", StringComparison.Ordinal))
            .Select(Assembly.LoadFrom)
            .SelectMany(a => a.GetTypes())
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(m => (Method: m, Import: m.GetCustomAttribute<DllImportAttribute>()))
            .Where(c => c.Import is { Value: "libc" })
            .ToList();
        // Not a search that finds nothing.
        Assert.True(calls.Count > 30, $"{calls.Count} calls");
        foreach (var (method, import) in calls)
        {
            // A generated stub's inner function is called by the stub alone, which has the mark.
            var name = import!.EntryPoint ?? method.Name;
            Assert.True(
                OfBoth.Contains(name) || IsMarked(method),
                $"{method.DeclaringType}.{name}: is it on macOS? If not: [SupportedOSPlatform(\"linux\")]; if so: a line in this test"
            );
        }
    }

    [Fact]
    public void C26_who_reads_files_of_Linuxs_kernel_does_so_behind_a_guard()
    {
        var readers = Sources().Where(s => KernelFile().IsMatch(s.Text)).ToList();
        Assert.True(readers.Count >= 10, string.Join('\n', readers.Select(r => r.File)));
        foreach (var (file, text) in readers)
        {
            Assert.True(Guard().IsMatch(text), $"{file} names files of Linux's kernel: say what happens where there are none");
        }
    }

    [Fact]
    public void C26_the_compiler_refuses_what_is_not_guarded_and_nobody_silences_it()
    {
        var rules = File.ReadAllText(Path.Combine(Root, ".editorconfig"));
        Assert.Contains(
            "dotnet_diagnostic.CA1416.severity = error",
            rules[..rules.IndexOf("[tests/**.cs]", StringComparison.Ordinal)],
            StringComparison.Ordinal
        );
        // The one place where it is off is the tests, which run on Linux.
        Assert.Single(SilentRule().Matches(rules));
        Assert.All(Sources("*.cs").Concat(Sources("*.csproj")), s => Assert.DoesNotContain("CA1416", s.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void C26_people_are_told_that_it_is_not_tested_there()
    {
        Assert.Contains("macOS builds, but is not tested", File.ReadAllText(Path.Combine(Root, "README.md")), StringComparison.Ordinal);
        Assert.Matches("(?s)## macOS.*it is not tested", File.ReadAllText(Path.Combine(Root, "docs", "deploy.md")));
    }

    private static string Root { get; } = FindRoot();

    private static bool IsMarked(MethodInfo method) =>
        method.GetCustomAttributes<SupportedOSPlatformAttribute>().Any()
        || method.DeclaringType!.GetCustomAttributes<SupportedOSPlatformAttribute>().Any()
        || (
            StubName().Match(method.Name) is { Success: true } inner
            && method
                .DeclaringType!.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                .Any(m => m.Name == inner.Groups["of"].Value && m.GetCustomAttributes<SupportedOSPlatformAttribute>().Any())
        );

    private static IEnumerable<(string File, string Text)> Sources(string pattern = "*.cs") =>
        Directory
            .GetFiles(Path.Combine(Root, "src"), pattern, SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Select(f => (Path.GetRelativePath(Root, f), File.ReadAllText(f)));

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "OpenClaw.slnx")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }

    [GeneratedRegex("^<(?<of>\\w+)>g__", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StubName();

    /// <summary>Texts that are paths, not words about them.</summary>
    [GeneratedRegex("\"/(proc|sys)(/|\")", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex KernelFile();

    /// <summary>By the system; by looking whether the files are there; or through what answers null where there is no such file.</summary>
    [GeneratedRegex(
        "IsLinux|SupportedOSPlatform\\(\"linux\"\\)|Directory\\.Exists\\(\"/proc/self\"\\)|HostFiles",
        RegexOptions.None,
        10_000
    )]
    private static partial Regex Guard();

    [GeneratedRegex("CA1416\\.severity = (none|silent|suggestion)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex SilentRule();
}
