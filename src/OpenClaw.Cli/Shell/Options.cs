using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Shell;

/// <summary>Options that several verbs share, and makers of options whose errors speak our language.</summary>
public static class Options
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Print JSON, for programs", Recursive = true };

    public static Option<string?> Manager { get; } = new("--manager") { Description = "Where the manager listens", HelpName = "HOST:PORT" };

    public static Option<bool> InsecureManager { get; } =
        new(ClusterKeys.Insecure.Flags[0]) { Description = "Send the token to a manager beyond this machine, without TLS" };

    public static Option<string?> TlsMode { get; } =
        new(TlsKeys.Mode.Flags[0]) { Description = TlsKeys.Mode.Description, HelpName = "auto|always|never" };

    public static Option<string?> TlsCa { get; } =
        new(TlsKeys.Ca.Flags[0]) { Description = "The CA that the manager is judged by, PEM", HelpName = "FILE" };

    public static Option<string?> TlsCert { get; } =
        new(TlsKeys.Cert.Flags[0]) { Description = "The certificate to show, PEM", HelpName = "FILE" };

    public static Option<string?> TlsKey { get; } = new(TlsKeys.Key.Flags[0]) { Description = "Its key, PEM", HelpName = "FILE" };

    /// <summary>Options that set keys of the section <c>tls</c>, with the key that each sets.</summary>
    public static IReadOnlyList<(Option<string?> Option, string Path)> Tls { get; } =
    [(TlsMode, TlsKeys.Mode.Path), (TlsCa, TlsKeys.Ca.Path), (TlsCert, TlsKeys.Cert.Path), (TlsKey, TlsKeys.Key.Path)];

    public static Option<string?> DataDir { get; } =
        new("--data-dir") { Description = "The manager's data directory, where its address and token are", HelpName = "DIR" };

    public static Option<string[]> Config { get; } =
        new("--config", "-c") { Description = "A configuration file, in place of the default ones", HelpName = "FILE" };

    /// <summary>A whole number in a range.</summary>
    public static Option<int?> Int(string name, string description, int min, int max, string helpName = "N") =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
                Parse(
                    result,
                    $"a whole number from {min} to {max}",
                    text =>
                        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= min && n <= max
                            ? n
                            : (int?)null
                ),
        };

    /// <summary>A share in percent, 0 to 100, with decimals.</summary>
    public static Option<double?> Percent(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "PERCENT",
            CustomParser = result =>
                Parse(
                    result,
                    "a number from 0 to 100",
                    text =>
                        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) && n <= 100
                            ? n
                            : (double?)null
                ),
        };

    /// <summary>A span of time: <c>5s</c>, <c>500ms</c>, <c>1h30m</c>; a plain number is seconds.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "TIME",
            CustomParser = result =>
                Parse(
                    result,
                    SettingTypes.Duration.Expected,
                    text => SettingTypes.Duration.TryParse(text, out var span) && span >= TimeSpan.Zero ? span : (TimeSpan?)null
                ),
        };

    private static T? Parse<T>(ArgumentResult result, string expected, Func<string, T?> read)
        where T : struct
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var value = read(text);
        if (value is null)
        {
            var option = (result.Parent as OptionResult)?.IdentifierToken?.Value ?? "the value";
            result.AddError($"{option} takes {expected}, not '{text}'");
        }

        return value;
    }
}
