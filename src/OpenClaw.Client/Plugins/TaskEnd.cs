using OpenClaw.Abi.Protocol;

namespace OpenClaw.Client.Plugins;

/// <summary>How a task ended.</summary>
/// <param name="Result">One JSON value; empty when it failed.</param>
/// <param name="Message">Why it failed.</param>
/// <param name="Code">The failure's code; null: <c>clw-task-failed</c>.</param>
/// <param name="IsRetryable">Whether another attempt may help.</param>
internal sealed record TaskEnd(ReadOnlyMemory<byte> Result, string? Message = null, string? Code = null, bool IsRetryable = true)
{
    public bool IsOk => Message is null;

    public static TaskEnd Fail(string message, string? code = null, bool retryable = true) => new(default, message, code, retryable);

    /// <summary>Runs a handler. Everything that it can do wrong is an end, too.</summary>
    public static async Task<TaskEnd> OfAsync(PluginHandlers handlers, PluginTask task, CancellationToken cancellation)
    {
        try
        {
            if (handlers.Find(task.Type) is not { } handler)
            {
                var types = string.Join(", ", handlers.Types);
                return Fail(
                    $"the program has no handler for the type '{task.Type}', only for {types}",
                    "clw-plugin-missing",
                    retryable: false
                );
            }

            var result = ReportWriter.Serialize(await handler(task, cancellation));
            return result.Length <= ProtocolLimits.MaxResultBytes
                ? new(result)
                : Fail(
                    $"the result has {result.Length:N0} bytes as JSON; {ProtocolLimits.MaxResultBytes:N0} are allowed",
                    "clw-result-too-large",
                    retryable: false
                );
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Fail("it was cancelled");
        }
        catch (PluginFailureException e)
        {
            return Fail(e.Message, e.Code, e.IsRetryable);
        }
        catch (Exception e)
        {
            // Whatever a handler throws fails its task, not the program. The way to the fault goes to the task's lines.
            await Console.Error.WriteLineAsync(e.ToString());
            return Fail($"{e.GetType().Name}: {e.Message}");
        }
    }
}
