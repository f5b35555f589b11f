using OpenClaw.Abi.Processes;
using OpenClaw.Core.Tasks;
using CrashReport = OpenClaw.Abi.Crashes.CrashReport;

namespace OpenClaw.Rpc.Api;

/// <summary>Crash reports as they travel with a task's failure, which says the rest (task, worker, last lines, path of the core).</summary>
public static class CrashMessages
{
    public static V1.CrashReport ToWire(CrashReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var wire = new V1.CrashReport
        {
            AtMs = report.AtMs,
            Pid = report.Pid,
            Incarnation = report.Incarnation ?? 0,
            Program = report.Program ?? "",
            Signal = report.Signal ?? 0,
            SignalCode = report.SignalCode ?? "",
            FaultAddress = report.FaultAddress ?? "",
            SentBy = report.SentBy ?? 0,
            PluginVersion = report.PluginVersion ?? "",
            PeakRssBytes = report.PeakMemoryBytes ?? 0,
            UserMicros = report.UserMicros ?? 0,
            SystemMicros = report.SystemMicros ?? 0,
            WallMicros = report.WallMicros ?? 0,
            CoreBytes = report.CoreBytes ?? 0,
            CoreNote = report.CoreNote ?? "",
            BacktraceNote = report.BacktraceNote ?? "",
        };
        wire.Backtrace.AddRange(report.Backtrace ?? []);
        return wire;
    }

    /// <summary>What a peer says, bounded: it is kept.</summary>
    /// <param name="wire">Its report.</param>
    /// <param name="cause">The failure's cause.</param>
    public static CrashReport FromWire(V1.CrashReport wire, string cause)
    {
        ArgumentNullException.ThrowIfNull(wire);
        return new()
        {
            AtMs = wire.AtMs,
            Pid = wire.Pid,
            Cause = CrashCause.IsKnown(cause) ? cause : "",
            Incarnation = Known(wire.Incarnation),
            Program = Known(wire.Program),
            Signal = wire.Signal == 0 ? null : wire.Signal,
            SignalCode = Known(wire.SignalCode),
            FaultAddress = Known(wire.FaultAddress),
            SentBy = wire.SentBy == 0 ? null : wire.SentBy,
            PluginVersion = Known(wire.PluginVersion),
            PeakMemoryBytes = Known(wire.PeakRssBytes),
            UserMicros = wire.UserMicros,
            SystemMicros = wire.SystemMicros,
            WallMicros = wire.WallMicros,
            CoreBytes = Known(wire.CoreBytes),
            CoreNote = Known(wire.CoreNote),
            Backtrace =
                wire.Backtrace.Count > 0
                    ? [.. wire.Backtrace.Take(CrashReport.MostFrames).Select(f => Cut(f, CrashReport.MostFrameChars))]
                    : null,
            BacktraceNote = Known(wire.BacktraceNote),
        };
    }

    private static string? Known(string text) => text.Length == 0 ? null : Cut(text, TaskLimits.MaxMessageChars);

    private static long? Known(long number) => number == 0 ? null : number;

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..most];
}
