using System.CommandLine;
using System.Text;
using Google.Protobuf;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Cli.Commands.Tasks;

/// <summary>The options that describe a task. For a batch they are what holds for lines that say nothing.</summary>
internal static class SpecOptions
{
    private static readonly Option<string?> Type = new("--type", "-t")
    {
        Description = "The task's type: a plugin's name, or noop, sleep, ping",
        HelpName = "TYPE",
    };

    /// <summary>The type as the first word, for people.</summary>
    private static readonly Argument<string?> FirstWord = new("type")
    {
        Description = "The task's type, as with --type",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Payload = new("--payload", "-p")
    {
        Description = "One JSON value; @FILE reads it from a file, - from the input [null]",
        HelpName = "JSON",
    };

    private static readonly Option<int?> Priority = Options.Int(
        "--priority",
        "Higher first [0]",
        TaskLimits.MinPriority,
        TaskLimits.MaxPriority
    );

    private static readonly Option<TimeSpan?> Delay = Options.Duration("--delay", "Not before this long has passed");
    private static readonly Option<TimeSpan?> Timeout = Options.Duration("--timeout", "How long an attempt may run");
    private static readonly Option<int?> MaxRetries = Options.Int(
        "--max-retries",
        "How often it is tried again [3]",
        0,
        TaskLimits.MaxRetries
    );
    private static readonly Option<string?> Queue = new("--queue") { Description = "The queue [default]", HelpName = "NAME" };
    private static readonly Option<string?> Project = new("--project") { Description = "The project [default]", HelpName = "NAME" };

    private static readonly Option<string?> Key = new("--key")
    {
        Description = "Idempotency key: the same submission again answers with the first one's id",
        HelpName = "KEY",
    };

    private static readonly Option<string[]> Label = new("--label", "-l")
    {
        Description = "A label; may be repeated",
        HelpName = "NAME=VALUE",
    };

    private static readonly Option<bool> Strict = new("--strict") { Description = "Refuse a type that no connected worker serves" };

    public static IReadOnlyList<Symbol> All =>
        [FirstWord, Type, Payload, Priority, Delay, Timeout, MaxRetries, Queue, Project, Key, Label, Strict];

    /// <summary>The task that the options describe, without its payload.</summary>
    public static TaskSpec Read(Invocation invocation)
    {
        var spec = new TaskSpec
        {
            Type = TypeOf(invocation),
            Priority = invocation.Get(Priority) ?? 0,
            DelayMs = Milliseconds("--delay", invocation.Get(Delay)),
            TimeoutMs = Milliseconds("--timeout", invocation.Get(Timeout)),
            Queue = invocation.Get(Queue) ?? "",
            Project = invocation.Get(Project) ?? "",
            Key = KeyOf(invocation),
            Strict = invocation.Get(Strict),
        };
        if (invocation.Get(MaxRetries) is { } retries)
        {
            spec.MaxRetries = retries;
        }

        AddLabels(spec.Labels, invocation.Get(Label) ?? []);
        return spec;
    }

    /// <summary>Reads labels as they were given, <c>NAME=VALUE</c>.</summary>
    public static void AddLabels(IDictionary<string, string> labels, IEnumerable<string> given)
    {
        foreach (var label in given)
        {
            var equals = label.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw Usage($"--label takes NAME=VALUE, not '{label}'").AsException();
            }

            if (!labels.TryAdd(label[..equals], label[(equals + 1)..]))
            {
                throw Usage($"--label names {label[..equals]} twice").AsException();
            }
        }
    }

    /// <summary>The payload alone, for verbs that take no more.</summary>
    public static Option PayloadOption => Payload;

    /// <summary>For commands that make tasks of their own.</summary>
    public static Option<int?> MaxRetriesOption => MaxRetries;

    public static bool HasPayload(Invocation invocation) => invocation.Has(Payload);

    private static string TypeOf(Invocation invocation)
    {
        var (word, option) = (invocation.Get(FirstWord), invocation.Get(Type));
        return word is not null && option is not null && word != option
            ? throw Usage($"There are two types: '{word}' and --type {option}").AsException()
            : option ?? word ?? "";
    }

    // A variable that is not set makes an empty key, and with it every repetition a new task.
    private static string KeyOf(Invocation invocation) =>
        invocation.Has(Key) && invocation.Get(Key) is null or ""
            ? throw new Failure(Catalogue.Usage, "--key is empty", "Give a key, or leave --key out").AsException()
            : invocation.Get(Key) ?? "";

    public static bool HasKey(Invocation invocation) => invocation.Has(Key);

    /// <summary>The payload, read and checked: what is wrong with it is said before anything is dialled.</summary>
    public static async Task<ByteString> ReadPayloadAsync(Invocation invocation)
    {
        var given = invocation.Get(Payload);
        var (bytes, place) = given switch
        {
            null => ([], ""),
            "-" => (WithoutMark(await ReadInputAsync(invocation)), "the input"),
            ['@', .. var file] => (WithoutMark(ReadFile(file)), file),
            _ => (Encoding.UTF8.GetBytes(given), ""),
        };
        if (bytes.Length > TaskLimits.MaxPayloadBytes)
        {
            throw new Failure(
                Catalogue.PayloadTooLarge,
                $"{(place.Length > 0 ? place + ": " : "")}the payload has more than the {TaskLimits.MaxPayloadBytes} bytes that are allowed"
            ).AsException();
        }

        // A variable that is not set, a file that is not written yet: null is written null, or by leaving --payload out.
        if (given is not null && bytes.Length == 0)
        {
            throw new Failure(
                Catalogue.PayloadInvalid,
                $"{(place.Length > 0 ? place + ": " : "")}the payload is empty",
                "Give one JSON value, or leave --payload out for null"
            ).AsException();
        }

        if (PayloadCheck.Check(bytes) is { } failure)
        {
            throw (place.Length > 0 ? failure with { Message = $"{place}: {failure.Message}" } : failure).AsException();
        }

        return ByteString.CopyFrom(bytes);
    }

    /// <summary>A file's bytes, or <c>clw-file-unreadable</c>.</summary>
    public static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why =
                e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
                : Directory.Exists(path) ? "it is a directory"
                : "it may not be read";
            throw new Failure(Catalogue.FileUnreadable, $"{path}: {why}").AsException(e);
        }
    }

    /// <summary>
    /// Without the byte order mark that some editors put before UTF-8: JSON has none, and it is no part of the payload. Only at the very
    /// beginning of a file or of the input; anywhere else it is an error like any other character.
    /// </summary>
    internal static byte[] WithoutMark(byte[] bytes) =>
        bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;

    private static byte[] ReadFile(string path)
    {
        using var file = OpenFile(path);
        using var buffer = new MemoryStream();
        // One byte over the limit says enough.
        CopyUpTo(file, buffer, TaskLimits.MaxPayloadBytes + 1);
        return buffer.ToArray();
    }

    private static async Task<byte[]> ReadInputAsync(Invocation invocation)
    {
        using var buffer = new MemoryStream();
        await Task.Run(() => CopyUpTo(invocation.Terminal.OpenInput(), buffer, TaskLimits.MaxPayloadBytes + 1), invocation.Cancellation)
            .WaitAsync(invocation.Cancellation);
        return buffer.ToArray();
    }

    private static void CopyUpTo(Stream from, MemoryStream to, int limit)
    {
        var chunk = new byte[16 * 1024];
        int read;
        while (to.Length < limit && (read = from.Read(chunk)) > 0)
        {
            to.Write(chunk, 0, read);
        }
    }

    private static long Milliseconds(string option, TimeSpan? span) =>
        span is { } given && given > TaskLimits.MaxSpan ? throw Usage($"{option} is at most 366 days").AsException()
        : span == TimeSpan.Zero && option == "--timeout"
            ? throw Usage("--timeout 0 leaves a task no time; without --timeout the type's own holds").AsException()
        : (long)Math.Ceiling((span ?? TimeSpan.Zero).TotalMilliseconds);

    private static Failure Usage(string message) => new(Catalogue.Usage, message, "See what it takes: clw task submit --help");
}
