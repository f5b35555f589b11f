namespace OpenClaw.Abi.Protocol;

/// <summary>
/// What host functions of scripts may reach beyond the task itself. A runner that is told nothing grants nothing: the paths and
/// addresses in a payload are its sender's, not the plugin author's.
/// </summary>
public sealed record HostRights
{
    /// <summary>In the runner's environment, as <see cref="ToText"/> writes it.</summary>
    public const string Variable = "OPENCLAW_RUNNER_RIGHTS";

    public static HostRights None { get; } = new();

    /// <summary>Absolute directories below which pictures may be read, besides the task's output and the plugin's directory.</summary>
    public IReadOnlyList<string> ReadRoots { get; init; } = [];

    /// <summary>Absolute directories below which pictures may be written, besides the task's output directory.</summary>
    public IReadOnlyList<string> WriteRoots { get; init; } = [];

    /// <summary>Hosts that may be asked: <c>name</c>, <c>name:port</c>, <c>*.domain</c>, <c>*</c>. Empty: http is off.</summary>
    public IReadOnlyList<string> HttpHosts { get; init; } = [];

    /// <summary><c>read=…,write=…,http=…</c>, values percent-encoded; each name as often as there are values. Empty when nothing is granted.</summary>
    public string ToText() =>
        string.Join(
            ',',
            [
                .. ReadRoots.Select(r => "read=" + Uri.EscapeDataString(r)),
                .. WriteRoots.Select(r => "write=" + Uri.EscapeDataString(r)),
                .. HttpHosts.Select(h => "http=" + Uri.EscapeDataString(h)),
            ]
        );

    /// <summary>Reads what <see cref="ToText"/> writes. Null when it is anything else.</summary>
    public static HostRights? FromText(string text)
    {
        List<string> read = [];
        List<string> write = [];
        List<string> http = [];
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var list = part[..Math.Max(0, equals)] switch
            {
                "read" => read,
                "write" => write,
                "http" => http,
                _ => null,
            };
            if (list is null)
            {
                return null;
            }
            list.Add(Uri.UnescapeDataString(part[(equals + 1)..]));
        }
        return new HostRights
        {
            ReadRoots = read,
            WriteRoots = write,
            HttpHosts = http,
        };
    }
}
