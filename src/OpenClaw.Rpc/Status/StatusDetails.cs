using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Wire;

namespace OpenClaw.Rpc;

/// <summary>
/// The bytes of <c>grpc-status-details-bin</c>: a <c>google.rpc.Status</c> with the standard details that libraries of every
/// language read. <c>ErrorInfo</c>: code and particulars. <c>Help</c>: the next step. <c>RetryInfo</c>: how long to wait, when
/// the failure says so.
/// </summary>
internal static class StatusDetails
{
    /// <summary>The particular that becomes <c>RetryInfo</c>: seconds as a decimal number.</summary>
    public const string RetryAfterKey = "retry_after";

    private const string Domain = "openclaw";
    private const string TypeUrlPrefix = "type.googleapis.com";

    // All of a failure has to fit the 8 KiB of metadata that some peers take, with base64 on top.
    private const int MaxData = 1500;

    public static byte[] Pack(Failure failure, RpcCode code, string message, string next)
    {
        var status = new Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(Info(failure), TypeUrlPrefix));
        var help = new Help();
        help.Links.Add(new Help.Types.Link { Description = next });
        status.Details.Add(Any.Pack(help, TypeUrlPrefix));
        if (RetryDelay(failure) is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }, TypeUrlPrefix));
        }
        return status.ToByteArray();
    }

    /// <summary>The particulars that a peer sent; null when there are none.</summary>
    public static Dictionary<string, string>? Unpack(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return null;
        }
        try
        {
            var info = Status.Parser.ParseFrom(bytes).Details.FirstOrDefault(any => any.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
            return info is null || info.Metadata.Count == 0 ? null : new(info.Metadata, StringComparer.Ordinal);
        }
        catch (InvalidProtocolBufferException)
        {
            // Details are an extra: a foreign peer may put anything there, and the status itself still stands.
            return new(StringComparer.Ordinal) { ["details"] = "unreadable" };
        }
    }

    private static ErrorInfo Info(Failure failure)
    {
        var info = new ErrorInfo { Reason = failure.Code, Domain = Domain };
        var size = 0;
        foreach (var (key, value) in failure.Data)
        {
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
            if (size > MaxData)
            {
                // The cut is said aloud.
                info.Metadata["truncated"] = "true";
                break;
            }
            info.Metadata[key] = value;
        }
        return info;
    }

    private static TimeSpan? RetryDelay(Failure failure) =>
        failure.Data.TryGetValue(RetryAfterKey, out var text)
        && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
