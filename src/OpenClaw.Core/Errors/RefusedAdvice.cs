using OpenClaw.Core.Settings;

namespace OpenClaw.Core.Errors;

/// <summary>What to do when a machine answers and nothing listens: it depends on whose machine it is.</summary>
public static class RefusedAdvice
{
    /// <summary>The next step for an address, HOST:PORT.</summary>
    public static string Of(string address)
    {
        if (!HostPort.TryParse(address, null, out var at))
        {
            return Catalogue.ConnectionRefused.Cure[0];
        }

        // Where commands look when nobody has named a manager: there is none on this machine.
        return !at.IsLoopback
                ? $"Check on {at.Host} that the manager runs and listens on port {at.Port}, and that no firewall rejects it: nc -zv {at.Host} {at.Port}"
            : at.Port == ClusterKeys.ManagerPortDefault
                ? "Start the cluster: clw up; or name the manager of another machine: --manager HOST:PORT"
            : $"Check that a manager runs here and listens on port {at.Port} (clw doctor), or name the right address: --manager HOST:PORT";
    }
}
