using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using OpenClaw.Abi.Plugins;
using OpenClaw.Abi.Protocol;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Worker.Runners;

/// <summary>A task for a program that serves.</summary>
internal readonly record struct ServeTask
{
    /// <summary>Chosen by the worker; every report about this attempt carries it.</summary>
    public required ulong Handle { get; init; }
    public required string TaskId { get; init; }
    public required int Attempt { get; init; }
    public required string Type { get; init; }

    /// <summary>The payload, JSON.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }
    public required string OutputDirectory { get; init; }

    /// <summary>How long it may run; null: no limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>
/// The worker's end of <c>mode: serve</c> (docs/plugin-abi.md): gives the program one task at a time, in order, and makes reports of its
/// lines. Thread-safe: the worker's loop gives, the reader of the program's output takes. What it reports is reported inside its lock,
/// so that a task is told to have begun before its result is.
/// </summary>
/// <param name="send">Writes bytes to the program's standard input; never waits.</param>
/// <param name="report">Takes a report; never waits.</param>
/// <param name="time">Measures how long tasks run.</param>
internal sealed class ServeSession(Action<ReadOnlySpan<byte>> send, Action<SlotReport> report, TimeProvider time)
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 128 };
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly ByteString Null = ByteString.CopyFromUtf8("null");

    private readonly Lock gate = new();
    private readonly Queue<ServeTask> waiting = new();
    private ServeTask? current;
    private bool greeted;
    private bool understandsCancel;

    /// <summary>A signal tells the program to end: it gets no other task, even when its answer was on its way already.</summary>
    private bool over;
    private long begun;

    /// <summary>The program has said hello.</summary>
    public bool IsGreeted
    {
        get
        {
            lock (gate)
            {
                return greeted;
            }
        }
    }

    /// <summary>Adds a task. It is sent when the program is free.</summary>
    public void Give(in ServeTask task)
    {
        lock (gate)
        {
            waiting.Enqueue(task);
            Next();
        }
    }

    /// <summary>
    /// Asks the program to give up a task. False when it runs and the program does not understand that: a signal has to tell it, and the
    /// program is given nothing more.
    /// </summary>
    public bool Cancel(ulong handle)
    {
        lock (gate)
        {
            if (current is not { } task || task.Handle != handle)
            {
                // Before hello nothing can be said to the program; afterwards whatever is not current has been answered.
                over |= !greeted;
                return greeted;
            }

            if (understandsCancel)
            {
                SendLine(PluginProtocol.Cancel, task, static (writer, task) => writer.WriteString("id", task.TaskId));
            }

            over |= !understandsCancel;
            return understandsCancel;
        }
    }

    /// <summary>Takes a line of the program. Null when it was in order, else what is wrong with it: the program cannot be used any more.</summary>
    public string? Take(ReadOnlyMemory<byte> line)
    {
        if (line.Span.Trim(" \t\r"u8).IsEmpty)
        {
            return null;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line, Deep);
        }
        catch (JsonException)
        {
            return $"it wrote to its standard output what is no line of JSON: {Shown(line.Span)}";
        }

        using (document)
        {
            lock (gate)
            {
                return Take(document.RootElement, line.Span);
            }
        }
    }

    private string? Take(JsonElement line, ReadOnlySpan<byte> bytes)
    {
        var kind = Text(line, PluginProtocol.Kind);
        if (!greeted && kind != PluginProtocol.Hello)
        {
            return $"its first line has to be hello, not {Shown(bytes)}";
        }

        switch (kind)
        {
            case PluginProtocol.Hello:
                return Greet(line);
            case PluginProtocol.Progress:
            case PluginProtocol.Log:
                // Of a task that has ended, from a part of the program that is late: nobody's.
                if (current is { } task && (Text(line, "id") is not { } named || named == task.TaskId))
                {
                    report(SideLine.Report(kind, line, task.Handle));
                }

                return null;
            case PluginProtocol.Result:
            case PluginProtocol.Failure:
                return Answer(kind, line);
            default:
                return $"it wrote a line of a kind that version {PluginProtocol.Version} does not have: {Shown(bytes)}";
        }
    }

    private string? Greet(JsonElement line)
    {
        if (greeted)
        {
            return "it said hello twice";
        }

        if (!line.TryGetProperty("version", out var said) || said.ValueKind != JsonValueKind.Number || !said.TryGetInt32(out var version))
        {
            return "its hello has no version";
        }

        if (version != PluginProtocol.Version)
        {
            return $"it speaks version {version} of the protocol; this worker speaks {PluginProtocol.Version}";
        }

        understandsCancel = line.TryGetProperty("cancel", out var cancel) && cancel.ValueKind == JsonValueKind.True;
        greeted = true;
        report(
            new SlotReport
            {
                Kind = FrameKind.Ready,
                Text = "",
                Code = "",
                Result = ByteString.Empty,
            }
        );
        Next();
        return null;
    }

    private string? Answer(string kind, JsonElement line)
    {
        if (Text(line, "id") is not { } id)
        {
            return $"its {kind} names no task (\"id\")";
        }

        if (current is not { } task || task.TaskId != id)
        {
            return $"its {kind} is of {id}, which it does not run now";
        }

        current = null;
        var ran = (long)time.GetElapsedTime(begun).TotalMicroseconds;
        report(
            kind == PluginProtocol.Failure ? SideLine.Report(kind, line, task.Handle) with { RunMicros = ran } : ResultOf(line, task, ran)
        );
        Next();
        return null;
    }

    private static SlotReport ResultOf(JsonElement line, ServeTask task, long ran)
    {
        var done = new SlotReport
        {
            Kind = FrameKind.Succeeded,
            Handle = task.Handle,
            RunMicros = ran,
            Text = "",
            Code = "",
            Result = Null,
        };
        if (!line.TryGetProperty("result", out var value))
        {
            return done;
        }

        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (raw.Length > ProtocolLimits.MaxResultBytes)
        {
            return Refused(
                Catalogue.ResultTooLarge,
                $"The result has {raw.Length:N0} bytes; {ProtocolLimits.MaxResultBytes:N0} are allowed"
            );
        }

        return PayloadCheck.Check(raw) is null
            ? done with
            {
                Result = ByteString.CopyFrom(raw),
            }
            : Refused(Catalogue.PluginProtocol, "Its result is not JSON that can be kept: nested over 100 deep, or text that is not UTF-8");

        SlotReport Refused(ErrorEntry entry, string text) =>
            done with
            {
                Kind = FrameKind.Failed,
                Code = entry.Code,
                Text = text,
                Result = ByteString.Empty,
            };
    }

    private void Next()
    {
        if (!greeted || over || current is not null || !waiting.TryDequeue(out var task))
        {
            return;
        }

        current = task;
        begun = time.GetTimestamp();
        var deadline = task.Timeout is { } timeout ? (time.GetUtcNow() + timeout).ToUnixTimeMilliseconds() : (long?)null;
        SendLine(
            PluginProtocol.Task,
            (task, deadline),
            static (writer, given) =>
            {
                var (task, deadline) = given;
                writer.WriteString("id", task.TaskId);
                writer.WriteNumber("attempt", task.Attempt);
                writer.WriteString("type", task.Type);
                writer.WriteString("output_dir", task.OutputDirectory);
                if (deadline is { } at)
                {
                    writer.WriteNumber("deadline_ms", at);
                }

                writer.WritePropertyName("payload");
                writer.WriteRawValue(OneLine(task.Payload.Span), skipInputValidation: true);
            }
        );

        // Told after it was sent: what the worker does upon it comes behind the task's line. Its time counts from here, the first one's too:
        // what the program needed to start is nobody's run time.
        report(
            new SlotReport
            {
                Kind = FrameKind.Started,
                Handle = task.Handle,
                Text = "",
                Code = "",
                Result = ByteString.Empty,
            }
        );
    }

    // A line break in JSON that was checked stands between tokens: a blank says the same.
    private static ReadOnlySpan<byte> OneLine(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return "null"u8;
        }

        if (payload.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            return payload;
        }

        var line = payload.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return line;
    }

    private void SendLine<T>(string kind, T value, Action<Utf8JsonWriter, T> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            writer.WriteStartObject();
            writer.WriteString(PluginProtocol.Kind, kind);
            members(writer, value);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        send(buffer.WrittenSpan);
    }

    private static string? Text(JsonElement line, string name) =>
        line.ValueKind == JsonValueKind.Object && line.TryGetProperty(name, out var value) ? SideLine.TextOf(value) : null;

    private static string Shown(ReadOnlySpan<byte> line)
    {
        const int most = 80;
        var text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, most)]);
        return line.Length > most ? text + "…" : text;
    }
}
