namespace OpenClaw.Runner.Pictures;

/// <summary>A picture that is open for reading: its size is known, its pixels are not read.</summary>
internal sealed class PictureFile : IDisposable
{
    private readonly Stream source;
    private readonly PictureTool? tool;
    private readonly PngReader reader;
    private readonly string name;

    private PictureFile(Stream source, PictureTool? tool, PngReader reader, string name)
    {
        this.source = source;
        this.tool = tool;
        this.reader = reader;
        this.name = name;
    }

    /// <summary>In pixels.</summary>
    public int Width => reader.Width;

    /// <summary>In pixels.</summary>
    public int Height => reader.Height;

    /// <summary>Opens a file whose path was allowed.</summary>
    /// <param name="searchPath">PATH, for the formats that other programs read.</param>
    public static (PictureFile? File, Refusal? Refusal) Open(string real, string? searchPath)
    {
        var file = Path.GetFileName(real);
        Stream? input = null;
        PictureTool? helper = null;
        try
        {
            input = new FileStream(RealPath.OpenFile(real), FileAccess.Read, bufferSize: 0);
            if (!input.CanSeek)
            {
                throw new IOException("it is a pipe or a device");
            }
            if (input.Length > PictureLimits.MaxFileBytes)
            {
                throw new PictureException($"the file is over {PictureLimits.MaxFileBytes >> 20} MiB");
            }
            Span<byte> head = stackalloc byte[PictureKind.HeadBytes];
            head = head[..input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            input.Position = 0;
            var kind = PictureKind.Of(head);
            if (kind is null)
            {
                throw new PictureException(
                    head.IsEmpty
                        ? "the file is empty"
                        : "this is no picture that can be read: PNG, JPEG, GIF, WebP, TIFF, BMP, AVIF or HEIC"
                );
            }
            if (kind != PictureKind.Png)
            {
                (helper, var refusal) = PictureTool.Start(kind, input, searchPath);
                input = helper?.Output;
                if (helper is null)
                {
                    return (null, refusal);
                }
            }
            var result = new PictureFile(input!, helper, new PngReader(input!), file);
            (input, helper) = (null, null);
            return (result, null);
        }
        catch (PictureException e)
        {
            // Of a tool's output, what the tool says is the cause.
            return (null, Named(helper?.End() ?? new Refusal(Refusal.PictureInvalid, e.Message), file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, new Refusal(Refusal.PathRefused, $"{file} cannot be read: {e.Message}"));
        }
        finally
        {
            helper?.Dispose();
            input?.Dispose();
        }
    }

    /// <summary>Reads the pixels; width × height of them. Null when it went well.</summary>
    public Refusal? Read(Span<uint> pixels)
    {
        try
        {
            reader.Read(pixels);
            return tool?.End() is { } refusal ? Named(refusal, name) : null;
        }
        catch (PictureException e)
        {
            return Named(tool?.End() ?? new Refusal(Refusal.PictureInvalid, e.Message), name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(Refusal.PathRefused, $"{name} cannot be read: {e.Message}");
        }
    }

    /// <summary>
    /// Writes a PNG where nobody sees half of it: a file of another name, on the disk before it takes its place. A crash before that
    /// leaves the old file, and at worst the other name beside it. The directory is held by what it is: it was looked at before, and whoever
    /// may change its name could have put a link there since.
    /// </summary>
    public static Refusal? Write(string real, ReadOnlySpan<uint> pixels, int width, int height)
    {
        try
        {
            var (held, directory) = RealPath.HoldDirectory(Path.GetDirectoryName(real) ?? "/");
            using var holding = held;
            var target = Path.Join(directory, Path.GetFileName(real));
            if (new DirectoryInfo(target) is { Exists: true, LinkTarget: null })
            {
                return new Refusal(Refusal.PathRefused, $"{real} is a directory");
            }
            var unfinished = Path.Join(directory, $".{Environment.ProcessId}.{Path.GetRandomFileName()}.part");
            try
            {
                using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 64 << 10))
                {
                    PngWriter.Write(file, pixels, width, height);
                    file.Flush(flushToDisk: true);
                }
                File.Move(unfinished, target, overwrite: true);
                return null;
            }
            catch
            {
                File.Delete(unfinished);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(Refusal.PathRefused, $"{real} cannot be written: {e.Message}", Retryable: true);
        }
    }

    private static Refusal Named(Refusal refusal, string name) => refusal with { Message = $"{name}: {refusal.Message}" };

    public void Dispose()
    {
        tool?.Dispose();
        source.Dispose();
    }
}
