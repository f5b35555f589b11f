using System.Buffers;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json;

namespace OpenClaw.Runner;

/// <summary>The built-in <c>ping</c>: an ICMP echo. Without the right to raw sockets .NET asks the system's <c>ping</c> program.</summary>
internal static class PingHandler
{
    private const int DefaultTimeoutMs = 3000;
    private const int MaxTimeoutMs = 60_000;

    public static HandlerOutcome Run(ReadOnlySpan<byte> payload)
    {
        if (Parse(payload) is not var (target, timeout))
        {
            return HandlerOutcome.Fail(
                "clw-payload-invalid",
                "ping: the payload is {\"target\": \"HOST\"}, and may hold \"timeout_ms\" from 1 to 60000",
                retryable: false
            );
        }
        try
        {
            var address = IPAddress.TryParse(target, out var literal) ? literal : Dns.GetHostAddresses(target)[0];
            using var ping = new Ping();
            var reply = ping.Send(address, timeout);
            return reply.Status == IPStatus.Success
                ? HandlerOutcome.Ok(Result(target, address, reply.RoundtripTime))
                : HandlerOutcome.Fail("clw-task-failed", $"ping: {Reason(reply.Status, target, timeout)}", retryable: true);
        }
        catch (SocketException e)
        {
            return HandlerOutcome.Fail("clw-task-failed", $"ping: the name {target} cannot be resolved: {e.Message}", retryable: true);
        }
        catch (PingException e)
        {
            var cause = (e.InnerException ?? e).Message;
            return HandlerOutcome.Fail("clw-task-failed", $"ping: {target} cannot be asked: {cause}", retryable: true);
        }
        catch (PlatformNotSupportedException)
        {
            return HandlerOutcome.Fail(
                "clw-task-failed",
                "ping: this machine allows no ICMP to us and has no ping program (install iputils-ping)",
                retryable: false
            );
        }
    }

    private static string Reason(IPStatus status, string target, int timeout) =>
        status == IPStatus.TimedOut ? $"no answer from {target} within {timeout} ms" : $"{target} is out of reach ({status})";

    private static (string Target, int Timeout)? Parse(ReadOnlySpan<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload.ToArray());
            var root = document.RootElement;
            if (
                root.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("target", out var target)
                || target.ValueKind != JsonValueKind.String
                || target.GetString() is not { Length: > 0 } host
            )
            {
                return null;
            }
            if (!root.TryGetProperty("timeout_ms", out var value))
            {
                return (host, DefaultTimeoutMs);
            }
            return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var timeout) && timeout is > 0 and <= MaxTimeoutMs
                ? (host, timeout)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Result(string target, IPAddress address, long roundtrip)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("target", target);
            json.WriteString("address", address.ToString());
            json.WriteNumber("roundtrip_ms", roundtrip);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
