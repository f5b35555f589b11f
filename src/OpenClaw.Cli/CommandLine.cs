using System.CommandLine;
using System.Runtime.InteropServices;
using OpenClaw.Cli.Commands;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli;

/// <summary>From words to an exit code: the one place that knows every verb, prints every failure and answers to signals.</summary>
public static class CommandLine
{
    private const int EndedByBrokenPipe = 128 + 13;
    private const int EndedByTerm = 128 + 15;

    // Response files are off: --payload @file is ours to read.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Runs the process' command line.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        if (words is ["worker" or "manager", ..])
        {
            using var plain = Terminal.OfProcess();

            // A daemon answers to signals by itself. One that arrives before it is ready to must end the process and not be swallowed here.
            return await RunAsync(words, plain, TimeProvider.System, CancellationToken.None);
        }

        using var interrupted = new CancellationTokenSource();
        var signal = 0;
        void OnSignal(PosixSignalContext context)
        {
            if (Interlocked.CompareExchange(ref signal, context.Signal == PosixSignal.SIGTERM ? 15 : 2, 0) == 0)
            {
                // The second signal finds the default action: whoever insists gets out at once, unless a verb has its own way.
                context.Cancel = true;
                interrupted.Cancel();
            }
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

        // After the handlers: setting the terminal up takes a while, and a signal in between must find them.
        using var terminal = Terminal.OfProcess();
        var code = await RunAsync(words, terminal, TimeProvider.System, interrupted.Token);
        return code == (int)ExitCode.Interrupted && signal == 15 ? EndedByTerm : code;
    }

    /// <summary>Runs a command line against a terminal. Never throws for a failure of the world.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> words,
        Terminal terminal,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(terminal);
        var json = words.Contains("--json");
        try
        {
            Task<int> Run(ParseResult parsed, Func<Invocation, Task<int>> verb) => RunVerbAsync(parsed, verb, terminal, time, cancellation);
            var isHealthAlone = words.Count > 0 && words[0] == "health" && !words.Any(w => w is "-h" or "--help" or "-?");
            var root = isHealthAlone ? CommandTree.BuildHealth(Run) : CommandTree.Build(Run);
            var parsed = root.Parse(words, Parsing);
            if (UsageFailure.Of(parsed) is { } failure)
            {
                throw failure.AsException();
            }

            var configuration = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            var code = await parsed.InvokeAsync(configuration, cancellation);
            terminal.Flush();
            return code;
        }
        catch (Exception e)
        {
            return Report(e, terminal, json, cancellation);
        }
    }

    private static Task<int> RunVerbAsync(
        ParseResult parsed,
        Func<Invocation, Task<int>> verb,
        Terminal terminal,
        TimeProvider time,
        CancellationToken cancellation
    ) => verb(new Invocation(parsed, terminal, time, cancellation));

    private static int Report(Exception exception, Terminal terminal, bool json, CancellationToken cancellation)
    {
        var failure = exception switch
        {
            // A verb that was interrupted and says itself what is left to do knows better.
            FailureException known
                when known.Failure.Entry == Catalogue.Interrupted
                    || !(cancellation.IsCancellationRequested && known.Failure.Entry.Kind == FailureKind.Cancelled) => known.Failure,
            FailureException or OperationCanceledException => new Failure(Catalogue.Interrupted, "Interrupted."),
            // Whoever read our output has gone (`clw task list | head -1`): not worth a word.
            IOException when IsBrokenPipe(exception) => null,
            _ => new Failure(Catalogue.Internal, $"{exception.GetType().Name}: {exception.Message}")
            {
                Data = new Dictionary<string, string>(StringComparer.Ordinal) { ["trace"] = exception.ToString() },
            },
        };
        if (failure is null)
        {
            return EndedByBrokenPipe;
        }

        try
        {
            FailurePrinter.Print(terminal, failure, json);
            if (failure.Entry == Catalogue.Internal && Environment.GetEnvironmentVariable("OPENCLAW_TRACE") is { Length: > 0 })
            {
                terminal.Error.WriteLine(exception);
                terminal.Error.Flush();
            }
        }
        catch (IOException)
        {
            // Nobody is left to tell; the exit code still does.
        }

        return (int)failure.Exit;
    }

    // .NET gives the system's error number (EPIPE) as the exception's.
    private static bool IsBrokenPipe(Exception exception) => exception.HResult == 32 || (exception.HResult & 0xFFFF) == 32;
}
