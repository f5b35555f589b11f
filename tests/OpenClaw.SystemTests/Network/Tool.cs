using System.Diagnostics;

namespace OpenClaw.SystemTests.Network;

/// <summary>A short command of the system that has to succeed.</summary>
internal static class Tool
{
    public static bool Missing(string name) =>
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => d.Length > 0 && File.Exists(Path.Combine(d, name)));

    public static void Run(string name, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(name, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
        )!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{name} {string.Join(' ', arguments)}: {said.Trim()}");
        }
    }
}
