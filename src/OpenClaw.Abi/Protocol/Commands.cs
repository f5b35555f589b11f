namespace OpenClaw.Abi.Protocol;

/// <summary>Worker to runner: run this attempt inside the runner. Several may be sent ahead; they run one at a time, in order.</summary>
public readonly record struct RunCommand()
{
    /// <summary>Chosen by the worker; every report about this attempt carries it.</summary>
    public required ulong Handle { get; init; }
    public required string TaskId { get; init; }
    public required int Attempt { get; init; }
    public required HandlerKind Handler { get; init; }

    /// <summary>The task's type. For <see cref="HandlerKind.Builtin"/> it is the handler's name.</summary>
    public required string Type { get; init; }

    /// <summary>Lua: absolute path of the script. Empty for a built-in.</summary>
    public string Path { get; init; } = "";

    /// <summary>Lua: the global function to call. Empty means <c>process_TYPE</c>.</summary>
    public string Function { get; init; } = "";

    /// <summary>The plugin's version as the worker knows it. Opaque to the runner, which hands it to the script.</summary>
    public string Version { get; init; } = "";

    /// <summary>The payload, JSON, at most <see cref="ProtocolLimits.MaxPayloadBytes"/>.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Where the task may leave files. Exists. Empty: none.</summary>
    public string OutputDirectory { get; init; } = "";
}

/// <summary>
/// Worker to an idle runner: answer <see cref="FrameKind.Becoming"/>, then execve this program in place. Afterwards descriptor 0 is
/// the rest of the command pipe (the worker writes the payload and closes it), 1 the result, 2 the log, 3 progress lines
/// <c>{"progress":0.5,"message":"…"}</c>.
/// </summary>
public sealed record ExecCommand
{
    public required ulong Handle { get; init; }
    public required string TaskId { get; init; }
    public required int Attempt { get; init; }
    public required string Type { get; init; }

    /// <summary>Absolute path of the executable.</summary>
    public required string Path { get; init; }

    /// <summary>Including the program's own name in front.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment, <c>NAME=value</c>; see <see cref="PluginEnvironment"/>.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Empty: that of the runner.</summary>
    public string WorkingDirectory { get; init; } = "";
    public ProcessLimits Limits { get; init; } = ProcessLimits.None;
}

/// <summary>A <see cref="RunCommand"/> as the runner reads it: text fields are UTF-8 in the reader's buffer.</summary>
public readonly ref struct RunView
{
    public ulong Handle { get; private init; }
    public ReadOnlySpan<byte> TaskId { get; private init; }
    public int Attempt { get; private init; }
    public HandlerKind Handler { get; private init; }
    public ReadOnlySpan<byte> Type { get; private init; }
    public ReadOnlySpan<byte> Path { get; private init; }
    public ReadOnlySpan<byte> Function { get; private init; }
    public ReadOnlySpan<byte> Version { get; private init; }
    public ReadOnlySpan<byte> Payload { get; private init; }
    public ReadOnlySpan<byte> OutputDirectory { get; private init; }

    /// <summary>False when the body is not a whole Run command.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out RunView view)
    {
        var reader = new WireReader(body);
        view = new RunView
        {
            Handle = reader.UInt64(),
            TaskId = reader.Bytes(),
            Attempt = reader.Int32(),
            Handler = (HandlerKind)reader.Byte(),
            Type = reader.Bytes(),
            Path = reader.Bytes(),
            Function = reader.Bytes(),
            Version = reader.Bytes(),
            Payload = reader.Bytes(),
            OutputDirectory = reader.Bytes(),
        };
        return reader.Complete;
    }
}
