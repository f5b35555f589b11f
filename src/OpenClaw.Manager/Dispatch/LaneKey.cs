namespace OpenClaw.Manager.Dispatch;

/// <summary>The name of a lane: tasks of one project, queue and type wait in one order.</summary>
public readonly record struct LaneKey(string Project, string Queue, string Type);
