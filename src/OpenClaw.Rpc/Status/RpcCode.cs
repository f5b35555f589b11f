namespace OpenClaw.Rpc;

/// <summary>The seventeen status codes of gRPC, with their numbers on the wire.</summary>
public enum RpcCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>Reading and writing of codes.</summary>
public static class RpcCodes
{
    private static readonly string[] Names =
    [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];

    private static readonly string[] Numbers = [.. Enumerable.Range(0, 17).Select(n => $"{n}")];

    /// <summary>The name that every gRPC implementation prints: <c>NOT_FOUND</c>.</summary>
    public static string Name(this RpcCode code) => Names[(int)code];

    /// <summary>The failure code of this name; false for another text and for OK.</summary>
    public static bool TryFind(string name, out RpcCode code)
    {
        code = (RpcCode)Array.IndexOf(Names, name);
        return code > RpcCode.Ok;
    }

    /// <summary>The value of the trailer <c>grpc-status</c>.</summary>
    public static string Number(this RpcCode code) => Numbers[(int)code];

    /// <summary>
    /// Reads <c>grpc-status</c>: a decimal number without leading zeros. What is no number, or a number that we do not know,
    /// is <see cref="RpcCode.Unknown"/>, as the protocol asks.
    /// </summary>
    public static RpcCode Parse(ReadOnlySpan<char> text)
    {
        if (text.Length is 1 && char.IsAsciiDigit(text[0]))
        {
            return (RpcCode)(text[0] - '0');
        }
        return text.Length is 2 && text[0] == '1' && text[1] is >= '0' and <= '6' ? (RpcCode)(10 + text[1] - '0') : RpcCode.Unknown;
    }
}
