using Microsoft.Extensions.Logging;
using OpenClaw.Core.Settings;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Daemons;
using OpenClaw.Hosting.Settings;
using OpenClaw.Tests.Support;

namespace OpenClaw.Tests.Settings;

/// <summary>Configuration that is read again while a program runs (SIGHUP, <c>clw cluster reload</c>).</summary>
public sealed class LiveSettingsTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-live-");
    private readonly RecordingLogger logger = new();
    private readonly List<LogSeverity> taken = [];

    public void Dispose() => directory.Delete(recursive: true);

    private string File => Path.Combine(directory.FullName, "worker.yaml");

    private LiveSettings Start(string text)
    {
        System.IO.File.WriteAllText(File, text);
        var loaded = SettingsLoader.Load(new SettingsRequest { ConfigFiles = [File] }, Machine.Here).Value;
        var live = new LiveSettings(loaded, request => SettingsLoader.Load(request, Machine.Here), logger);
        live.Take([LogKeys.Level], next => taken.Add(next.Settings.Log.Level));
        live.Uses(key => !key.Path.StartsWith("manager.", StringComparison.Ordinal));
        return live;
    }

    private ReloadOutcome Reload(LiveSettings live, string text)
    {
        System.IO.File.WriteAllText(File, text);
        return live.Reload();
    }

    [Fact]
    public void What_can_change_does_and_is_said_with_both_values()
    {
        var live = Start("log:\n  level: info\n");
        var outcome = Reload(live, "log:\n  level: debug\n");
        Assert.Equal(["log.level: info → debug"], outcome.Changed);
        Assert.Equal([LogSeverity.Debug], taken);
        Assert.Contains("log.level: info → debug", Assert.Single(logger.At(LogLevel.Information)), StringComparison.Ordinal);

        // Once is enough.
        Assert.Empty(live.Reload().Changed);
        Assert.Equal([LogSeverity.Debug], taken);
        Assert.Equal(["log.level: debug → info"], Reload(live, "").Changed);
    }

    [Fact]
    public void What_cannot_change_is_named_for_as_long_as_it_waits()
    {
        var live = Start("worker:\n  slots: 2\n");
        for (var i = 0; i < 2; i++)
        {
            var outcome = Reload(live, "worker:\n  slots: 4\nmanager:\n  listen: 127.0.0.1:9999\n");
            Assert.Equal(["worker.slots"], outcome.NeedRestart);
            Assert.Empty(outcome.Changed);
            Assert.Equal("needs a restart: worker.slots (2 → 4)", logger.At(LogLevel.Warning)[i]);
        }

        Assert.Empty(Reload(live, "worker:\n  slots: 2\n").NeedRestart);
    }

    [Fact]
    public void A_part_that_cannot_take_a_change_up_keeps_it_from_no_other_and_is_asked_again()
    {
        System.IO.File.WriteAllText(File, "log:\n  level: info\n");
        var loaded = SettingsLoader.Load(new SettingsRequest { ConfigFiles = [File] }, Machine.Here).Value;
        var live = new LiveSettings(loaded, request => SettingsLoader.Load(request, Machine.Here), logger);
        var broken = true;
        live.Take([LogKeys.Level], _ => Assert.False(broken, "the disk is full"));
        live.Take([LogKeys.Level], next => taken.Add(next.Settings.Log.Level));
        var outcome = Reload(live, "log:\n  level: debug\n");
        Assert.Contains("the disk is full", Assert.Single(outcome.Problems), StringComparison.Ordinal);
        Assert.Empty(outcome.Changed);
        Assert.Equal([LogSeverity.Debug], taken);
        Assert.Single(logger.At(LogLevel.Error));

        // Also back to what it was: the others have the new value.
        Assert.Single(Reload(live, "log:\n  level: info\n").Problems);
        Assert.Equal([LogSeverity.Debug, LogSeverity.Info], taken);
        broken = false;
        outcome = Reload(live, "log:\n  level: debug\n");
        Assert.Equal(["log.level: info → debug"], outcome.Changed);
        Assert.Empty(outcome.Problems);
        Assert.Empty(live.Reload().Changed);
        Assert.Equal([LogSeverity.Debug, LogSeverity.Info, LogSeverity.Debug], taken);
    }

    [Fact]
    public void A_broken_file_changes_nothing_and_is_said_with_its_places()
    {
        var live = Start("log:\n  level: info\n");
        var outcome = Reload(live, "log:\n  level: debug\n  levle: x\nworker:\n  slots: none\n");
        Assert.Equal(2, outcome.Problems.Count);
        Assert.Empty(taken);
        Assert.Equal(
            [
                $"clw-config-invalid: {File}:3:3: log.levle: unknown key; did you mean log.level?; the settings in effect stay",
                $"clw-config-invalid: {File}:5:10: worker.slots: expected a whole number, not 'none'; the settings in effect stay",
            ],
            logger.At(LogLevel.Error)
        );

        System.IO.File.Delete(File);
        Assert.Contains(File, Assert.Single(live.Reload().Problems), StringComparison.Ordinal);
        Assert.Equal(["log.level: info → warn"], Reload(live, "log:\n  level: warn\n").Changed);
    }
}
