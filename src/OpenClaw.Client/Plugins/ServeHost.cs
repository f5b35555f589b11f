using System.Text.Json;
using OpenClaw.Abi.Plugins;

namespace OpenClaw.Client.Plugins;

/// <summary>The program's end of <c>mode: serve</c>: takes tasks off the input, one at a time, and listens meanwhile for their cancellation.</summary>
internal sealed class ServeHost(PluginHandlers handlers, Stream input, Stream output)
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    private readonly ReportWriter reports = new(output);
    private Task running = Task.CompletedTask;
    private string? runningId;
    private CancellationTokenSource? current;

    /// <summary>Runs until the worker closes its end. Gives the exit code.</summary>
    /// <exception cref="InvalidDataException">The other end does not speak the protocol.</exception>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var reader = new StreamReader(input, Plugin.Utf8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        reports.Hello();
        try
        {
            while (await NextAsync(reader, stop) is { } text)
            {
                if (text.Length > 0)
                {
                    await TakeAsync(text, stop);
                }
            }
        }
        finally
        {
            // Nobody wants the result of what still runs.
            current?.Cancel();
            await running;
            current?.Dispose();
        }

        return 0;
    }

    // The read of a pipe cannot be called off: a stop leaves it behind.
    private static async Task<string?> NextAsync(StreamReader reader, CancellationToken stop)
    {
        try
        {
            return await reader.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task TakeAsync(string text, CancellationToken stop)
    {
        using var document = Parse(text);
        var line = document.RootElement;
        switch (TaskLine.Text(line, PluginProtocol.Kind))
        {
            case PluginProtocol.Task:
                // The one before has answered, or there would be no other.
                await running;
                current?.Dispose();
                // Linked: a stop reaches it by itself, and cannot meet one that was disposed.
                current = CancellationTokenSource.CreateLinkedTokenSource(stop);
                var task = TaskLine.Of(line);
                runningId = task.Id;
                running = RunTaskAsync(task, current.Token);
                break;
            case PluginProtocol.Cancel when TaskLine.Text(line, "id") == runningId:
                current?.Cancel();
                break;
            default:
                // What a later worker may say is no concern of this program.
                break;
        }
    }

    private static JsonDocument Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(text, Deep);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"a line of the worker is not JSON: {e.Message}", e);
        }
    }

    // Off the reading loop from its first step: a handler that never waits must not keep a cancellation from being read.
    private Task RunTaskAsync(TaskLine line, CancellationToken cancellation) =>
        Task.Run(
            async () =>
            {
                var end = await TaskEnd.OfAsync(handlers, new PluginTask(line, reports, handlers.Json), cancellation);
                if (end.IsOk)
                {
                    reports.Result(line.Id, end.Result);
                }
                else
                {
                    reports.Failure(line.Id, end);
                }
            },
            CancellationToken.None
        );
}
