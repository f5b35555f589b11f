using System.Runtime.InteropServices;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Runner;

/// <summary>Becoming a plugin's executable: limits, working directory, then execve.</summary>
internal static class ExecShim
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>What can be seen beforehand, while there is still a protocol to say it by. Null when nothing speaks against it.</summary>
    public static HandlerOutcome? WhyNot(ExecCommand exec)
    {
        var file = new FileInfo(exec.Path);
        if (!file.Exists)
        {
            return HandlerOutcome.Fail("clw-plugin-missing", $"there is no file {exec.Path}", retryable: false);
        }
        if ((file.UnixFileMode & AnyExecute) == 0)
        {
            return HandlerOutcome.Fail("clw-plugin-invalid", $"{exec.Path} is not executable", retryable: false);
        }
        if (exec.WorkingDirectory.Length > 0 && !Directory.Exists(exec.WorkingDirectory))
        {
            return HandlerOutcome.Fail("clw-task-failed", $"there is no directory {exec.WorkingDirectory}", retryable: true);
        }
        return Interpreter(exec.Path) is { } interpreter && !File.Exists(interpreter)
            ? HandlerOutcome.Fail(
                "clw-plugin-invalid",
                $"{exec.Path} asks in its first line for {interpreter}, which is not there",
                retryable: false
            )
            : null;
    }

    /// <summary>Returns only when the system refuses, with the reason.</summary>
    public static string Become(ExecCommand exec)
    {
        foreach (var refused in ResourceLimits.Apply(exec.Limits))
        {
            Console.Error.WriteLine($"clw-runner: {refused}");
        }
        if (exec.WorkingDirectory.Length > 0)
        {
            Environment.CurrentDirectory = exec.WorkingDirectory;
        }
        // On the thread that calls execve, because it is its wish alone that survives.
        _ = ParentDeath.KillMe();
        var error = Exec.Replace(exec.Path, exec.Arguments, exec.Environment);
        return $"clw-plugin-invalid: {exec.Path} cannot be executed: {Marshal.GetPInvokeErrorMessage(error)}";
    }

    private static string? Interpreter(string path)
    {
        Span<byte> head = stackalloc byte[256];
        try
        {
            using var file = File.OpenHandle(path);
            head = head[..RandomAccess.Read(file, head, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Executable and not readable: the kernel decides.
            return null;
        }
        if (!head.StartsWith("#!"u8))
        {
            return null;
        }
        var end = head.IndexOf((byte)'\n');
        var line = System.Text.Encoding.UTF8.GetString(end < 0 ? head[2..] : head[2..end]).Trim();
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? line : line[..space];
    }
}
