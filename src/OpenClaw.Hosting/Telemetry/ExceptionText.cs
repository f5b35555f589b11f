using System.Globalization;
using System.Text;
using OpenClaw.Core.Errors;

namespace OpenClaw.Hosting.Telemetry;

/// <summary>Exceptions on one line. A failure of the catalogue is its code and sentence; only what nobody foresaw shows where it happened.</summary>
internal static class ExceptionText
{
    private const int Frames = 12;

    internal static string Append(string text, Exception? exception)
    {
        if (exception is null)
        {
            return text;
        }
        var line = new StringBuilder(text).Append(text.Length > 0 ? ": " : "");
        if (exception is FailureException failed)
        {
            return line.Append(failed.Failure).ToString();
        }
        line.Append(exception.GetType().Name).Append(": ").Append(exception.Message);
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            line.Append(CultureInfo.InvariantCulture, $" (from {inner.GetType().Name}: {inner.Message})");
        }
        var stack = exception.StackTrace?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var frame in stack.Take(Frames))
        {
            line.Append(" | ").Append(frame);
        }
        return line.ToString();
    }
}
