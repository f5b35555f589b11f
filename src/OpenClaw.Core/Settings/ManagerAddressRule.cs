namespace OpenClaw.Core.Settings;

/// <summary>
/// The guides name the manager by two variables, host and port. They replace <c>cluster.manager_address</c> when they come
/// from the same or a stronger source; a port alone replaces the port of the addresses that are set.
/// </summary>
internal static class ManagerAddressRule
{
    internal static SettingValue Apply(SettingValue address, SettingValue? host, SettingValue? port)
    {
        var hostWins = host is not null && host.At.Kind >= address.At.Kind;
        var portWins = port is not null && port.At.Kind >= address.At.Kind;
        if (!hostWins && !portWins)
        {
            return address;
        }
        var number = portWins ? (int)(long)port!.Value : ClusterKeys.ManagerPortDefault;
        var known = (IReadOnlyList<HostPort>)address.Value;
        HostPort[] replaced = hostWins ? [new((string)host!.Value, number)] : [.. known.Select(a => a with { Port = number }).Distinct()];
        return address with
        {
            Value = replaced,
            Text = ClusterKeys.ManagerAddress.Type.Format(replaced),
            At = (hostWins ? host : port)!.At,
        };
    }
}
