using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.SystemTests.Harness;

/// <summary>A program that a test started: its output is kept, it is ended by its number. Thread-safe.</summary>
internal sealed class RealProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();
    private readonly Task reading;

    private RealProcess(Process process)
    {
        this.process = process;
        Id = process.Id;
        reading = Task.WhenAll(ReadAsync(process.StandardOutput, output), ReadAsync(process.StandardError, errors));
    }

    public int Id { get; }

    public bool HasExited => process.HasExited;

    /// <summary>128 + N when a signal ended it.</summary>
    public int ExitCode => process.ExitCode;

    public string Output => Text(output);
    public string Errors => Text(errors);

    /// <summary>Everything it said, for a failed test's message.</summary>
    public string Said => $"--- {process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} ({Id})\n{Output}{Errors}";

    public static RealProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string directory
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new RealProcess(Process.Start(start)!);
    }

    /// <summary>Types bytes on its standard input.</summary>
    public async Task TypeAsync(string text)
    {
        await process.StandardInput.WriteAsync(text);
        await process.StandardInput.FlushAsync();
    }

    public void CloseInput() => process.StandardInput.Close();

    public void Signal(int signal) => Signals.Send(Id, signal);

    public void Kill() => Signal(Signals.Kill);

    /// <summary>Waits for its end; the exit code.</summary>
    public async Task<int> EndAsync(TimeSpan? bound = null)
    {
        await Until.TrueAsync(() => process.HasExited, $"process {Id} has ended", bound, () => Said);
        return process.ExitCode;
    }

    /// <summary>Waits for its end and for the end of its output.</summary>
    public async Task<int> EndWithOutputAsync(TimeSpan? bound = null)
    {
        var code = await EndAsync(bound);
        await reading.WaitAsync(bound ?? Until.Bound);
        return code;
    }

    /// <summary>Waits until it has said something.</summary>
    public Task SaidAsync(string text, TimeSpan? bound = null) =>
        Until.TrueAsync(
            () => Output.Contains(text, StringComparison.Ordinal) || Errors.Contains(text, StringComparison.Ordinal),
            $"process {Id} has said \"{text}\"",
            bound,
            () => Said
        );

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Kill();
            await EndAsync();
        }

        process.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder into)
    {
        var buffer = new char[4096];
        try
        {
            while (await reader.ReadAsync(buffer) is var count and > 0)
            {
                lock (into)
                {
                    into.Append(buffer, 0, count);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed with the process.
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}

/// <summary>Signals by number.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Term = 15;
    public const int Stop = 19;
    public const int Continue = 18;

    /// <summary>False when there is no such process any more.</summary>
    public static bool Send(int process, int signal) => kill(process, signal) == 0;

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
