using OpenClaw.V1;

namespace OpenClaw.Worker.Plugins;

/// <summary>What a worker tells its manager of plugin files that it cannot take, so that whoever waits for their types learns why.</summary>
internal static class RefusedFiles
{
    /// <summary>More of them are in the worker's log alone.</summary>
    public const int Most = 20;

    /// <summary>Of one line, in UTF-8.</summary>
    public const int MostBytes = 200;

    public static IEnumerable<RefusedFile> Of(PluginSet plugins) =>
        plugins
            .Problems.Take(Most)
            .Select(p => new RefusedFile
            {
                Type = Cut(Path.GetFileNameWithoutExtension(p.Path)),
                Problem = Cut((p with { Path = Path.GetFileName(p.Path) }).ToString()),
            });

    // Never within a character.
    private static string Cut(string text)
    {
        var bytes = 0;
        var chars = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MostBytes)
            {
                return text[..chars];
            }

            chars += rune.Utf16SequenceLength;
        }

        return text;
    }
}
