using System.Globalization;

namespace OpenClaw.Client.Wire;

/// <summary>
/// Idempotency keys for tasks that have none: <c>auto-</c>, 128 bits that no other submission has, and a number. They rise with the
/// time, so that the store adds them at the end of its index. Not thread-safe.
/// </summary>
internal sealed class GeneratedKeys
{
    private readonly string prefix = $"auto-{Guid.CreateVersion7():n}-";
    private long next;

    public string Next() => string.Create(CultureInfo.InvariantCulture, $"{prefix}{next++:x8}");
}
