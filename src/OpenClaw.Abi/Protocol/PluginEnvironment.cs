using System.Collections;
using System.Globalization;
using OpenClaw.Abi.Plugins;

namespace OpenClaw.Abi.Protocol;

/// <summary>The environment of an executable plugin: an allow-list, so that no credential of ours ever reaches one.</summary>
public static class PluginEnvironment
{
    /// <summary>Marks every process of a task with the incarnation of the worker that started it, so that a supervisor finds what a dead worker left.</summary>
    public const string Incarnation = "OPENCLAW_TASK_INCARNATION";

    /// <summary>Marks every process of a task with the runner that it descends from, so that the worker finds what left its session.</summary>
    public const string Runner = "OPENCLAW_TASK_RUNNER";

    private static readonly string[] Passed = ["PATH", "HOME", "LANG", "TZ"];

    /// <summary>The whole environment of one attempt in a plain run.</summary>
    /// <param name="own">Usually <see cref="Environment.GetEnvironmentVariables()"/>: PATH, HOME, LANG and TZ are taken of it.</param>
    /// <param name="taskId">OPENCLAW_TASK_ID.</param>
    /// <param name="type">OPENCLAW_TASK_TYPE.</param>
    /// <param name="attempt">OPENCLAW_TASK_ATTEMPT.</param>
    /// <param name="outputDirectory">OPENCLAW_TASK_OUTPUT_DIR.</param>
    /// <param name="incarnation">OPENCLAW_TASK_INCARNATION, when given.</param>
    /// <param name="runner">OPENCLAW_TASK_RUNNER, when given.</param>
    public static IReadOnlyList<string> For(
        IDictionary own,
        string taskId,
        string type,
        int attempt,
        string outputDirectory,
        long? incarnation = null,
        string runner = ""
    )
    {
        var list = Common(own, PluginProtocol.Plain, type, incarnation, runner);
        list.Add($"OPENCLAW_TASK_ID={taskId}");
        list.Add(string.Create(CultureInfo.InvariantCulture, $"OPENCLAW_TASK_ATTEMPT={attempt}"));
        list.Add($"OPENCLAW_TASK_OUTPUT_DIR={outputDirectory}");
        return list;
    }

    /// <summary>The whole environment of a program that serves: what is of one task alone comes with each task.</summary>
    /// <inheritdoc cref="For"/>
    public static IReadOnlyList<string> ForServing(IDictionary own, string type, long? incarnation = null, string runner = "") =>
        Common(own, PluginProtocol.Serve, type, incarnation, runner);

    private static List<string> Common(IDictionary own, string mode, string type, long? incarnation, string runner)
    {
        var list = new List<string>(10);
        foreach (var name in Passed)
        {
            if (own[name] is string value)
            {
                list.Add($"{name}={value}");
            }
        }
        list.Add($"{PluginProtocol.ModeVariable}={mode}");
        list.Add($"OPENCLAW_TASK_TYPE={type}");
        if (incarnation is { } number)
        {
            list.Add(string.Create(CultureInfo.InvariantCulture, $"{Incarnation}={number}"));
        }
        if (runner.Length > 0)
        {
            list.Add($"{Runner}={runner}");
        }
        return list;
    }
}
