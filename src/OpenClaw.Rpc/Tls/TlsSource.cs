using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc;

/// <summary>
/// The TLS material of a program, renewed when its files change. A handshake asks for what is current; open connections stay as they
/// are. Files that do not fit together (a certificate whose key is still being copied) are kept out until they do, and what was in use
/// stays in use. Thread-safe.
/// </summary>
public sealed class TlsSource
{
    private readonly Lock gate = new();
    private (string Ca, string? Cert, string? Key) contents;
    private volatile TlsMaterial current;
    private string? said;

    private TlsSource(TlsFiles files, (string, string?, string?) contents, TlsMaterial material)
    {
        Files = files;
        this.contents = contents;
        current = material;
    }

    public TlsFiles Files { get; }

    /// <summary>What new handshakes use.</summary>
    public TlsMaterial Current => current;

    /// <summary>Called when other material was taken up, outside of any lock; must be quick.</summary>
    public event Action<TlsMaterial>? Renewed;

    /// <summary>Called once for each reason why changed files are not taken up.</summary>
    public event Action<Failure>? KeptOut;

    /// <summary>Reads the files for the first time. Failures: <c>clw-tls-files</c>.</summary>
    public static Result<TlsSource> Open(TlsFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var read = Read(files);
        if (!read.IsOk)
        {
            return read.Failure;
        }

        var (ca, cert, key) = read.Value;
        var material = TlsMaterial.Parse(files, ca, cert, key);
        return material.IsOk ? new TlsSource(files, read.Value, material.Value) : material.Failure;
    }

    /// <summary>
    /// As <see cref="Open"/>, for a program that a supervisor starts again. Files that are not there are a mistake in the configuration,
    /// which waiting does not mend. Everything else may be a pair whose other half is still being copied: <see cref="ExitCode.Resource"/>, so
    /// that the next start looks again.
    /// </summary>
    public static Result<TlsSource> OpenForService(TlsFiles files)
    {
        var opened = Open(files);
        return opened.IsOk || IsLasting(opened.Failure) ? opened : opened.Failure with { Exit = ExitCode.Resource };
    }

    private static bool IsLasting(Failure failure) => failure.Data.GetValueOrDefault("cause") is "missing" or "passphrase";

    /// <summary>Looks whether the files have changed and takes them up. By their contents: a clock that was set back, a link that was turned and a file system without good times are all seen.</summary>
    public TlsMaterial Refresh()
    {
        TlsMaterial? renewed = null;
        Failure? kept = null;
        lock (gate)
        {
            var read = Read(Files);
            if (read.IsOk && read.Value == contents)
            {
                // Back to what is in use: the next trouble is a new one.
                said = null;
            }
            else if ((read.IsOk ? TlsMaterial.Parse(Files, read.Value.Ca, read.Value.Cert, read.Value.Key) : read.Failure) is { } parsed)
            {
                if (parsed.IsOk)
                {
                    (contents, current, said) = (read.Value, parsed.Value, null);
                    renewed = parsed.Value;
                }
                else if (said != parsed.Failure.Message)
                {
                    said = parsed.Failure.Message;
                    kept = parsed.Failure;
                }
            }
        }

        if (renewed is not null)
        {
            Renewed?.Invoke(renewed);
        }
        else if (kept is not null)
        {
            KeptOut?.Invoke(kept);
        }

        return current;
    }

    private static Result<(string Ca, string? Cert, string? Key)> Read(TlsFiles files)
    {
        string? ReadOne(string? file) => file is null ? null : File.ReadAllText(file);
        try
        {
            return (File.ReadAllText(files.Ca), ReadOne(files.Cert), ReadOne(files.Key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return TlsMaterial.Unusable(
                files.Ca,
                $"a certificate file cannot be read: {e.Message}",
                e is FileNotFoundException or DirectoryNotFoundException ? "missing"
                    : e is UnauthorizedAccessException ? "not-allowed"
                    : null
            );
        }
    }
}
