using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>The formats of configuration files, told apart by the file's extension.</summary>
public enum ConfigFormat
{
    /// <summary><c>.yaml</c>, <c>.yml</c></summary>
    Yaml,

    /// <summary><c>.toml</c></summary>
    Toml,

    /// <summary><c>.json5</c>, <c>.json</c></summary>
    Json5,
}

/// <summary>Reads configuration text of any format into neutral nodes that know their line and column.</summary>
public static class ConfigReader
{
    /// <summary>The largest file that is read, in bytes. Configuration is written by hand; what is larger is something else.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>How deep maps and lists may nest.</summary>
    public const int MaxDepth = 32;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The format that a file name tells, or null.</summary>
    public static ConfigFormat? FormatOf(string path) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".yaml" or ".yml" => ConfigFormat.Yaml,
            ".toml" => ConfigFormat.Toml,
            ".json5" or ".json" => ConfigFormat.Json5,
            _ => null,
        };

    /// <summary>Reads a file. Failures: <c>clw-file-unreadable</c>, <c>clw-config-invalid</c> with the place.</summary>
    public static Result<SettingMap> ReadFile(string path)
    {
        if (FormatOf(path) is not { } format)
        {
            return Invalid(new(SourceKind.File, path), "the format is not known; use .yaml, .toml or .json5");
        }
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            // One byte over the limit tells a file that is too large, even one without a length, such as a pipe.
            var buffer = new byte[MaxBytes + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length > MaxBytes
                ? Invalid(new(SourceKind.File, path), $"is larger than {MaxBytes >> 20} MiB, which no configuration is")
                : Read(format, Strict.GetString(buffer, 0, length), path);
        }
        catch (DecoderFallbackException)
        {
            return Invalid(new(SourceKind.File, path), "is not UTF-8 text");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(Catalogue.FileUnreadable, $"{path} cannot be read: {Reason(e, path)}");
        }
    }

    /// <summary>Reads text. The name stands in positions.</summary>
    public static Result<SettingMap> Read(ConfigFormat format, string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.StartsWith('\uFEFF') ? text[1..] : text;
        try
        {
            return format switch
            {
                ConfigFormat.Yaml => YamlReader.Read(text, name),
                ConfigFormat.Toml => TomlReader.Read(text, name),
                _ => Json5Reader.Read(text, name),
            };
        }
        catch (ConfigSyntaxException e)
        {
            return Invalid(e.At, e.Message);
        }
    }

    private static Failure Invalid(SourcePosition at, string message) => SettingsProblem.AsFailure([new(at, "", message)]);

    private static string Reason(Exception e, string path) =>
        e switch
        {
            FileNotFoundException or DirectoryNotFoundException => "it does not exist",
            UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
            UnauthorizedAccessException => "missing rights",
            _ => e.Message,
        };
}
