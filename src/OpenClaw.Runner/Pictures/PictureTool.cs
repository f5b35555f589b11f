using System.Diagnostics;
using OpenClaw.Abi.Files;

namespace OpenClaw.Runner.Pictures;

/// <summary>
/// ImageMagick or vips as a filter: the file's bytes go in on its standard input, a PNG comes out. No name of a file reaches its
/// command line, and the format is one of a fixed list: nothing in a payload can become an option, a coder or a list of files.
/// </summary>
internal sealed class PictureTool : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly string[] Names = ["magick", "convert", "vips"];

    private readonly Process process;
    private readonly Stream input;
    private readonly Task feeding;
    private readonly Task<string> complaints;
    private readonly Timer alarm;
    private volatile bool late;

    private PictureTool(Process process, Stream input)
    {
        this.process = process;
        this.input = input;
        alarm = new Timer(_ => Stop(), null, Longest, Timeout.InfiniteTimeSpan);
        complaints = process.StandardError.ReadToEndAsync();
        feeding = Task.Run(Feed);
    }

    /// <summary>A PNG picture, as far as the tool can read its input.</summary>
    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>Starts a tool on the bytes of a picture; the stream is its own from here on.</summary>
    /// <param name="kind">As <see cref="PictureKind.Of"/> names it.</param>
    public static (PictureTool? Tool, Refusal? Refusal) Start(string kind, Stream input, string? searchPath)
    {
        if (Find(searchPath) is not { } program)
        {
            input.Dispose();
            return (
                null,
                new Refusal(
                    Refusal.PictureTool,
                    $"a {kind} picture is read by ImageMagick or vips, and neither is installed on this worker: install imagemagick or libvips-tools (they read JPEG, GIF, WebP, TIFF, BMP, AVIF and HEIC; PNG needs nothing)",
                    Retryable: true
                )
            );
        }
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in Arguments(Path.GetFileName(program), kind))
        {
            start.ArgumentList.Add(argument);
        }
        // Nothing of ours, and none of the variables that the tools take orders from.
        start.Environment.Clear();
        start.Environment["PATH"] = searchPath;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["VIPS_BLOCK_UNTRUSTED"] = "1";
        start.Environment["VIPS_CONCURRENCY"] = "1";
        try
        {
            var started = Process.Start(start) ?? throw new IOException("it did not start");
            return (new PictureTool(started, input), null);
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception)
        {
            input.Dispose();
            return (null, new Refusal(Refusal.PictureTool, $"{program} cannot be started: {e.Message}", Retryable: true));
        }
    }

    /// <summary>The first program of ours in the directories of PATH; relative ones do not count.</summary>
    internal static string? Find(string? searchPath) =>
        Names.Select(name => SearchPath.Find(name, searchPath)).FirstOrDefault(found => found is not null);

    private static string[] Arguments(string tool, string kind) =>
        tool == "vips"
            ? ["autorot", "stdin", ".png[strip]"]
            :
            [
                .. Limit("memory", "256MiB"),
                .. Limit("map", "512MiB"),
                .. Limit("disk", "0"),
                .. Limit("width", "100KP"),
                .. Limit("height", "100KP"),
                .. Limit("thread", "1"),
                .. Limit("time", "60"),
                // The first picture of an animation. The prefix is what decides how the bytes are read, whatever they are.
                $"{kind}:-[0]",
                "-auto-orient",
                "-strip",
                "-colorspace",
                "sRGB",
                "-depth",
                "8",
                "png32:-",
            ];

    private static string[] Limit(string what, string value) => ["-limit", what, value];

    /// <summary>Waits for the end. Null when it went well.</summary>
    public Refusal? End()
    {
        // What the reader left unread must not keep the tool from ending.
        Output.CopyTo(Stream.Null);
        process.WaitForExit();
        feeding.GetAwaiter().GetResult();
        var said = complaints.GetAwaiter().GetResult().Trim();
        if (late)
        {
            return new Refusal(
                Refusal.PictureTool,
                $"{process.StartInfo.FileName} was not done after {Longest.TotalSeconds:0} s and was ended",
                Retryable: true
            );
        }
        return process.ExitCode == 0
            ? null
            : new Refusal(
                Refusal.PictureInvalid,
                $"{Path.GetFileName(process.StartInfo.FileName)} cannot read it: {(said.Length == 0 ? $"exit code {process.ExitCode}" : FirstLine(said))}"
            );
    }

    private static string FirstLine(string text) =>
        text.Split('\n')[0] is var line && line.Length > 300 ? line[..300] : text.Split('\n')[0];

    private void Feed()
    {
        try
        {
            using (input)
            using (var into = process.StandardInput.BaseStream)
            {
                input.CopyTo(into);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It ended before it had read everything: its exit code tells why.
        }
    }

    private void Stop()
    {
        late = true;
        Kill();
    }

    private void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Ends the tool where it still runs.</summary>
    public void Dispose()
    {
        alarm.Dispose();
        Kill();
        process.WaitForExit();
        feeding.GetAwaiter().GetResult();
        process.Dispose();
    }
}
