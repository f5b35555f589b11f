namespace OpenClaw.Abi.Protocol;

/// <summary>The kinds of frames. The numbers are on the wire; never renumbered.</summary>
public enum FrameKind : byte
{
    None = 0,

    /// <summary>Worker to runner: run a task inside the runner.</summary>
    Run = 1,

    /// <summary>Worker to an idle runner: become this program.</summary>
    Exec = 2,

    /// <summary>Runner to worker, once, first.</summary>
    Ready = 16,

    /// <summary>The task with this handle is about to run; whatever ends the process from here on is its doing.</summary>
    Started = 17,

    Progress = 18,
    Log = 19,
    Succeeded = 20,
    Failed = 21,

    /// <summary>The last frame before execve. What follows on the pipe is the program's raw standard output.</summary>
    Becoming = 22,
}

/// <summary>What runs a task inside a runner. The numbers are on the wire.</summary>
public enum HandlerKind : byte
{
    Builtin = 0,
    Lua = 1,
}

/// <summary>The level of a task's log line. The numbers are on the wire.</summary>
public enum TaskLogLevel : byte
{
    Debug = 0,
    Info = 1,
    Warning = 2,
    Error = 3,
}

/// <summary>Limits of the protocol. Both ends refuse what lies beyond them.</summary>
public static class ProtocolLimits
{
    /// <summary>The version that <see cref="FrameKind.Ready"/> carries. Worker and runner are always of one build; a difference means a broken installation.</summary>
    public const int Version = 1;

    /// <summary>The largest frame, without its length field: payload or result of 1 MiB, and room for the rest.</summary>
    public const int MaxFrameBytes = 4 << 20;

    /// <summary>The largest result of a task, in bytes.</summary>
    public const int MaxResultBytes = 1 << 20;

    /// <summary>The largest payload of a task, in bytes.</summary>
    public const int MaxPayloadBytes = 1 << 20;

    /// <summary>The longest text of a log line, a progress message or a failure, in UTF-8 bytes; writers cut longer ones.</summary>
    public const int MaxTextBytes = 16 << 10;
}
