using System.Globalization;
using System.Runtime.InteropServices;
using OpenClaw.Cli.Commands;
using OpenClaw.Cli.Doctor;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Cli.Diag;

/// <summary>What a report is asked for.</summary>
internal sealed record DiagRequest
{
    public required SettingsRequest Settings { get; init; }
    public required DateTimeOffset Since { get; init; }

    /// <summary>Null: where the settings put cores.</summary>
    public required string? Cores { get; init; }
    public required bool WorkerLogs { get; init; }
}

/// <summary>Collects the parts of a report, one by one. A part that cannot be had says why, and the others come all the same.</summary>
internal sealed class DiagRun(Invocation invocation, DiagRequest request)
{
    public async IAsyncEnumerable<DiagSection> SectionsAsync()
    {
        var loaded = SettingsLoader.Load(request.Settings, Machine.Here);
        yield return DiagSection.Of("Versions", Versions());
        yield return loaded.IsOk
            ? DiagSection.Of("Settings (secrets are masked)", [.. ConfigCommands.Listing(loaded.Value)])
            : DiagSection.Of("Settings", [$"cannot be read: {loaded.Failure}"]);
        var settings = loaded.IsOk ? loaded.Value.Settings : OpenClawSettings.Defaults;
        var paths = loaded.IsOk ? loaded.Value.Paths : null;
        yield return await GuardAsync("Limits", () => Task.FromResult(LimitParts.Lines(paths)));
        yield return await GuardAsync("Crashes", () => CrashParts.CrashesAsync(paths, request.Since, invocation.Time));
        yield return await GuardAsync(
            "Cores",
            () => Task.FromResult(CrashParts.Cores(settings.Task, request.Cores, invocation.Time.GetUtcNow()))
        );
        if (loaded.IsOk)
        {
            yield return await GuardAsync("Cluster", () => ClusterParts.StatusAsync(invocation, loaded.Value));
            yield return await GuardAsync("Recent failures", () => ClusterParts.FailuresAsync(invocation, loaded.Value, request.Since));
        }

        yield return await GuardAsync("Doctor", DoctorAsync);
        if (paths is not null)
        {
            foreach (var part in LogParts.Of(paths, request.Since, request.WorkerLogs))
            {
                yield return await GuardAsync(part.Title, () => Task.FromResult(part.Read()));
            }
        }
    }

    private IReadOnlyList<string> Versions() =>
        [
            $"report       {Rendering.Times.Rfc3339(invocation.Time.GetUtcNow().ToUnixTimeMilliseconds())} on {Environment.MachineName}, of what happened since {Rendering.Times.Rfc3339(request.Since.ToUnixTimeMilliseconds())}",
            $"clw          {VersionCommand.Version} at {AppContext.BaseDirectory}",
            $"runtime      {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}",
            $"system       {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
            string.Create(CultureInfo.InvariantCulture, $"processors   {Environment.ProcessorCount}"),
            $"user         {Environment.UserName}",
        ];

    private async Task<IReadOnlyList<string>> DoctorAsync()
    {
        var found = await new DoctorRun(new HostFiles(""), invocation).RunAsync(request.Settings);
        return
        [
            .. found
                .Where(f => f.Level is not (Level.Ok or Level.Skip))
                .SelectMany(f =>
                    new[]
                    {
                        $"{f.Level.ToString().ToUpperInvariant().PadRight(4)}  {f.Check}: {(f.Code is null ? "" : f.Code + ": ")}{f.Text}",
                        f.Next is null ? "" : $"      next: {f.Next}",
                    }
                )
                .Where(l => l.Length > 0),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{found.Count(f => f.Level == Level.Ok)} checks are ok, {found.Count(f => f.Level == Level.Skip)} were skipped"
            ),
        ];
    }

    private static async Task<DiagSection> GuardAsync(string title, Func<Task<IReadOnlyList<string>>> lines)
    {
        try
        {
            return DiagSection.Of(title, await lines());
        }
        catch (FailureException e)
        {
            return DiagSection.Of(title, [$"cannot be had: {e.Failure}"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return DiagSection.Of(title, [$"cannot be had: {e.Message}"]);
        }
    }
}
