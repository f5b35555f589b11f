using System.Collections;
using System.Globalization;

namespace OpenClaw.Abi.Protocol;

/// <summary>The environment of an executable plugin: an allow-list, so that no credential of ours ever reaches one.</summary>
public static class PluginEnvironment
{
    /// <summary>Marks every process of a task with the incarnation of the worker that started it, so that a supervisor finds what a dead worker left.</summary>
    public const string Incarnation = "OPENCLAW_TASK_INCARNATION";

    private static readonly string[] Passed = ["PATH", "HOME", "LANG", "TZ"];

    /// <summary>
    /// The whole environment of one attempt: PATH, HOME, LANG and TZ as <paramref name="own"/> has them, and OPENCLAW_TASK_ID, _TYPE,
    /// _ATTEMPT, _OUTPUT_DIR and, when given, _INCARNATION.
    /// </summary>
    /// <param name="own">Usually <see cref="Environment.GetEnvironmentVariables()"/>.</param>
    public static IReadOnlyList<string> For(
        IDictionary own,
        string taskId,
        string type,
        int attempt,
        string outputDirectory,
        long? incarnation = null
    )
    {
        var list = new List<string>(9);
        foreach (var name in Passed)
        {
            if (own[name] is string value)
            {
                list.Add($"{name}={value}");
            }
        }
        list.Add($"OPENCLAW_TASK_ID={taskId}");
        list.Add($"OPENCLAW_TASK_TYPE={type}");
        list.Add(string.Create(CultureInfo.InvariantCulture, $"OPENCLAW_TASK_ATTEMPT={attempt}"));
        list.Add($"OPENCLAW_TASK_OUTPUT_DIR={outputDirectory}");
        if (incarnation is { } number)
        {
            list.Add(string.Create(CultureInfo.InvariantCulture, $"{Incarnation}={number}"));
        }
        return list;
    }
}
