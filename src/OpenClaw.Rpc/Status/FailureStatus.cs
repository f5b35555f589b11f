using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Wire;

namespace OpenClaw.Rpc;

/// <summary>
/// A <see cref="Failure"/> on the wire, readable in any language:
/// <list type="bullet">
/// <item><c>grpc-status</c> is the code of the entry's kind, <c>grpc-message</c> the failure's message (at most 2,000 characters).</item>
/// <item>The trailer <c>clw-code</c> is the code of the catalogue.</item>
/// <item>The trailer <c>clw-next-bin</c> is the next step, UTF-8.</item>
/// <item>When the failure has particulars, <c>grpc-status-details-bin</c> is a <c>google.rpc.Status</c> with one
/// <c>google.rpc.ErrorInfo</c>: reason is the code, domain is <c>openclaw</c>, metadata the particulars (at most 4 KiB of them;
/// <c>truncated=true</c> when there were more).</item>
/// </list>
/// </summary>
public static class FailureStatus
{
    public const string CodeTrailer = "clw-code";
    public const string NextTrailer = "clw-next-bin";
    private const string Domain = "openclaw";
    private const string TypeUrlPrefix = "type.googleapis.com";
    private const int MaxMessage = 2000;
    private const int MaxData = 4096;

    /// <summary>The code that carries failures of this kind.</summary>
    public static RpcCode CodeOf(FailureKind kind) =>
        kind switch
        {
            FailureKind.InvalidInput => RpcCode.InvalidArgument,
            FailureKind.NotFound => RpcCode.NotFound,
            FailureKind.Conflict => RpcCode.AlreadyExists,
            FailureKind.WrongState => RpcCode.FailedPrecondition,
            FailureKind.Exhausted => RpcCode.ResourceExhausted,
            FailureKind.NotSignedIn => RpcCode.Unauthenticated,
            FailureKind.Forbidden => RpcCode.PermissionDenied,
            FailureKind.Unavailable => RpcCode.Unavailable,
            FailureKind.TimedOut => RpcCode.DeadlineExceeded,
            FailureKind.Cancelled => RpcCode.Cancelled,
            FailureKind.Unimplemented => RpcCode.Unimplemented,
            _ => RpcCode.Internal,
        };

    /// <summary>The status that carries the failure.</summary>
    public static RpcStatus ToStatus(Failure failure)
    {
        var message = Shorten(failure.Message);
        var code = CodeOf(failure.Entry.Kind);
        return new(code, message) { Details = failure.Data.Count == 0 ? default(ReadOnlyMemory<byte>) : Pack(failure, code, message) };
    }

    /// <summary>Adds the trailers that belong to the failure beside the status.</summary>
    public static void AddTrailers(Failure failure, RpcMetadata trailers)
    {
        trailers.Add(CodeTrailer, failure.Code);
        trailers.Add(NextTrailer, Encoding.UTF8.GetBytes(Shorten(failure.NextStep)));
    }

    /// <summary>
    /// The failure that the peer sent. Without <c>clw-code</c> the peer is not ours: the status itself names the entry
    /// where there is a fitting one, and Data carries <c>grpc_status</c>. A code that this build does not know becomes
    /// <c>clw-internal</c> with the code under <c>code</c>.
    /// </summary>
    public static Failure ToFailure(RpcStatus status, RpcMetadata trailers)
    {
        if (trailers.Get(CodeTrailer) is not { } code)
        {
            return Foreign(status);
        }
        var entry = Catalogue.FindOrInternal(code);
        var data = Unpack(status);
        if (entry.Code != code)
        {
            data ??= [];
            data["code"] = code;
        }
        var next = trailers.TryGetBytes(NextTrailer, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;
        var failure = new Failure(entry, status.Message, next == entry.Cure[0] ? null : next);
        return data is null ? failure : failure with { Data = data };
    }

    private static Failure Foreign(RpcStatus status)
    {
        var entry = status.Code switch
        {
            RpcCode.Cancelled => Catalogue.CallCancelled,
            RpcCode.DeadlineExceeded => Catalogue.DeadlineExceeded,
            RpcCode.Unimplemented => Catalogue.Unimplemented,
            RpcCode.Unauthenticated => Catalogue.AuthRefused,
            RpcCode.Unavailable => Catalogue.ConnectionLost,
            _ => Catalogue.RemoteFailure,
        };
        var data = Unpack(status) ?? [];
        data["grpc_status"] = status.Code.Name();
        if (status.Code == RpcCode.Unavailable)
        {
            data.TryAdd("cause", "unavailable");
        }
        return new(entry, status.Message.Length == 0 ? status.Code.Name() : status.Message) { Data = data };
    }

    private static byte[] Pack(Failure failure, RpcCode code, string message)
    {
        var info = new ErrorInfo { Reason = failure.Code, Domain = Domain };
        var size = 0;
        foreach (var (key, value) in failure.Data)
        {
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
            if (size > MaxData)
            {
                // Trailers have to fit what every peer takes; the cut is said aloud.
                info.Metadata["truncated"] = "true";
                break;
            }
            info.Metadata[key] = value;
        }
        var status = new Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(info, TypeUrlPrefix));
        return status.ToByteArray();
    }

    private static Dictionary<string, string>? Unpack(RpcStatus status)
    {
        if (status.Details.IsEmpty)
        {
            return null;
        }
        try
        {
            var details = Status.Parser.ParseFrom(status.Details.Span);
            var info = details.Details.FirstOrDefault(any => any.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
            return info is null || info.Metadata.Count == 0 ? null : new(info.Metadata, StringComparer.Ordinal);
        }
        catch (InvalidProtocolBufferException)
        {
            // Details are an extra: a foreign peer may put anything there, and the status itself still stands.
            return new(StringComparer.Ordinal) { ["details"] = "unreadable" };
        }
    }

    private static string Shorten(string text)
    {
        if (text.Length <= MaxMessage)
        {
            return text;
        }
        var cut = char.IsHighSurrogate(text[MaxMessage - 2]) ? MaxMessage - 2 : MaxMessage - 1;
        return string.Concat(text.AsSpan(0, cut), "…");
    }
}
