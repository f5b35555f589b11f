using System.Text;
using Google.Protobuf;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Demo;

/// <summary>The work of the demonstration: real files, four plugins, and one task that fails on purpose.</summary>
internal static class DemoWork
{
    /// <summary>Marks the task that is meant to fail.</summary>
    public const string OnPurpose = "fails-on-purpose";

    /// <summary>The order in which types are shown: Lua first, then the executable.</summary>
    public static IReadOnlyList<string> Types { get; } = ["wordcount", "textstats", "png", "checksum"];

    /// <summary>Every task, shuffled between the types so that all of them move at once.</summary>
    /// <param name="samples">The directory of the samples.</param>
    public static IReadOnlyList<TaskSpec> Make(string samples)
    {
        try
        {
            var texts = Directory.GetFiles(Path.Combine(samples, "texts"), "*.txt");
            var pictures = Directory.GetFiles(Path.Combine(samples, "pictures"), "*.png");
            var all = texts
                .SelectMany(f => new[] { Spec("wordcount", f), Spec("textstats", f), Spec("checksum", f) })
                .Concat(pictures.Select(f => Spec("png", f)));
            // The same order at every run: a demonstration that behaves.
            var random = new Random(20);
            var work = all.OrderBy(_ => random.Next()).ToList();
            var broken = Spec("png", Path.Combine(samples, "broken", "cut-short.png"));
            broken.Labels["demo"] = OnPurpose;
            work.Insert(work.Count / 2, broken);
            return work;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Failure(
                Catalogue.FileUnreadable,
                $"The samples are missing: {e.Message}",
                "Install OpenClaw again: clw and the directory samples belong together"
            ).AsException(e);
        }
    }

    private static TaskSpec Spec(string type, string file) =>
        new()
        {
            Type = type,
            Payload = ByteString.CopyFrom(
                Json.ToText(
                    writer =>
                    {
                        writer.WriteStartObject();
                        writer.WriteString("path", file);
                        writer.WriteEndObject();
                    },
                    Json.Compact
                ),
                Encoding.UTF8
            ),
        };
}
