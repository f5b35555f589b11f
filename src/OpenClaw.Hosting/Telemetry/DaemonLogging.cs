using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Logs;

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
    /// <param name="suffix">Stands in the names of files, not of logs, behind the program's: <see cref="LogShare"/>.</param>
    /// <param name="hasTasks">The program runs tasks, whose lines are kept in <c>task.log</c>.</param>
    public DaemonLogging(
        string component,
        LogSettings settings,
        string? logDirectory,
        Redactor redactor,
        TimeProvider time,
        Meter? meter = null,
        Func<string, EventId, bool>? isTransition = null,
        bool hasTasks = false,
        string suffix = ""
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
        RotatingFileSink File(string name, string own) =>
            new(Path.Combine(logDirectory!, name), own, settings.MaxBytes, settings.KeepFiles);

        // A log that can be asked for: its file, and beside it the memory of what the file did not take.
        KeptSink Kept(string own, Redactor? cleaner = null)
        {
            var news = new LogNews();
            var memory = new LogMemory(own + ".memory", own, settings.KeepBytes, $"{time.GetUtcNow().ToUnixTimeMilliseconds():x}");
            if (logDirectory is not null)
            {
                Shelf.Add(new LogFiles(own, own, Path.Combine(logDirectory, $"{own}{suffix}.log"), news, time));
            }

            Shelf.Add(memory);
            return new(logDirectory is null ? null : File($"{own}{suffix}.log", own), memory, news, cleaner);
        }

        Shelf = new LogShelf(time);
        var console = Pipe(ConsoleSink.StandardError(component));
        var routes = new List<LogRoute> { new(console), new(Pipe(Kept(component), console)) };
        if (logDirectory is not null && isTransition is not null)
        {
            routes.Add(new(Pipe(File($"{component}{suffix}.reconnect.log", component), console), isTransition));
        }

        if (logDirectory is not null)
        {
            // The supervisor cannot be asked itself: whom it keeps alive shows what it said.
            foreach (var above in SupervisorsOf(component))
            {
                var name = $"{Components.Supervisor}.{above}";
                Shelf.Add(new LogFiles(name, Components.Supervisor, Path.Combine(logDirectory, $"{name}{suffix}.log"), own: null, time));
            }
        }

        if (hasTasks)
        {
            Tasks = Pipe(Kept(Components.Task, redactor), console);
        }

        provider = new PipeLoggerProvider(component, settings.Level, redactor, time, routes);
    }

    /// <summary>The logs that this program can be asked for.</summary>
    public LogShelf Shelf { get; }

    /// <summary>What tasks write; null for a program that runs none.</summary>
    public LogPipe? Tasks { get; }

    /// <summary>Give it to a logger factory; it filters by itself, so let the factory pass everything.</summary>
    public ILoggerProvider Provider => provider;

    /// <summary>The least severity that is written; may change at any time.</summary>
    public LogSeverity Level
    {
        get => provider.Least;
        set => provider.Least = value;
    }

    // clw up keeps a manager and a worker: the manager alone shows its log, so that nobody sees it twice.
    private static IEnumerable<string> SupervisorsOf(string component) =>
        component == Components.Manager ? ["up", Components.Manager] : [component];

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

        Shelf.Dispose();
    }
}
