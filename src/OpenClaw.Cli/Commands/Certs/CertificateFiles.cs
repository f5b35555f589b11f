using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OpenClaw.Abi.Files;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Certificates;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Commands.Certs;

/// <summary>
/// A certificate and its key on disk: NAME.crt and NAME-key.pem. What is written is written whole. Keys are 0600; one that root
/// puts where the installed service looks for its own is 0640 in the service's group, but for a CA's.
/// </summary>
internal sealed class CertificateFiles
{
    public CertificateFiles(string directory, string name)
        : this(Path.Combine(directory, name + ".crt"), Path.Combine(directory, name + "-key.pem"), directory) { }

    private CertificateFiles(string certificate, string key, string directory)
    {
        Certificate = certificate;
        Key = key;
        Directory = directory;
    }

    public string Certificate { get; }

    public string Key { get; }

    public string Directory { get; }

    /// <summary>The pair that a certificate's file belongs to.</summary>
    public static CertificateFiles Of(string certificate)
    {
        var directory = Path.GetDirectoryName(certificate)!;
        return new(certificate, Path.Combine(directory, Path.GetFileNameWithoutExtension(certificate) + "-key.pem"), directory);
    }

    /// <summary>Nothing is overwritten unless it was asked for: a CA that is made anew ends every certificate of the old one.</summary>
    public void MustBeFree(bool force)
    {
        if (!force && new[] { Certificate, Key }.FirstOrDefault(File.Exists) is { } there)
        {
            throw new Failure(
                Catalogue.TlsFiles,
                $"{there} is there already, and nothing was changed",
                there.EndsWith("ca.crt", StringComparison.Ordinal)
                    ? "Use the CA that is there; --force makes a new one, and every certificate of the old one has to be made anew"
                    : $"Renew it: clw certs renew {Certificate}; or replace it: --force"
            ).AsException();
        }
    }

    /// <summary>The key first: who reads in between finds a certificate that its key does not fit, and waits for the other half.</summary>
    public void Write(MadeCertificate made)
    {
        try
        {
            System.IO.Directory.CreateDirectory(Directory);
            if (!File.Exists(Key) || File.ReadAllText(Key) != made.KeyPem)
            {
                WriteKey(made);
            }

            WritePublic(Certificate, made.CertificatePem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Failure(
                Catalogue.TlsFiles,
                $"The certificate cannot be written: {e.Message}",
                "Name a directory that you may write: --out DIR or --dir DIR, or run it as root"
            ).AsException(e);
        }
    }

    /// <summary>The certificate with its key.</summary>
    public X509Certificate2 Read() => Pair(Certificate, Key);

    /// <summary>The CA that signs.</summary>
    /// <param name="certificate">Its certificate.</param>
    /// <param name="key">Its key; null: NAME-key.pem beside it.</param>
    public static SigningAuthority Authority(string certificate, string? key)
    {
        var file = Path.GetFullPath(certificate);
        if (!File.Exists(file))
        {
            throw new Failure(
                Catalogue.TlsFiles,
                $"There is no CA at {file}",
                "Make one: clw certs init; or name yours: --dir DIR, or --ca-cert FILE --ca-key FILE"
            ).AsException();
        }

        var itsKey = key is null ? Of(file).Key : Path.GetFullPath(key);
        if (!File.Exists(itsKey))
        {
            throw new Failure(
                Catalogue.TlsFiles,
                $"The key of the CA {file} is not here ({itsKey}), and nothing can be signed without it",
                "Do it on the machine where clw certs init was run, and copy the result; or name the key: --ca-key FILE"
            ).AsException();
        }

        return new(Pair(file, itsKey), file);
    }

    private static void WritePublic(string file, string text) => OwnFile.WritePublic(file, Encoding.ASCII.GetBytes(text));

    private void WriteKey(MadeCertificate made)
    {
        var bytes = Encoding.ASCII.GetBytes(made.KeyPem);
        using var certificate = X509Certificate2.CreateFromPem(made.CertificatePem);
        if (
            Directory == TlsPlan.SystemCertificates
            && !certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority)
        )
        {
            OwnFile.WriteForService(Key, bytes);
        }
        else
        {
            OwnFile.Write(Key, bytes);
        }
    }

    private static X509Certificate2 Pair(string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(certificate), File.ReadAllText(key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Failure(Catalogue.TlsFiles, $"A file cannot be read: {e.Message}").AsException(e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new Failure(Catalogue.TlsFiles, $"{certificate} and {key} are no certificate with its key: {e.Message}").AsException(e);
        }
    }

    /// <summary>A CA with its key, and the file that it came from.</summary>
    internal sealed class SigningAuthority(X509Certificate2 certificate, string file) : IDisposable
    {
        public X509Certificate2 Certificate => certificate;

        /// <summary>Puts the CA's certificate beside those that it signed, where they can be carried away together. Null: it is there.</summary>
        public string? CopyTo(string directory)
        {
            var copy = Path.Combine(directory, "ca.crt");
            if (Path.GetFullPath(copy) == file)
            {
                return null;
            }

            WritePublic(copy, File.ReadAllText(file));
            return copy;
        }

        public void Dispose() => certificate.Dispose();
    }
}
