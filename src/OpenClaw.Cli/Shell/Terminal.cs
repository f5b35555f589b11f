using System.Text;

namespace OpenClaw.Cli.Shell;

/// <summary>
/// What a command writes to and reads from. Output is results, error is everything else: progress, notes, failures.
/// Not thread-safe: one command, one writer.
/// </summary>
public sealed class Terminal : IDisposable
{
    /// <summary>Results. Flushed at the end of the command, and by <see cref="Flush"/>.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, notes, failures.</summary>
    public required TextWriter Error { get; init; }

    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Whether a person looks at the output.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Whether a person looks at the error output: only then anything there moves.</summary>
    public bool ErrorIsInteractive { get; init; }

    /// <summary>Whether a person sits at the input and can be asked.</summary>
    public bool CanAsk { get; init; }

    /// <summary>Whether colours are wanted: a terminal, and neither NO_COLOR nor TERM=dumb.</summary>
    public bool Colors { get; init; }

    /// <summary>Columns; 80 where nobody knows.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Columns and lines as they are now: a window may change. 80 by 24 where nobody knows.</summary>
    public (int Width, int Height) Size()
    {
        if (!IsInteractive && !ErrorIsInteractive)
        {
            return (Width, 24);
        }

        try
        {
            return Console.WindowWidth > 0 && Console.WindowHeight > 0 ? (Console.WindowWidth, Console.WindowHeight) : (Width, 24);
        }
        catch (IOException)
        {
            // A terminal that does not tell its size.
            return (Width, 24);
        }
    }

    public static Terminal OfProcess()
    {
        var colorless =
            Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") is "dumb";
        var interactive = !Console.IsOutputRedirected;
        return new()
        {
            Out = Writer(OutputStream.Open(Console.OpenStandardOutput, losesResults: true)),
            Error = Writer(OutputStream.Open(Console.OpenStandardError, losesResults: false)),
            OpenInput = Console.OpenStandardInput,
            IsInteractive = interactive,
            ErrorIsInteractive = !Console.IsErrorRedirected && !colorless,
            CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            Colors = interactive && !colorless,
            Width = interactive ? WindowWidth() : 80,
        };
    }

    public void WriteLine(string line = "") => Out.WriteLine(line);

    /// <summary>A line for the person, now.</summary>
    public void Note(string line)
    {
        Out.Flush();
        Error.WriteLine(line);
        Error.Flush();
    }

    public void Flush()
    {
        Out.Flush();
        Error.Flush();
    }

    public string Red(string text) => Paint("31", text);

    public string Green(string text) => Paint("32", text);

    public string Yellow(string text) => Paint("33", text);

    public string Dim(string text) => Paint("2", text);

    public string Bold(string text) => Paint("1", text);

    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
    }

    private string Paint(string code, string text) => Colors ? $"\u001b[{code}m{text}\u001b[0m" : text;

    private static StreamWriter Writer(Stream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 4096) { NewLine = "\n" };

    private static int WindowWidth()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 80;
        }
        catch (IOException)
        {
            // A terminal that does not tell its size.
            return 80;
        }
    }
}
