using System.Diagnostics;
using System.Threading.Channels;

namespace OpenClaw.Tests.Rpc;

/// <summary>
/// A program that a test talks to over its standard streams: it prints "port N" when it listens, and ends with its standard input.
/// </summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task reading;
    private readonly TaskCompletionSource<int> port = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<string> answers = Channel.CreateUnbounded<string>();
    private readonly Task<string> errors;

    private PeerProcess(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
        reading = ReadAsync();
    }

    /// <summary>Every line that the program has printed, as a fact to wait for.</summary>
    public Signals Lines { get; } = new();

    public List<string> All { get; } = [];

    public int Id => process.Id;

    public static PeerProcess Start(string program, string folder, params string[] arguments) =>
        new(
            Process.Start(
                new ProcessStartInfo(program, arguments)
                {
                    WorkingDirectory = folder,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!
        );

    /// <summary>Where it listens.</summary>
    public async Task<Uri> AddressAsync()
    {
        var first = await Task.WhenAny(port.Task, reading).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(first == port.Task, await (first == reading ? errors : Task.FromResult("")));
        return new($"http://127.0.0.1:{await port.Task}");
    }

    /// <summary>Says a line and returns the next line that the program prints.</summary>
    public async Task<string> AskAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
        try
        {
            return await answers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (ChannelClosedException)
        {
            return "it ended: " + await errors;
        }
        catch (TimeoutException)
        {
            return "it did not answer within 30 s";
        }
    }

    /// <summary>Waits until the program has ended by itself; returns its exit code and what it said on standard error.</summary>
    public async Task<(int Code, string Errors)> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await reading;
        return (process.ExitCode, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            All.Add(line);
            Lines.Set(line);
            if (line.StartsWith("port ", StringComparison.Ordinal))
            {
                port.TrySetResult(int.Parse(line[5..]));
            }
            else
            {
                answers.Writer.TryWrite(line);
            }
        }
        answers.Writer.Complete();
    }
}
