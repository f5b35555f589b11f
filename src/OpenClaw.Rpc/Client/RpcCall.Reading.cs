using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc.Client;
using OpenClaw.Rpc.Framing;

namespace OpenClaw.Rpc;

public sealed partial class RpcCall<TReq, TRes>
{
    private readonly PooledBuffer incoming = new();
    private Stream? responseStream;
    private HttpResponseMessage? opened;
    private ReadRules rules;

    /// <summary>
    /// The next message; null when the call has ended well. Completes at once, without an allocation, while messages that have
    /// arrived are left.
    /// </summary>
    /// <exception cref="FailureException">The call has ended otherwise.</exception>
    public ValueTask<TRes?> ReadAsync() => TryRead(out var message) ? new(message) : ReadSlowlyAsync();

    /// <summary>Takes a message that has already arrived. False says nothing about the future: ask <see cref="ReadAsync"/>.</summary>
    public bool TryRead([NotNullWhen(true)] out TRes? message)
    {
        message = null;
        if (incoming.Length == 0)
        {
            return false;
        }
        var sequence = incoming.Sequence;
        switch (MessageReader.Read(ref sequence, method.Responses, rules, out message, out var failure))
        {
            case ReadOutcome.Message:
                incoming.Consume(incoming.Length - (int)sequence.Length);
                return message is not null;
            case ReadOutcome.Failed:
                incoming.Dispose();
                Finish(failure);
                return false;
            default:
                return false;
        }
    }

    /// <summary>All messages until the call ends.</summary>
    /// <exception cref="FailureException">The call has ended with a failure.</exception>
    public async IAsyncEnumerable<TRes> ReadAllAsync()
    {
        while (await ReadAsync() is { } message)
        {
            yield return message;
        }
    }

    /// <summary>For calls with one response: says that no more requests will come and takes the response.</summary>
    public async ValueTask<Result<TRes>> FinishAsync()
    {
        try
        {
            try
            {
                await CompleteAsync();
            }
            catch (FailureException)
            {
                // The server may answer before it has read everything; the answer below says what counts.
            }
            var first = await ReadAsync();
            if (first is null)
            {
                return RpcChannel.NoMessage();
            }
            return await ReadAsync() is null ? first : MessageReader.Broken("a call with one answer got several", "cardinality");
        }
        catch (FailureException e)
        {
            return e.Failure;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TRes?> ReadSlowlyAsync()
    {
        try
        {
            while (!status.Task.IsCompleted)
            {
                if (responseStream is null && !await OpenAsync())
                {
                    break;
                }
                var read = await responseStream!.ReadAsync(incoming.GetMemory(), source.Token);
                if (read == 0)
                {
                    EndOfStream();
                    break;
                }
                incoming.Advance(read);
                if (TryRead(out var message))
                {
                    return message;
                }
            }
        }
        catch (Exception e)
        {
            Finish(Explain(e));
        }
        incoming.Dispose();
        return await status.Task is { } failure ? throw failure.AsException() : null;
    }

    // False when the call ended in its head.
    private async ValueTask<bool> OpenAsync()
    {
        if (await head is not { } response)
        {
            return false;
        }
        var failure = ResponseReading.CheckHead(response, out var encoding, out var ended);
        if (failure is not null || ended)
        {
            ResponseReading.CopyTo(response.Headers.NonValidated, Trailers);
            Finish(failure);
            return false;
        }
        opened = response;
        rules = new(channel.Options.MaxReceiveSize, encoding, IsServer: false);
        responseStream = response.Content.ReadAsStream(source.Token);
        return true;
    }

    private void EndOfStream()
    {
        var trailers = opened!.TrailingHeaders.NonValidated;
        ResponseReading.CopyTo(trailers, Trailers);
        var failure = ResponseReading.ReadStatus(trailers);
        Finish(failure ?? (incoming.Length > 0 ? MessageReader.Truncated(incoming.Length) : null));
    }
}
