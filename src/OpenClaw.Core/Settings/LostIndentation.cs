namespace OpenClaw.Core.Settings;

/// <summary>
/// Text that was copied from a page often arrives without its indentation: the section's name stands there with nothing
/// below it, and its keys follow at the left margin. That is one mistake with one cure, not many unknown keys.
/// </summary>
internal static class LostIndentation
{
    internal static SettingsProblem? Find(SettingMap document)
    {
        SettingEntry? section = null;
        foreach (var entry in document.Entries)
        {
            if (SettingsSchema.IsSection(entry.Key))
            {
                section = entry.Value is SettingScalar { Kind: ScalarKind.Null } ? entry : null;
            }
            else if (section is not null && SettingsSchema.Find($"{section.Key}.{entry.Key}") is not null)
            {
                return new(
                    entry.At,
                    entry.Key,
                    $"the file has lost its indentation: '{entry.Key}' belongs under '{section.Key}:' (line {section.At.Line}), two spaces further in"
                );
            }
        }
        return null;
    }
}
