using System.Runtime.InteropServices;
using System.Text;
using OpenClaw.Abi.Plugins;

namespace OpenClaw.Client.Plugins;

/// <summary>
/// Makes a C# program a plugin: put its executable into a worker's plugin directory and tasks of the type that it is named after run
/// in it. The same program works in both modes: with <c>mode: serve</c> in the manifest beside it, one process runs many tasks, one
/// at a time; without, each task gets a process.
/// </summary>
/// <example>
/// <code>
/// return await Plugin.ServeAsync(handlers => handlers.On("thumbnail", async (Picture picture, task, cancellation) =>
/// {
///     task.Progress(0.5, "half way");
///     return new { width = picture.Width / 2 };
/// }));
/// </code>
/// </example>
public static class Plugin
{
    private const string TaskIdVariable = "OPENCLAW_TASK_ID";

    /// <summary>
    /// Runs the tasks that the worker gives, until it closes the program's standard input. From here on standard output belongs to
    /// the worker; what the program prints with <see cref="Console.Out"/> becomes lines of the task, like standard error.
    /// </summary>
    /// <param name="configure">Says what to do with each type of task.</param>
    /// <param name="cancellation">Ends it early: the task that runs is cancelled.</param>
    /// <returns>The exit code for the program: 0, or 1 when the task of a plain run failed.</returns>
    /// <exception cref="InvalidOperationException">No handler was given.</exception>
    public static async Task<int> ServeAsync(Action<PluginHandlers> configure, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var handlers = new PluginHandlers();
        configure(handlers);
        handlers.CheckNotEmpty();
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        Console.SetOut(Console.Error);
        using var stop = new StopSignal(cancellation);
        using var terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            signal =>
            {
                // The handler gets the chance to clean up; a worker that has waited long enough kills.
                signal.Cancel = true;
                stop.Raise();
            }
        );
        if (Environment.GetEnvironmentVariable(PluginProtocol.ModeVariable) == PluginProtocol.Serve)
        {
            return await new ServeHost(handlers, input, output).RunAsync(stop.Token);
        }

        await using var reports = OpenReports();
        return await PlainHost.RunAsync(handlers, FromEnvironment(), input, output, reports, stop.Token);
    }

    // Without a worker nobody has opened descriptor 3 for us: what is behind the number then is the runtime's.
    private static Stream OpenReports() =>
        Environment.GetEnvironmentVariable(TaskIdVariable) is { Length: > 0 } && !OperatingSystem.IsWindows() && File.Exists("/dev/fd/3")
            ? new FileStream("/dev/fd/3", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0)
            : Stream.Null;

    private static TaskLine FromEnvironment() =>
        new()
        {
            Id = Environment.GetEnvironmentVariable(TaskIdVariable) ?? "task-000000",
            Type = Environment.GetEnvironmentVariable("OPENCLAW_TASK_TYPE") ?? "",
            Attempt = int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_TASK_ATTEMPT"), out var attempt) ? attempt : 1,
            OutputDirectory = Environment.GetEnvironmentVariable("OPENCLAW_TASK_OUTPUT_DIR") ?? Environment.CurrentDirectory,
        };

    /// <summary>UTF-8 without a mark at its beginning.</summary>
    internal static Encoding Utf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}
