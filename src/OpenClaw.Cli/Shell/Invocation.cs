using System.CommandLine;

namespace OpenClaw.Cli.Shell;

/// <summary>What a verb gets to work with.</summary>
public sealed class Invocation(ParseResult parsed, Terminal terminal, TimeProvider time, CancellationToken cancellation)
{
    public Terminal Terminal { get; } = terminal;

    public TimeProvider Time { get; } = time;

    /// <summary>Fires at Ctrl-C and SIGTERM: clean up and leave.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>Machine-readable output was asked for.</summary>
    public bool Json => parsed.GetValue(Options.Json);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T? Get<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>Whether the option was given, rather than left to its default.</summary>
    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    public ParseResult Parsed => parsed;
}
