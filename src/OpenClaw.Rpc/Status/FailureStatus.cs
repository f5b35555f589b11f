using System.Text;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc;

/// <summary>
/// A <see cref="Failure"/> on the wire, readable in any language:
/// <list type="bullet">
/// <item><c>grpc-status</c> is the code of the entry's kind, <c>grpc-message</c> the failure's message (at most 1,500 bytes as it
/// travels). What another program answered (<c>clw-remote-failure</c>) keeps its own status.</item>
/// <item>The trailer <c>clw-code</c> is the code of the catalogue.</item>
/// <item>The trailer <c>clw-next-bin</c> is the next step, UTF-8.</item>
/// <item><c>grpc-status-details-bin</c> is a <c>google.rpc.Status</c> with an <c>ErrorInfo</c> (reason is the code, domain is
/// <c>openclaw</c>, metadata the particulars, at most 1,500 bytes of them; <c>truncated=true</c> when there were more), a
/// <c>Help</c> with the next step, and a <c>RetryInfo</c> when the particulars have <c>retry_after</c>.</item>
/// </list>
/// </summary>
public static class FailureStatus
{
    public const string CodeTrailer = "clw-code";
    public const string NextTrailer = "clw-next-bin";
    private const string StatusKey = "grpc_status";
    private const int MaxMessage = 1500;
    private const int MaxNext = 400;
    private const int EllipsisLength = 9;

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

    private static RpcCode CodeOf(Failure failure) =>
        failure.Entry == Catalogue.RemoteFailure && failure.Data.TryGetValue(StatusKey, out var name) && RpcCodes.TryFind(name, out var own)
            ? own
            : CodeOf(failure.Entry.Kind);

    /// <summary>The status that carries the failure.</summary>
    public static RpcStatus ToStatus(Failure failure)
    {
        var message = Shorten(failure.Message, MaxMessage);
        var code = CodeOf(failure);
        return new(code, message) { Details = StatusDetails.Pack(failure, code, message, Shorten(failure.NextStep, MaxNext)) };
    }

    /// <summary>Adds the trailers that belong to the failure beside the status.</summary>
    public static void AddTrailers(Failure failure, RpcMetadata trailers)
    {
        trailers.Add(CodeTrailer, failure.Code);
        trailers.Add(NextTrailer, Encoding.UTF8.GetBytes(Shorten(failure.NextStep, MaxNext)));
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
        var data = StatusDetails.Unpack(status.Details.Span);
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
        var data = StatusDetails.Unpack(status.Details.Span) ?? [];
        data[StatusKey] = status.Code.Name();
        if (status.Code == RpcCode.Unavailable)
        {
            data.TryAdd("cause", "unavailable");
        }
        return new(entry, status.Message.Length == 0 ? status.Code.Name() : status.Message) { Data = data };
    }

    // Cuts so that the text travels in at most this many bytes: a peer that limits its metadata would drop the whole answer.
    private static string Shorten(string text, int max)
    {
        var wire = PercentEncoding.Length(text);
        if (wire <= max)
        {
            return text;
        }
        var used = 0;
        var cut = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += PercentEncoding.Length(rune);
            if (used > max - EllipsisLength)
            {
                break;
            }
            cut += rune.Utf16SequenceLength;
        }
        return string.Concat(text.AsSpan(0, cut), "…");
    }
}
