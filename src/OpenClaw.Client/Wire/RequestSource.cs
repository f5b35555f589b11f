using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using OpenClaw.V1;

namespace OpenClaw.Client.Wire;

/// <summary>
/// Tasks of a user as messages. What the user's own stream throws ends it here, so that what it gave before is stored and heard of;
/// it is thrown afterwards. Read once.
/// </summary>
internal sealed class RequestSource(IAsyncEnumerable<TaskRequest> requests, bool generateKeys)
{
    private ExceptionDispatchInfo? failed;

    public async IAsyncEnumerable<TaskSpec> SpecsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var keys = generateKeys ? new GeneratedKeys() : null;
        await using var source = requests.GetAsyncEnumerator(cancellation);
        while (true)
        {
            TaskSpec spec;
            try
            {
                if (!await source.MoveNextAsync())
                {
                    yield break;
                }

                var request = source.Current ?? throw new InvalidOperationException("One of the tasks is null.");
                spec = Mapping.Spec(request, request.Key is null && keys is not null ? keys.Next() : "");
            }
            catch (Exception e)
            {
                failed = ExceptionDispatchInfo.Capture(e);
                yield break;
            }

            yield return spec;
        }
    }

    public void ThrowIfFailed() => failed?.Throw();
}
