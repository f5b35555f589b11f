using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Settings;

/// <summary>Short ways to build settings from text.</summary>
internal static class Kit
{
    internal static SettingMap Doc(string name, string text)
    {
        var read = ConfigReader.Read(ConfigReader.FormatOf(name)!.Value, text, name);
        return read.IsOk ? read.Value : throw read.Failure.AsException();
    }

    internal static Result<OpenClawSettings> Build(params (string Name, string Text)[] files) =>
        SettingsBuilder.Build([SettingsLayer.Files(files.Select(f => Doc(f.Name, f.Text)))]);

    internal static IReadOnlyList<string> Errors(params (string Name, string Text)[] files) => Lines(Build(files));

    internal static string SyntaxError(string name, string text) =>
        ConfigReader.Read(ConfigReader.FormatOf(name)!.Value, text, name) is { IsOk: false } read ? read.Failure.Message : "no failure";

    internal static IReadOnlyList<string> Lines<T>(Result<T> result)
    {
        Assert.False(result.IsOk, "expected a failure");
        Assert.Same(Catalogue.ConfigInvalid, result.Failure!.Entry);
        return SettingsProblem.LinesOf(result.Failure);
    }

    internal static (SettingsLayer Layer, IReadOnlyList<SettingsProblem> Warnings) Env(params (string Name, string Value)[] variables) =>
        EnvironmentLayer.Read(variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));
}
