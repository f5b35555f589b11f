using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary>A line of a batch that was read: a task, or what is wrong with it.</summary>
internal readonly record struct BatchItem(long Line, Result<TaskSpec> Task);

/// <summary>Reads a batch line by line. Memory does not depend on the batch's length.</summary>
internal static class BatchReader
{
    /// <summary>A payload of the largest size and the rest of its line.</summary>
    private const int LongestLine = (1 << 20) + (64 << 10);

    public static async IAsyncEnumerable<BatchItem> ReadAsync(
        Stream stream,
        string file,
        TaskSpec defaults,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, minimumReadSize: 4096, leaveOpen: true));
        var number = 0L;
        while (true)
        {
            // Reading the standard input cannot be cancelled; whoever leaves does not wait for it.
            var pending = pipe.ReadAsync(CancellationToken.None);
            var read = pending.IsCompleted ? await pending : await pending.AsTask().WaitAsync(cancellation);
            cancellation.ThrowIfCancellationRequested();
            var rest = read.Buffer;
            while (TryTakeLine(ref rest, read.IsCompleted, out var line))
            {
                number++;
                if (ReadLine(line, file, number, defaults) is { } task)
                {
                    yield return new(number, task);
                }
            }

            if (rest.Length > LongestLine)
            {
                var failure = new Failure(Catalogue.PayloadTooLarge, $"{file}:{number + 1}: the line is over {LongestLine} bytes");
                yield return new(number + 1, failure);
                yield break;
            }

            pipe.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                yield break;
            }
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }

        line = rest;
        if (!isLast || rest.IsEmpty)
        {
            return false;
        }

        rest = rest.Slice(rest.End);
        return true;
    }

    // Null for an empty line.
    private static Result<TaskSpec>? ReadLine(in ReadOnlySequence<byte> line, string file, long number, TaskSpec defaults)
    {
        var bytes = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        if (number == 1 && bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            // The byte order mark that some editors put before UTF-8: no part of the first line.
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        if (bytes.TrimEnd("\r \t"u8).TrimStart(" \t"u8).IsEmpty)
        {
            return null;
        }

        return BatchLine.Read(bytes.TrimEnd((byte)'\r'), file, number, defaults);
    }
}
