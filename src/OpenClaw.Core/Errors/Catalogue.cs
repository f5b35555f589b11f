using System.Collections.Frozen;

namespace OpenClaw.Core.Errors;

/// <summary>
/// The catalogue of failures. Entries stand in <c>Catalogue.*.cs</c> by subject, each a static property named
/// after its code; a test proves that every property is in <see cref="All"/> and every related code exists.
/// </summary>
public static partial class Catalogue
{
    private static readonly Lazy<FrozenDictionary<string, ErrorEntry>> ByCode = new(() =>
        TaskEntries
            .Concat(ClusterEntries)
            .Concat(WorkerEntries)
            .Concat(LocalEntries)
            .Concat(LinkEntries)
            .Concat(RpcEntries)
            .Concat(OperationEntries)
            .Concat(LogEntries)
            .Concat(MetricEntries)
            .Concat(TlsEntries)
            .ToFrozenDictionary(e => e.Code, StringComparer.Ordinal)
    );

    /// <summary>All entries, ordered by code.</summary>
    public static IEnumerable<ErrorEntry> All => ByCode.Value.Values.OrderBy(e => e.Code, StringComparer.Ordinal);

    /// <summary>The entry with this code, or null.</summary>
    public static ErrorEntry? Find(string code) => ByCode.Value.GetValueOrDefault(code);

    /// <summary>
    /// The entry with this code; a code that this build does not know (a newer peer sent it) becomes <see cref="Internal"/>,
    /// so that a failure from the wire can always be shown.
    /// </summary>
    public static ErrorEntry FindOrInternal(string code) => Find(code) ?? Internal;
}
