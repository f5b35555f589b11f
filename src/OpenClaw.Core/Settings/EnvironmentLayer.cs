using System.Text.RegularExpressions;

namespace OpenClaw.Core.Settings;

/// <summary>
/// Reads settings from variables. An empty variable counts as unset. An unknown <c>OPENCLAW_…</c> variable is a warning:
/// an environment is shared, and a name that we do not know may be somebody else's.
/// </summary>
public static partial class EnvironmentLayer
{
    private const string Prefix = "OPENCLAW_";

    /// <summary>The variables that are settings, and a warning for each that looks like one.</summary>
    public static (SettingsLayer Layer, IReadOnlyList<SettingsProblem> Warnings) Read(IReadOnlyDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var values = new List<(string, SourcePosition, string)>();
        var warnings = new List<SettingsProblem>();
        // A program that a task starts sees the task's own variables, which are no settings of it.
        var insideTask = variables.ContainsKey("OPENCLAW_TASK_ID");
        foreach (var name in variables.Keys.Order(StringComparer.Ordinal))
        {
            var value = variables[name];
            if (
                string.IsNullOrEmpty(value)
                || IsServiceLink(name, value)
                || (insideTask && name.StartsWith("OPENCLAW_TASK_", StringComparison.Ordinal))
            )
            {
                continue;
            }
            if (SettingsSchema.FindVariable(name) is { } key)
            {
                values.Add((key.Path, SourcePosition.Variable(name), value));
            }
            else if (name.StartsWith(Prefix, StringComparison.Ordinal) && !SettingsSchema.OtherVariables.Contains(name))
            {
                var hint = SettingsSchema.NearestVariable(name) is { } nearest ? $"; did you mean {nearest}?" : "";
                warnings.Add(new(SourcePosition.Variable(name), "", $"sets nothing that is known{hint}"));
            }
        }
        return (new(SourceKind.Environment, [SettingsLayer.Flat(values)]), warnings);
    }

    /// <summary>
    /// Kubernetes gives every pod variables for the services of its namespace. A service named openclaw-manager makes
    /// OPENCLAW_MANAGER_PORT=tcp://10.0.0.1:9090, which is not what a user means by that name.
    /// </summary>
    // A glance first: every command reads every variable, and hardly one ever needs a pattern.
    private static bool IsServiceLink(string name, string value) =>
        (
            (name.Contains("_SERVICE_", StringComparison.Ordinal) || name.Contains("_PORT_", StringComparison.Ordinal))
            && ServiceLinkName().IsMatch(name)
        )
        || (
            name.EndsWith("_PORT", StringComparison.Ordinal)
            && value.Contains("://", StringComparison.Ordinal)
            && ServiceLinkValue().IsMatch(value)
        );

    [GeneratedRegex(
        "^OPENCLAW_[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex ServiceLinkName();

    [GeneratedRegex("^(tcp|udp|sctp)://", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServiceLinkValue();
}
