using System.Text.Json;
using OpenClaw.Abi.Plugins;

namespace OpenClaw.Client.Plugins;

/// <summary>The program's end of a plain run: the payload from the input, the result to the output, everything else to the reports.</summary>
internal static class PlainHost
{
    /// <summary>Runs the one task. Gives the exit code.</summary>
    public static async Task<int> RunAsync(
        PluginHandlers handlers,
        TaskLine line,
        Stream input,
        Stream output,
        Stream reports,
        CancellationToken stop
    )
    {
        var writer = new ReportWriter(reports);
        var end = await RunAsync(handlers, line, input, writer, stop);
        if (end.IsOk)
        {
            await output.WriteAsync(end.Result, CancellationToken.None);
            await output.WriteAsync("\n"u8.ToArray(), CancellationToken.None);
            await output.FlushAsync(CancellationToken.None);
            return 0;
        }

        writer.Failure(line.Id, end);
        // For who runs the program by hand, and the last line of the task.
        await Console.Error.WriteLineAsync($"{end.Code ?? PluginProtocol.Failure}: {end.Message}");
        return 1;
    }

    private static async Task<TaskEnd> RunAsync(
        PluginHandlers handlers,
        TaskLine line,
        Stream input,
        ReportWriter writer,
        CancellationToken stop
    )
    {
        JsonElement payload;
        try
        {
            using var buffer = new MemoryStream();
            await input.CopyToAsync(buffer, stop);
            payload = buffer.Length == 0 ? line.Payload : JsonElement.Parse(buffer.ToArray(), new JsonDocumentOptions { MaxDepth = 256 });
        }
        catch (OperationCanceledException)
        {
            return TaskEnd.Fail("it was cancelled");
        }
        catch (JsonException e)
        {
            return TaskEnd.Fail($"standard input is not one JSON value: {e.Message}", "bad-payload", retryable: false);
        }

        // By hand nobody says the type; a program with one handler needs no telling.
        var type = line.Type.Length > 0 || handlers.Types.Count() != 1 ? line.Type : handlers.Types.Single();
        return await TaskEnd.OfAsync(handlers, new PluginTask(line with { Payload = payload, Type = type }, writer, handlers.Json), stop);
    }
}
