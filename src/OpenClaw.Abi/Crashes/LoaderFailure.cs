using System.Text.RegularExpressions;

namespace OpenClaw.Abi.Crashes;

/// <summary>
/// Recognises that a program could not be loaded, by the words of the loaders of glibc and musl, of shells and of the kernel's errors,
/// and by the exit code that goes with them. Pure.
/// </summary>
public static partial class LoaderFailure
{
    /// <summary>A loader or a shell says one of these first; what a program wrote long before its end does not count.</summary>
    private const int LastLinesLookedAt = 5;

    /// <summary>What is missing or does not fit, as a sentence about it; null when the program was loaded.</summary>
    /// <param name="exitCode">Of the process.</param>
    /// <param name="lines">What it wrote to its standard error, oldest first.</param>
    public static string? Of(int? exitCode, IEnumerable<string> lines)
    {
        // 127: not found, by loaders and shells; 126: not executable; 1: glibc about a version that is missing.
        if (exitCode is not (1 or 126 or 127))
        {
            return null;
        }

        foreach (var line in lines.TakeLast(LastLinesLookedAt))
        {
            if (Of(line, exitCode.Value) is { } sentence)
            {
                return sentence;
            }
        }

        return null;
    }

    private static string? Of(string line, int exitCode)
    {
        if (Version().Match(line) is { Success: true } version)
        {
            return $"{version.Groups["program"].Value} needs {version.Groups["version"].Value} of {version.Groups["library"].Value}, which this machine's has not: it is built for a newer system";
        }

        if (exitCode == 1)
        {
            return null;
        }

        return WrongClass().Match(line) is { Success: true } wrong
                ? $"the library {wrong.Groups["library"].Value} is for another architecture or damaged ({wrong.Groups["why"].Value})"
            : Missing().Match(line) is { Success: true } missing
                ? $"the library {missing.Groups["library"].Value} cannot be loaded: {missing.Groups["why"].Value}"
            : MissingMusl().Match(line) is { Success: true } musl
                ? $"the library {musl.Groups["library"].Value} cannot be loaded: {musl.Groups["why"].Value}"
            : Symbol().Match(line) is { Success: true } symbol
                ? $"{symbol.Groups["file"].Value} does not fit its libraries: {symbol.Groups["why"].Value}"
            : Relocation().Match(line) is { Success: true } relocation
                ? $"{relocation.Groups["file"].Value} does not fit its libraries: {relocation.Groups["why"].Value}"
            : Format().Match(line) is { Success: true } format
                ? $"{format.Groups["file"].Value} is for another machine than this one ({Here})"
            : NoLoader().Match(line) is { Success: true } loader
                ? $"the loader that {loader.Groups["file"].Value} asks for is not on this machine: it is built for another C library or architecture"
            : null;
    }

    private static string Here => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    // prog: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by prog)
    [GeneratedRegex(
        @": (?<library>\S+): version `(?<version>[^']+)' not found \(required by (?<program>[^)]+)\)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Version();

    // prog: error while loading shared libraries: libx.so: wrong ELF class: ELFCLASS32
    [GeneratedRegex(
        @"error while loading shared libraries: (?<library>[^:]+): (?<why>wrong ELF class.*|invalid ELF header.*|file too short.*|ELF file .*)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex WrongClass();

    // prog: error while loading shared libraries: libx.so.1: cannot open shared object file: No such file or directory
    [GeneratedRegex(
        @"error while loading shared libraries: (?<library>[^:]+): (?<why>.+)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Missing();

    // Error loading shared library libx.so: No such file or directory (needed by prog)
    [GeneratedRegex(
        @"^Error loading shared library (?<library>[^:]+): (?<why>.+)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex MissingMusl();

    // prog: symbol lookup error: /usr/lib/libx.so: undefined symbol: foo
    [GeneratedRegex(
        @"symbol lookup error: (?<file>[^:]+): (?<why>.+)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Symbol();

    // Error relocating /lib/libx.so: foo: symbol not found
    [GeneratedRegex(@"^Error relocating (?<file>[^:]+): (?<why>.+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Relocation();

    // PATH: cannot execute binary file: Exec format error; PATH cannot be executed: Exec format error
    [GeneratedRegex(
        @"(?<file>\S+?):? (?:cannot execute binary file|cannot be executed): Exec format error",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Format();

    // The file is there (that was looked at before), so what is missing is its interpreter.
    [GeneratedRegex(
        @"(?<file>\S+) cannot be executed: No such file or directory",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NoLoader();
}
