using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>A log that takes some of the lines.</summary>
/// <param name="Pipe">Where they go.</param>
/// <param name="Takes">By category and event; null: all. The log of connection transitions takes the links' events alone.</param>
public sealed record LogRoute(LogPipe Pipe, Func<string, EventId, bool>? Takes = null);

/// <summary>Turns what programs log into lines and hands them to pipes. The pipes belong to the caller.</summary>
public sealed class PipeLoggerProvider(
    string component,
    LogSeverity least,
    Redactor redactor,
    TimeProvider time,
    IReadOnlyList<LogRoute> routes
) : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, PipeLogger> loggers = new(StringComparer.Ordinal);

    private volatile int severity = (int)least;

    /// <summary>The least severity that is written; may change at any time.</summary>
    public LogSeverity Least
    {
        get => (LogSeverity)severity;
        set => severity = (int)value;
    }

    internal Redactor Redactor { get; } = redactor;

    internal TimeProvider Time { get; } = time;

    internal IReadOnlyList<LogRoute> Routes { get; } = routes;

    public ILogger CreateLogger(string categoryName) =>
        loggers.GetOrAdd(categoryName, name => new(this, name, Components.OfCategory(name, component), IsFramework(name)));

    public void Dispose() { }

    /// <summary>The framework's own chatter is written from warnings on.</summary>
    internal LogSeverity LeastOf(bool framework) => framework ? (LogSeverity)Math.Max(severity, (int)LogSeverity.Warn) : Least;

    private static bool IsFramework(string category) =>
        category.StartsWith("Microsoft.", StringComparison.Ordinal) || category.StartsWith("System.", StringComparison.Ordinal);
}

/// <summary>The logger of one category.</summary>
internal sealed class PipeLogger(PipeLoggerProvider provider, string category, string component, bool framework) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && SeverityOf(logLevel) >= provider.LeastOf(framework);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }
        var line = state is ProcessEvent happened
            ? LogLine.OfProcess(happened.Program, happened.Pid, happened.Severity, Clean(happened.Text))
            : new LogLine
            {
                Severity = SeverityOf(logLevel),
                Component = LogSubjects.Of(category, eventId) ?? component,
                Text = Clean(ExceptionText.Append(formatter(state, exception), exception)),
            };
        line = line with { Time = provider.Time.GetUtcNow() };
        foreach (var route in provider.Routes)
        {
            if (route.Takes is null || route.Takes(category, eventId))
            {
                // A line that finds the queue full is dropped and counted there.
                route.Pipe.TryWrite(line);
            }
        }
    }

    /// <summary>Cut well beyond what a line shows, so that no secret is cut in two where it shows, and no search takes long.</summary>
    private string Clean(string text) =>
        provider.Redactor.Clean(text.Length > 4 * LogText.MaxLength ? text[..(4 * LogText.MaxLength)] : text);

    private static LogSeverity SeverityOf(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => LogSeverity.Trace,
            LogLevel.Debug => LogSeverity.Debug,
            LogLevel.Information => LogSeverity.Info,
            LogLevel.Warning => LogSeverity.Warn,
            LogLevel.Error => LogSeverity.Error,
            _ => LogSeverity.Fatal,
        };
}
