using System.ComponentModel;
using System.Diagnostics;

namespace OpenClaw.Cli.Install;

/// <summary>Programs of the machine.</summary>
internal static class Tool
{
    private static readonly string[] Places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>Where a program of the system stands; null when it has none. The caller's PATH does not count: root's may be short.</summary>
    public static string? Find(string name) => Places.Select(p => Path.Combine(p, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="IOException">It is missing or fails; the message has its last words.</exception>
    public static string Run(string name, params IEnumerable<string> arguments)
    {
        var path = Find(name) ?? throw new IOException($"{name} is not on this machine");
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? output.GetAwaiter().GetResult()
                : throw new IOException(
                    $"{name} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Trim().ReplaceLineEndings(" ")}"
                );
        }
        catch (Win32Exception e)
        {
            throw new IOException($"{path} cannot be started: {e.Message}", e);
        }
    }
}
