using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>The logging of one program: standard error, its file, and the file of connection transitions for a worker. Disposing writes what waits.</summary>
public sealed class DaemonLogging : IAsyncDisposable
{
    private readonly List<LogPipe> pipes = [];
    private readonly PipeLoggerProvider provider;

    /// <param name="component">The program: one of <see cref="Components"/>; the file is <c>component.log</c>.</param>
    /// <param name="settings">Level, sizes.</param>
    /// <param name="logDirectory">Where the file is; null: no file.</param>
    /// <param name="redactor">Knows the secrets.</param>
    /// <param name="time">Stamps lines.</param>
    /// <param name="meter">Counts dropped lines; null: not measured.</param>
    /// <param name="isTransition">Tells events of connections, which <c>worker.reconnect.log</c> holds alone; null: no such file.</param>
    public DaemonLogging(
        string component,
        LogSettings settings,
        string? logDirectory,
        Redactor redactor,
        TimeProvider time,
        Meter? meter = null,
        Func<string, EventId, bool>? isTransition = null
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        var drops = meter?.Counter(MetricNames.LogDropped);
        LogPipe Pipe(ILogSink sink, LogPipe? told = null)
        {
            void Tell(string text) =>
                told?.TryWrite(
                    new()
                    {
                        Severity = LogSeverity.Warn,
                        Time = time.GetUtcNow(),
                        Text = text,
                    }
                );
            var pipe = new LogPipe(sink, settings.QueueLines, time, drops, Tell);
            pipes.Add(pipe);
            return pipe;
        }
        RotatingFileSink File(string name) => new(Path.Combine(logDirectory!, name), component, settings.MaxBytes, settings.KeepFiles);
        var console = Pipe(ConsoleSink.StandardError(component));
        var routes = new List<LogRoute> { new(console) };
        if (logDirectory is not null)
        {
            routes.Add(new(Pipe(File(component + ".log"), console)));
            if (isTransition is not null)
            {
                routes.Add(new(Pipe(File(component + ".reconnect.log"), console), isTransition));
            }
        }
        provider = new PipeLoggerProvider(component, settings.Level, redactor, time, routes);
    }

    /// <summary>Give it to a logger factory; it filters by itself, so let the factory pass everything.</summary>
    public ILoggerProvider Provider => provider;

    /// <summary>The least severity that is written; may change at any time.</summary>
    public LogSeverity Level
    {
        get => provider.Least;
        set => provider.Least = value;
    }

    /// <summary>Makes this the only provider of a builder.</summary>
    public void Register(ILoggingBuilder builder)
    {
        builder.ClearProviders();
        builder.SetMinimumLevel(LogLevel.Trace);
        builder.AddProvider(Provider);
    }

    /// <summary>Completes when everything logged before is written.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation = default)
    {
        foreach (var pipe in pipes)
        {
            await pipe.FlushAsync(cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pipe in pipes)
        {
            await pipe.DisposeAsync();
        }
    }
}
