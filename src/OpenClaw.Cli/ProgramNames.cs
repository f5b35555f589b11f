namespace OpenClaw.Cli;

/// <summary>One executable, several names: the first word decides what a bare call means.</summary>
public static class ProgramNames
{
    private static readonly Dictionary<string, string> Verbs = new(StringComparer.Ordinal)
    {
        ["clw-worker"] = "worker",
        ["openclaw-worker"] = "worker",
        ["clw-manager"] = "manager",
        ["clw-cluster"] = "cluster",
        ["clw-diag"] = "diag",
        ["clw-metrics"] = "metrics",
        ["clw-bench"] = "bench",
    };

    /// <summary>The names that stand as links beside <c>clw</c>.</summary>
    public static IEnumerable<string> Links => Verbs.Keys.Concat(["claw", "openclaw"]);

    /// <summary>
    /// The words of <c>clw</c> that mean the same: <c>clw-cluster status</c> is <c>clw cluster status</c>. Any other name
    /// (<c>clw</c>, <c>claw</c>, <c>openclaw</c>, a link of the user's own) is the command itself.
    /// </summary>
    public static IReadOnlyList<string> Translate(string name, IReadOnlyList<string> args) =>
        Verbs.TryGetValue(name, out var verb) ? [verb, .. args] : args;
}
