using System.Buffers;
using System.Text.RegularExpressions;

namespace OpenClaw.Core.Telemetry;

/// <summary>
/// Takes secrets out of text before it is written: the known ones by value, and what looks like one by its shape.
/// Immutable; safe to share between threads.
/// </summary>
public sealed partial class Redactor
{
    public const string Mask = "********";

    /// <summary>Shorter secrets are not searched for: they would mask ordinary words.</summary>
    public const int MinLength = 6;

    // A cheap look that lets nearly every line pass without a regular expression.
    private static readonly SearchValues<string> Hints = SearchValues.Create(
        [
            "token",
            "secret",
            "password",
            "passwd",
            "bearer",
            "basic ",
            "api_key",
            "apikey",
            "access_key",
            "AKIA",
            "ASIA",
            "://",
            "/bot",
            "PRIVATE KEY",
        ],
        StringComparison.OrdinalIgnoreCase
    );

    private readonly string[] secrets;
    private readonly SearchValues<string>? secretSearch;

    public Redactor(IEnumerable<string> secrets)
    {
        // The longest first: a secret may contain another.
        this.secrets = [.. secrets.Where(s => s.Length >= MinLength).Distinct().OrderByDescending(s => s.Length)];
        secretSearch = this.secrets.Length == 0 ? null : SearchValues.Create(this.secrets, StringComparison.Ordinal);
    }

    /// <summary>Knows shapes alone.</summary>
    public static Redactor ShapesOnly { get; } = new([]);

    /// <summary>The text without secrets; the same instance when there was none.</summary>
    public string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (secretSearch is not null && text.AsSpan().ContainsAny(secretSearch))
        {
            foreach (var secret in secrets)
            {
                text = text.Replace(secret, Mask, StringComparison.Ordinal);
            }
        }
        if (!text.AsSpan().ContainsAny(Hints))
        {
            return text;
        }
        try
        {
            return CleanShapes(text);
        }
        catch (RegexMatchTimeoutException)
        {
            // Rather no text than one that nobody could check.
            return $"{Mask} ({text.Length} characters that could not be searched for secrets in time)";
        }
    }

    private static string CleanShapes(string text)
    {
        text = PrivateKey().Replace(text, Mask);
        text = Authorization().Replace(text, "${kind} " + Mask);
        text = Assignment().Replace(text, "${name}" + Mask);
        text = UrlPassword().Replace(text, "${user}" + Mask + "@");
        text = BotToken().Replace(text, "/bot" + Mask);
        return AwsKeyId().Replace(text, Mask);
    }

    [GeneratedRegex(
        @"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"\b(?<kind>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Authorization();

    /// <summary>name=value, name: value, "name": "value" and --name value, where the name ends in one of the words.</summary>
    [GeneratedRegex(
        @"(?<name>(?:token|secret|password|passwd|api_?key|access_key)\b[""']?\s*[=:]\s*[""']?)(?!\*{8}|(?:bearer|basic)\s)[^\s""',;&}]{4,}",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Assignment();

    [GeneratedRegex(@"(?<user>\w://[^\s/:@]*:)[^\s/@]+@", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UrlPassword();

    [GeneratedRegex(@"/bot[0-9]{5,}:[A-Za-z0-9_-]{20,}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BotToken();

    [GeneratedRegex(@"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AwsKeyId();
}
