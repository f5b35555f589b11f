using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OpenClaw.Tests.Support;

/// <summary>Keeps what was logged, for tests that read lines as users do. Thread-safe.</summary>
public sealed class RecordingLogger : ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IReadOnlyList<(LogLevel Level, string Text)> Lines => [.. lines];

    public IReadOnlyList<string> At(LogLevel level) => [.. lines.Where(l => l.Level == level).Select(l => l.Text)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => lines.Enqueue((logLevel, formatter(state, exception)));
}

/// <summary>The same for those who ask for a category.</summary>
public sealed class RecordingLogger<T> : ILogger<T>
{
    private readonly RecordingLogger inner = new();

    public IReadOnlyList<string> At(LogLevel level) => inner.At(level);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => inner.Log(logLevel, eventId, state, exception, formatter);
}
