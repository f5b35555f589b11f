using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OpenClaw.Runner;

/// <summary>The built-in <c>sleep</c>.</summary>
internal static class SleepHandler
{
    private static readonly ManualResetEventSlim Never = new();
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);
    private static readonly TimeSpan Step = TimeSpan.FromDays(20);

    public static HandlerOutcome Run(ReadOnlySpan<byte> payload)
    {
        if (Parse(payload) is not { } wanted)
        {
            return HandlerOutcome.Fail(
                "clw-payload-invalid",
                "sleep: the payload is {\"ms\": N} or {\"seconds\": N}, N from 0 to 366 days",
                retryable: false
            );
        }
        // One wait takes 24 days at most.
        for (var left = wanted; left > TimeSpan.Zero; left -= Step)
        {
            _ = Never.Wait(left < Step ? left : Step);
        }
        return HandlerOutcome.Ok(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"slept_ms\":{wanted.TotalMilliseconds:0.###}}}"))
        );
    }

    internal static TimeSpan? Parse(ReadOnlySpan<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload.ToArray());
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            var (name, factor) = document.RootElement.TryGetProperty("ms", out _) ? ("ms", 1.0) : ("seconds", 1000.0);
            if (
                !document.RootElement.TryGetProperty(name, out var value)
                || value.ValueKind != JsonValueKind.Number
                || !value.TryGetDouble(out var number)
            )
            {
                return null;
            }
            var milliseconds = number * factor;
            return milliseconds >= 0 && milliseconds <= Longest.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
