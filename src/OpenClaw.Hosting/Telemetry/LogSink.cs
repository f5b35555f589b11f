using System.Text;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>Where lines end up. Used by one thread at a time: the pipe's writer.</summary>
public interface ILogSink : IDisposable
{
    /// <summary>A word for metrics and messages: <c>console</c>, <c>file</c>.</summary>
    string Name { get; }

    /// <summary>Where lines go, for whoever has to mend it: a path.</summary>
    string Place => Name;

    /// <summary>Takes a line; it may stay in memory until <see cref="Flush"/>.</summary>
    void Append(LogLine line);

    /// <summary>Writes what was taken. When it throws <see cref="IOException"/>, the lines since the last flush are gone and the sink can go on.</summary>
    void Flush();
}

/// <summary>Lines for standard error: a terminal, or the journal behind it. Colour only on a terminal.</summary>
public sealed class ConsoleSink(Stream stream, string component, bool colour) : ILogSink
{
    private readonly StringBuilder pending = new();

    /// <summary>Standard error of this process.</summary>
    public static ConsoleSink StandardError(string component)
    {
        var plain = Console.IsErrorRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        return new(Console.OpenStandardError(), component, !plain);
    }

    public string Name => "console";

    public void Append(LogLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var paint = colour ? ColourOf(line.Severity) : "";
        pending.Append(paint).Append(line.ForConsole(component)).Append(paint.Length > 0 ? "\u001b[0m\n" : "\n");
    }

    public void Flush()
    {
        var bytes = Encoding.UTF8.GetBytes(pending.ToString());
        pending.Clear();
        stream.Write(bytes);
        stream.Flush();
    }

    public void Dispose() => stream.Dispose();

    private static string ColourOf(LogSeverity severity) =>
        severity switch
        {
            LogSeverity.Trace or LogSeverity.Debug => "\u001b[2m",
            LogSeverity.Warn => "\u001b[33m",
            LogSeverity.Error or LogSeverity.Critical or LogSeverity.Fatal => "\u001b[31m",
            _ => "",
        };
}
