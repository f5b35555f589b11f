using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// One end of a pipe. One reader or one writer at a time; <see cref="Stream.Dispose()"/> may be called at any time and ends a call that waits.
/// A pipe whose other end is closed reads as 0 bytes; writing to it throws <see cref="IOException"/>.
/// </summary>
public sealed class PipeStream : Stream, IValueTaskSource
{
    private const int PollIn = 1;
    private const int PollOut = 4;

    private readonly SafeFileHandle handle;
    private readonly bool reads;
    private readonly Readiness.Watch? watch;
    private ManualResetValueTaskSourceCore<bool> ready = new() { RunContinuationsAsynchronously = true };
    private int waiting;
    private volatile bool closed;

    internal PipeStream(SafeFileHandle handle, bool reads)
    {
        this.handle = handle;
        this.reads = reads;
        Descriptors.SetNonBlocking((int)handle.DangerousGetHandle());
        watch = Readiness.Shared is { } readiness ? new Readiness.Watch(readiness, handle, () => Wake(null)) : null;
    }

    public override bool CanRead => reads;
    public override bool CanWrite => !reads;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count;
        while (!TryRead(buffer, out count))
        {
            Poll();
        }
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count;
        while (!TryRead(buffer.Span, out count))
        {
            await WhenReady(Readiness.Readable, cancellationToken);
        }
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = TryWrite(buffer);
            if (written == 0)
            {
                Poll();
            }
            buffer = buffer[written..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            var written = TryWrite(buffer.Span);
            if (written == 0)
            {
                await WhenReady(Readiness.Writable, cancellationToken);
            }
            buffer = buffer[written..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        closed = true;
        watch?.Forget();
        Wake(new ObjectDisposedException(nameof(PipeStream)));
        handle.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>False when there is nothing to read yet.</summary>
    private bool TryRead(Span<byte> buffer, out int count)
    {
        using var use = new Use(handle);
        count = (int)Native.Read(use.Descriptor, buffer, out var error);
        if (error != 0 && error != Native.EAGAIN)
        {
            throw Descriptors.Error("cannot read a pipe", error);
        }
        return error == 0;
    }

    /// <summary>Bytes written; 0 when there is no room yet.</summary>
    private int TryWrite(ReadOnlySpan<byte> buffer)
    {
        using var use = new Use(handle);
        var count = (int)Native.Write(use.Descriptor, buffer, out var error);
        if (error != 0 && error != Native.EAGAIN)
        {
            throw Descriptors.Error("cannot write to a pipe", error);
        }
        return Math.Max(count, 0);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WhenReady(uint events, CancellationToken cancellation)
    {
        if (watch is null)
        {
            await Task.Factory.StartNew(Poll, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return;
        }
        ready.Reset();
        Volatile.Write(ref waiting, 1);
        await using var registration = cancellation.UnsafeRegister(
            static (self, token) => ((PipeStream)self!).Wake(new OperationCanceledException(token)),
            this
        );
        if (closed)
        {
            Wake(new ObjectDisposedException(nameof(PipeStream)));
        }
        else if (!watch.Arm(events))
        {
            Wake(closed ? new ObjectDisposedException(nameof(PipeStream)) : new IOException("cannot watch a pipe"));
        }
        await new ValueTask(this, ready.Version);
    }

    /// <summary>Ends the wait that there is, if there is one. An event of an earlier, cancelled wait may come here: whoever waits tries again.</summary>
    private void Wake(Exception? error)
    {
        if (Interlocked.Exchange(ref waiting, 0) == 0)
        {
            return;
        }
        if (error is null)
        {
            ready.SetResult(true);
        }
        else
        {
            ready.SetException(error);
        }
    }

    /// <summary>Blocks the thread until the pipe has something to say.</summary>
    private unsafe void Poll()
    {
        using var use = new Use(handle);
        // struct pollfd: int descriptor, short events, short what happened.
        var what = stackalloc int[2];
        what[0] = use.Descriptor;
        what[1] = reads ? PollIn : PollOut;
        _ = Native.poll(what, 1, -1);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => ready.GetStatus(token);

    void IValueTaskSource.GetResult(short token) => ready.GetResult(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ready.OnCompleted(continuation, state, token, flags);

    /// <summary>Keeps the descriptor from being closed, and its number from being reused, while a call uses it.</summary>
    private readonly ref struct Use
    {
        private readonly SafeFileHandle handle;

        public Use(SafeFileHandle handle)
        {
            var added = false;
            handle.DangerousAddRef(ref added);
            this.handle = handle;
        }

        public int Descriptor => (int)handle.DangerousGetHandle();

        public void Dispose() => handle.DangerousRelease();
    }
}
