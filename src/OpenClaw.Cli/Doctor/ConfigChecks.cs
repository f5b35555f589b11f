using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Doctor;

/// <summary>The configuration: valid or not, and which variables win over a file that says something else.</summary>
internal static class ConfigChecks
{
    private const string Overrides = "variables";

    public static Finding OfSettings(Result<LoadedSettings> loaded)
    {
        const string check = "configuration";
        if (loaded.Failure is { } failure)
        {
            return Finding.Fail(check, failure);
        }

        var files = loaded.Value.Files.Count == 0 ? "no file, defaults" : string.Join(", ", loaded.Value.Files);
        return loaded.Value.Settings.Warnings is [var first, ..]
            ? Finding.Warn(check, $"{first}", "Mend that, or remove it: it has no effect", Catalogue.ConfigInvalid)
            : Finding.Ok(check, $"valid ({files})");
    }

    /// <summary>One line for each key that a file sets and a variable overrides with something else.</summary>
    /// <param name="effective">As everything together makes it.</param>
    /// <param name="filesAlone">The same without the variables.</param>
    public static IReadOnlyList<Finding> OfOverrides(OpenClawSettings effective, OpenClawSettings filesAlone)
    {
        List<Finding> found = [];
        foreach (var (key, now) in effective.Listing)
        {
            if (
                now is { At.Kind: SourceKind.Environment }
                && filesAlone.Find(key) is { At.Kind: SourceKind.File } written
                && written.Text != now.Text
            )
            {
                found.Add(
                    Finding.Warn(
                        Overrides,
                        $"{now.At.Name} sets {key.Path} to {now.Shown}; {written.At} says {written.Shown} and is not heard",
                        $"Unset {now.At.Name}, or remove the line from the file, so that there is one truth"
                    )
                );
            }
        }

        return found.Count > 0 ? found : [Finding.Ok(Overrides, "none overrides a key of a file with something else")];
    }
}
