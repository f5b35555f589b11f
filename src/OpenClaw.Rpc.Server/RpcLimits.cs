namespace OpenClaw.Rpc.Server;

/// <summary>What one endpoint takes from its connections. Immutable; docs/wire.md lists the defaults.</summary>
public sealed record RpcLimits
{
    /// <summary>Open connections; more are closed at once.</summary>
    public int Connections { get; init; } = 16 * 1024;

    /// <summary>Calls at once on one connection; more are refused and may be repeated.</summary>
    public int CallsPerConnection { get; init; } = 1024;

    /// <summary>Headers of one call, in bytes, unpacked.</summary>
    public int MetadataSize { get; init; } = 32 * 1024;

    /// <summary>One header, in bytes, unpacked.</summary>
    public int MetadataEntrySize { get; init; } = 16 * 1024;

    /// <summary>Headers of one call.</summary>
    public int MetadataEntries { get; init; } = 100;

    /// <summary>A connection from which nothing came for this long is pinged.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A connection whose ping is not answered within this is closed.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the headers of one call may take to arrive whole.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection without a call is closed after this long.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
