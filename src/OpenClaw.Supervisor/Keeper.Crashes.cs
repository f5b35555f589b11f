using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Supervisor;

// Crashes of children: a runtime that survives what should have ended it, and what is kept of an end.
internal sealed partial class Keeper
{
    private static readonly TimeSpan GdbLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A .NET process survives a memory error's signal that was sent from outside: the runtime writes its dump, gives up its handler and
    /// goes on, with its threads wherever the shutdown notice found them. Such a process has crashed; the end that it did not make is
    /// made here. Its own word comes after the dump, because the dump holds all of its threads.
    /// </summary>
    private void OnHit(SupervisedChild child, long incarnation, int signal)
    {
        if (
            child.Incarnation == incarnation
            && child is { State: ChildState.Running, ToldToStop: false, HitBy: null, Process: { } process }
            && SignalCare.Catches(process.Id, signal) != true
        )
        {
            child.HitBy = signal;
            Kill(process);
        }
    }

    /// <summary>The same for a child that says nothing any more; with the looks that the service manager's watchdog pays for.</summary>
    private void LookForHits()
    {
        foreach (var child in children)
        {
            if (
                child is { State: ChildState.Running, CatchesFaults: true, Process: { } process }
                && SignalCare.Catches(process.Id, Signals.SegmentationFault) == false
            )
            {
                OnHit(child, child.Incarnation, Signals.SegmentationFault);
            }
        }
    }

    private CrashReport ReportOf(SupervisedChild child, int pid, ProcessEnd end, ExitMeaning meaning)
    {
        var report = new CrashReport
        {
            AtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Pid = pid,
            Cause = CrashCause.Of(meaning.Class),
            Program = child.Plan.Argv0 ?? child.Plan.Path,
            ExitCode = end.ShellCode,
            Signal = end.Signal,
            Worker = child.Plan.Crashes?.Worker,
            Incarnation = child.KnownAs,
            PeakMemoryBytes = end.PeakMemoryBytes > 0 ? end.PeakMemoryBytes : null,
            UserMicros = (long)end.UserTime.TotalMicroseconds,
            SystemMicros = (long)end.SystemTime.TotalMicroseconds,
            WallMicros = (long)time.GetElapsedTime(child.StartedAt).TotalMicroseconds,
            Code = meaning.Class == ExitClass.Config ? meaning.Code : child.Plan.CrashCode,
            Message = meaning.Sentence,
        };
        return child.Plan.Crashes is { } plan ? Look(plan, report) : report;
    }

    // The headers of the core alone: enough for the address that stands in the line about it.
    private static CrashReport Look(CrashPlan plan, CrashReport report)
    {
        if (report.Signal is not { } signal || !CoreSearch.LeavesCore(signal))
        {
            return report;
        }
        if (plan.DumpDirectory is null)
        {
            return report with { CoreNote = plan.WhyNoCore, BacktraceNote = "there is no core" };
        }
        try
        {
            using var file = CoreShelf.OpenOwn(DumpOf(plan.DumpDirectory, report.Pid));
            if (file is not null && CoreFile.Read(file) is { } core)
            {
                return report.With(core) with { Program = report.Program };
            }
        }
        catch (IOException e)
        {
            return report with { CoreNote = $"its core cannot be read: {e.Message}" };
        }
        return report with { CoreNote = "its runtime left none", BacktraceNote = "there is no core" };
    }

    private static string DumpOf(string directory, int pid) => Path.Combine(directory, $"core.{pid}");

    private static string Sentence(ExitMeaning meaning, CrashReport? crash) =>
        crash is { FaultAddress: { } at, Signal: { } signal }
            ? meaning.Sentence.Replace($"({Signals.Name(signal)})", $"({Signals.Name(signal)} at {at})", StringComparison.Ordinal)
            : meaning.Sentence;

    /// <summary>Moves the core to where people look for it and writes the report. The report, and its path when it could be written.</summary>
    private (CrashReport? Report, string? Path) Keep(SupervisedChild child, CrashPlan plan, CrashReport report)
    {
        if (plan.DumpDirectory is { } directory && DumpOf(directory, report.Pid) is var dump && File.Exists(dump))
        {
            var shelf = new CoreShelf(plan.CoreTemplate, plan.CoreMaxBytes, plan.CoreKeep, plan.CoreKeepBytes);
            var kept = shelf.Keep(dump, report.Pid);
            report = report with { CorePath = kept.Path, CoreBytes = kept.Bytes, CoreNote = kept.Note };
        }
        var name = $"clw-{child.Name}[pid={report.Pid}]";
        if (report.CorePath is { } path)
        {
            log.Say($"{name}: CRITICAL: Core dump written to {path}");
        }
        if (report.CoreNote is { } note)
        {
            log.Say($"{name}: INFO: {(report.CorePath is null ? "No core dump" : "The core dump")}: {note}");
        }
        return (report, Write(plan, report));
    }

    private async Task AddFramesAsync(CrashPlan plan, CrashReport report)
    {
        var frames = await Backtrace.OfAsync(report.CorePath!, program: null, GdbLimit, time);
        _ = Write(plan, report with { Backtrace = frames.Lines, BacktraceNote = frames.Note });
    }

    private string? Write(CrashPlan plan, CrashReport report)
    {
        try
        {
            return new CrashRecords(plan.Directory).Write(report);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Say($"Supervisor: the report of a crash cannot be kept in {plan.Directory}: {e.Message}");
            return null;
        }
    }
}
